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
        plan=PLAN_FILE,
        records=records_of,
    output:
        f"{RESULTS}/collected/{{task}}.csv",
    log:
        f"{RESULTS}/logs/collect/{{task}}.log",
    conda:
        "../../envs/specar.yaml"
    shell:
        "python -m specar collect {wildcards.task} --plan {input.plan:q} 2> {log:q}"


rule write_tables:
    input:
        plan=PLAN_FILE,
        collected=rules.collect.output,
    output:
        TABLE_FILES,
    log:
        f"{RESULTS}/logs/tables/{{task}}.log",
    conda:
        "../../envs/specar.yaml"
    shell:
        "python -m specar tables {wildcards.task} --collected --plan {input.plan:q} 2> {log:q}"


rule tables:
    input:
        expand(TABLE_FILES, task=PLAN.tasks),


# One target per task: `snakemake imputation`.
for task in PLAN.tasks:

    rule:
        name:
            task
        input:
            expand(TABLE_FILES, task=task),
