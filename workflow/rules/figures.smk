rule figures:
    input:
        [figures_of(task) + records(task) + floors(task) for task in PLAN.tasks],


for task in PLAN.tasks:

    rule:
        name:
            f"draw_{task}"
        input:
            records(task),
            floors(task),
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
            "python -m specar figures {params.task} --plan {params.plan:q} 2> {log:q}"
