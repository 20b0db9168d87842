rule figures:
    input:
        [figures_of(task) + records(task) + floors(task) for task in PLAN.tasks],


for task in PLAN.tasks:

    rule:
        name:
            f"draw_{task}"
        input:
            f"{RESULTS}/collected/{task}.csv",
            f"{RESULTS}/collected/{task}_floors.csv",
        output:
            shown_figures(task),
        log:
            f"{RESULTS}/logs/figures/{task}.log",
        localrule: True
        conda:
            "../../envs/specar.yaml"
        params:
            task=task,
            plan=PLAN_FILE,
            digest=PLAN.digest,
            note=NOTE,
        shell:
            "python -m specar figures {params.task} --collected --plan {params.plan:q} 2> {log:q}"
