localrules:
    collect,
    write_tables,


TABLE_FILES = [
    f"{RESULTS}/tables/{{task}}{form}.{suffix}"
    for form in ("", "_averaged")
    for suffix in ("csv", "md", "tex")
]


rule collect:
    input:
        lambda wildcards: records(wildcards.task),
    output:
        f"{RESULTS}/collected/{{task}}.csv",
    log:
        f"{RESULTS}/logs/collect/{{task}}.log",
    conda:
        "../../envs/specar.yaml"
    params:
        plan=PLAN_FILE,
        digest=PLAN.digest,
    shell:
        "python -m specar collect {wildcards.task} --plan {params.plan:q} 2> {log:q}"


rule write_tables:
    input:
        rules.collect.output,
    output:
        TABLE_FILES,
    log:
        f"{RESULTS}/logs/tables/{{task}}.log",
    conda:
        "../../envs/specar.yaml"
    params:
        plan=PLAN_FILE,
        digest=PLAN.digest,
    shell:
        "python -m specar tables {wildcards.task} --collected --plan {params.plan:q} 2> {log:q}"


# The records are named as well: one that was deleted is made again, although the tables are there.
rule tables:
    input:
        expand(TABLE_FILES, task=PLAN.tasks),
        [records(task) for task in PLAN.tasks],


# One target per task: `snakemake imputation`.
for task in PLAN.tasks:

    rule:
        name:
            task
        input:
            expand(TABLE_FILES, task=task),
            records(task),
