# A tenth of the cheap records that come with the project is trained anew, another one each month. Nothing is
# kept of it, so that the rule has no output: it runs whenever it is asked for.
rule verify:
    """Train a sample of the records that come with the project anew, and compare."""
    input:
        data_of_sample,
    log:
        f"{RESULTS}/logs/verify/verify.log",
    conda:
        "../../envs/specar.yaml"
    threads: EXECUTION.threads
    resources:
        gpu=lambda wildcards: gpu_slots(),
    params:
        plan=PLAN_FILE,
    shell:
        "python -m specar verify --sample --plan {params.plan:q} > {log:q} 2>&1"
