include: "links.smk"


localrules:
    fetch,


rule data:
    """Fetch and prepare all datasets of the configuration."""
    input:
        expand(f"{LINKS}/{{dataset}}/{META}", dataset=PLAN.datasets),


rule fetch:
    """Download the files of a dataset, or take them from a mirror, and check them."""
    input:
        own_files,
    output:
        f"{LINKS}/{{dataset}}/raw.json",
    log:
        f"{RESULTS}/logs/fetch/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/fetch/{{dataset}}.tsv"
    conda:
        "../../envs/specar.yaml"
    params:
        plan=PLAN_FILE,
        identity=identity,
        target=lambda wildcards: relative(f"{RAW}/{wildcards.dataset}.json", wildcards),
    shell:
        "python -m specar fetch {wildcards.dataset} --plan {params.plan:q} 2> {log:q}"
        " && ln -sf {params.target:q} {output:q}"


# One rule per kind of dataset: each has arrays of its own.
for kind, arrays in ARRAYS.items():
    if names := [name for name, dataset in PLAN.config.datasets.items() if dataset.kind == kind]:

        rule:
            """Bring datasets of this kind into arrays."""
            name:
                f"prepare_{kind}"
            input:
                rules.fetch.output,
            output:
                expand(f"{LINKS}/{{{{dataset}}}}/{{file}}", file=[META, *arrays]),
            log:
                f"{RESULTS}/logs/prepare/{{dataset}}.log",
            benchmark:
                f"{RESULTS}/benchmarks/prepare/{{dataset}}.tsv"
            wildcard_constraints:
                dataset="|".join(names),
            conda:
                "../../envs/specar.yaml"
            params:
                plan=PLAN_FILE,
                identity=identity,
                target=lambda wildcards: relative(f"{PREPARED}/{wildcards.dataset}", wildcards),
            shell:
                "python -m specar prepare {wildcards.dataset} --plan {params.plan:q} 2> {log:q}"
                ' && for link in {output:q}; do ln -sf {params.target:q}/"${{link##*/}}" "$link"; done'
