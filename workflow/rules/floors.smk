# One job per dataset, setting and protocol computes all baselines, one record each.
for task in PLAN.tasks:

    rule:
        """Evaluate the baselines without training on a cell."""
        name:
            f"floors_{task}"
        input:
            prepared_of,
        output:
            expand(f"{RESULTS}/floors/{{{{cell}}}}/{{baseline}}.json", baseline=TASK_INFO[task].baselines),
        log:
            f"{RESULTS}/logs/floors/{{cell}}.log",
        benchmark:
            f"{RESULTS}/benchmarks/floors/{{cell}}.tsv"
        wildcard_constraints:
            cell=f"{task}-.+",
        conda:
            "../../envs/specar.yaml"
        params:
            plan=PLAN_FILE,
            own_data=own_data,
        shell:
            "python -m specar floors {wildcards.cell} --plan {params.plan:q} 2> {log:q}"
