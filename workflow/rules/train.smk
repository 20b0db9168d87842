EXECUTION = PLAN.config.execution


# checkpoint.pt and history.jsonl lie in the same folder, deliberately not as outputs: Snakemake would
# delete them before it runs the job again, and an interrupted run goes on from the checkpoint.
rule train:
    input:
        prepared_of,
    output:
        f"{RESULTS}/runs/{{run_id}}/metrics.json",
    log:
        f"{RESULTS}/logs/train/{{run_id}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train/{{run_id}}.tsv"
    conda:
        "../../envs/specar.yaml"
    threads: EXECUTION.threads
    resources:
        gpu=0 if EXECUTION.device == "cpu" else 1,
    params:
        plan=PLAN_FILE,
    shell:
        "python -m specar train {wildcards.run_id} --plan {params.plan:q} 2> {log:q}"
