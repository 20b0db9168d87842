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
            records(task),
            floors(task),
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
            "python -m specar tables {params.task} --plan {params.plan:q} 2> {log:q}"
