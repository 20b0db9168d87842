# One target per ablation, snakemake ablation_window: its runs, its tables and its figure. Runs are only looked
# up when a target asks for them.


rule ablations:
    input:
        [tables_of_ablation(name) for name in PLAN.config.run_ablations],
        lambda wildcards: [path for name in PLAN.config.run_ablations for path in records_of_ablation(name)],


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
