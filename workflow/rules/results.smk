# Everything that is made of records. What asks for all runs of a task or an ablation has their records as inputs;
# the rest is made of whatever records are there (asking for them would train what is missing), and again when
# those have changed.


# The records are named as well: one that was deleted is made again, although the tables are there.
rule tables:
    """All tables of all tasks; trains what is missing."""
    input:
        [tables_of(task) + records(task) + floors(task) for task in PLAN.tasks],


rule figures:
    """All figures of all tasks; trains what is missing."""
    input:
        [figures_of(task) + records(task) + floors(task) for task in PLAN.tasks],


for task in PLAN.tasks:

    # One target per task: `snakemake imputation`.
    rule:
        """Everything of this task; trains what is missing."""
        name:
            task
        input:
            tables_of(task) + figures_of(task) + records(task) + floors(task),

    for product, verb, files in (
        (
            "tables",
            "write",
            shown(
                tables_of(task),
                source_of(task).title,
                "Tables",
                lambda path, task=task: {"form": "all cells" if path.stem == task else "averaged"},
            ),
        ),
        (
            "figures",
            "draw",
            shown(
                figures_of(task),
                source_of(task).title,
                "Figures",
                lambda path, task=task: {"figure": path.stem.removeprefix(f"{task}_")},
            ),
        ),
    ):

        rule:
            """Tables (write) or figures (draw) of a task, from its records."""
            name:
                f"{verb}_{task}"
            input:
                records(task),
                floors(task),
            output:
                files,
            log:
                f"{RESULTS}/logs/{product}/{task}.log",
            localrule: True
            conda:
                "../../envs/specar.yaml"
            params:
                product=product,
                task=task,
                plan=PLAN_FILE,
                digest=PLAN.digest,
                protocols=protocols_of(task),
                note=NOTE,
            shell:
                "python -m specar {params.product} {params.task} --plan {params.plan:q} 2> {log:q}"


rule ablations:
    """The ablations that the configuration asks for; trains what is missing."""
    input:
        [files_of_ablation(name) for name in PLAN.config.run_ablations],
        lambda wildcards: [path for name in PLAN.config.run_ablations for path in records_of_ablation(name)],


# One target per ablation, `snakemake ablation_window`. Its runs are only looked up when a target asks for them.
for ablation in PLAN.config.ablations:

    rule:
        """Table and figure of an ablation; trains what is missing."""
        name:
            f"ablation_{ablation}"
        input:
            files_of_ablation(ablation),
            lambda wildcards, ablation=ablation: records_of_ablation(ablation),

    rule:
        """Table and figure of an ablation, from its records."""
        name:
            f"write_ablation_{ablation}"
        input:
            lambda wildcards, ablation=ablation: records_of_ablation(ablation),
        output:
            shown(files_of_ablation(ablation), PLAN.config.ablations[ablation].title, "Ablations"),
        log:
            f"{RESULTS}/logs/ablations/{ablation}.log",
        localrule: True
        conda:
            "../../envs/specar.yaml"
        params:
            ablation=ablation,
            plan=PLAN_FILE,
            digest=PLAN.digest,
            note=NOTE,
        shell:
            "python -m specar ablations {params.ablation} --plan {params.plan:q} 2> {log:q}"


for target, command, files in (
    ("paper_tables", "paper", [f"paper/{name}" for name in files_of.paper_files()]),
    ("paper_figures", "paper-figures", [f"figures/paper/{name}" for name in files_of.paper_figure_files()]),
    ("judgement", "judge", [f"judgement/{name}" for name in files_of.judgement_files()]),
    ("audit", "audit --write", [f"paper/{name}" for name in files_of.AUDIT_FILES]),
):

    rule:
        """From whatever records are there; trains and downloads nothing."""
        name:
            target
        output:
            [f"{RESULTS}/{file}" for file in files],
        log:
            f"{RESULTS}/logs/{target}.log",
        localrule: True
        conda:
            "../../envs/specar.yaml"
        params:
            command=command,
            plan=PLAN_FILE,
            digest=PLAN.digest,
            results=lambda wildcards: digest_of_results(PLAN),
        shell:
            "python -m specar {params.command} --plan {params.plan:q} > {log:q} 2>&1"


# From whatever records are there. It has no input, so that nothing is downloaded or trained for it, and no
# output, so that it always runs; it writes the page that write_report makes once everything is done.
rule report:
    """The page of whatever records are there; trains and downloads nothing."""
    log:
        f"{RESULTS}/logs/report/report.log",
    localrule: True
    conda:
        "../../envs/specar.yaml"
    params:
        plan=PLAN_FILE,
    shell:
        "python -m specar report --plan {params.plan:q} 2> {log:q}"


rule write_report:
    """The page once everything is done."""
    input:
        rules.tables.input,
        rules.figures.input,
        rules.ablations.input,
    output:
        report(PAGE, caption="../report/page.rst", category="Report"),
    log:
        f"{RESULTS}/logs/report/write_report.log",
    localrule: True
    conda:
        "../../envs/specar.yaml"
    params:
        plan=PLAN_FILE,
        digest=PLAN.digest,
        note=NOTE,
    shell:
        "python -m specar report --plan {params.plan:q} 2> {log:q}"
