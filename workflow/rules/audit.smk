localrules:
    audit,


# What the paper's own numbers contradict. Needs no data and no runs; floor records that are there already say
# what random scores reach.
rule audit:
    output:
        f"{RESULTS}/paper/audit.csv",
        f"{RESULTS}/paper/audit.md",
    log:
        f"{RESULTS}/logs/audit.log",
    conda:
        "../../envs/specar.yaml"
    params:
        plan=PLAN_FILE,
        random_floors=[
            path.as_posix()
            for path in PLAN.floor_files("anomaly_detection")
            if path.stem == "random" and path.exists()
        ],
    shell:
        "python -m specar audit --write --plan {params.plan:q} > {log:q} 2>&1"
