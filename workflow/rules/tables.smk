localrules:
    collect,


rule collect:
    input:
        lambda wildcards: records(wildcards.task),
        lambda wildcards: floors(wildcards.task),
    output:
        f"{RESULTS}/collected/{{task}}.csv",
        f"{RESULTS}/collected/{{task}}_floors.csv",
    log:
        f"{RESULTS}/logs/collect/{{task}}.log",
    conda:
        "../../envs/specar.yaml"
    params:
        plan=PLAN_FILE,
        digest=PLAN.digest,
    shell:
        "python -m specar collect {wildcards.task} --plan {params.plan:q} 2> {log:q}"


# The records are named as well: one that was deleted is made again, although the tables are there.
rule tables:
    input:
        [tables_of(task) + records(task) + floors(task) for task in PLAN.tasks],


for task in PLAN.tasks:

    # One target per task: `snakemake imputation`.
    rule:
        name:
            task
        input:
            tables_of(task) + figures_of(task) + records(task) + floors(task),

    rule:
        name:
            f"write_{task}"
        input:
            f"{RESULTS}/collected/{task}.csv",
            f"{RESULTS}/collected/{task}_floors.csv",
        output:
            shown_tables(task),
        log:
            f"{RESULTS}/logs/tables/{task}.log",
        localrule: True
        conda:
            "../../envs/specar.yaml"
        params:
            task=task,
            plan=PLAN_FILE,
            digest=PLAN.digest,
            protocols=protocols_of(task),
            note=NOTE,
        shell:
            "python -m specar tables {params.task} --collected --plan {params.plan:q} 2> {log:q}"
