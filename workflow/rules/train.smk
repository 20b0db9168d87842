EXECUTION = PLAN.config.execution


# checkpoint.pt, which an interrupted run goes on from, is deliberately not an output:
# Snakemake would delete it before it runs the job again.
rule train:
    input:
        plan=ancient(rules.plan.output),
        data=prepared_of,
    output:
        metrics=f"{RESULTS}/runs/{{run_id}}/metrics.json",
        history=f"{RESULTS}/runs/{{run_id}}/history.jsonl",
    log:
        f"{RESULTS}/logs/train/{{run_id}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train/{{run_id}}.tsv"
    conda:
        "../../envs/specar.yaml"
    threads: EXECUTION.threads
    resources:
        gpu=0 if EXECUTION.device == "cpu" else 1,
    shell:
        "python -m specar train {wildcards.run_id} --plan {input.plan:q} 2> {log:q}"
