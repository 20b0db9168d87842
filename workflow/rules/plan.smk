localrules:
    plan,


rule plan:
    output:
        PLAN_FILE,
    log:
        f"{RESULTS}/logs/plan.log",
    conda:
        "../../envs/specar.yaml"
    params:
        config=json.dumps(config, sort_keys=True),
    shell:
        "python -m specar plan --config-json {params.config:q} --output {output:q} 2> {log:q}"
