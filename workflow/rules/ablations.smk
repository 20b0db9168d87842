# One target per ablation, snakemake ablation_window: its runs, its tables and its figure. Runs are only looked
# up when a target asks for them.
from specar.ablations.files import ablation_files


def tables_of_ablation(name):
    """Table and figure files of an ablation."""
    return [f"{PLAN.ablations.as_posix()}/{file}" for file in ablation_files(name)]


def records_of_ablation(name):
    """Records of all runs of an ablation."""
    try:
        return [path.as_posix() for path in PLAN.ablation_files(name)]
    except SpecarError as error:
        raise WorkflowError(str(error))


def shown_ablation(name):
    """Files of an ablation, marked for the report."""
    title = PLAN.config.ablations[name].title
    return [shown(path, title, "Ablations", "../report/ablations.rst") for path in tables_of_ablation(name)]


rule ablations:
    input:
        [tables_of_ablation(name) for name in PLAN.config.run_ablations],
        lambda wildcards: [records_of_ablation(name) for name in PLAN.config.run_ablations],


for ablation in PLAN.config.ablations:

    rule:
        name:
            f"ablation_{ablation}"
        input:
            tables_of_ablation(ablation),
            lambda wildcards, ablation=ablation: records_of_ablation(ablation),

    rule:
        name:
            f"write_ablation_{ablation}"
        input:
            lambda wildcards, ablation=ablation: records_of_ablation(ablation),
        output:
            shown_ablation(ablation),
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
