localrules:
    fetch,


rule data:
    input:
        expand(f"{PREPARED}/{{dataset}}/meta.json", dataset=PLAN.datasets),


rule fetch:
    input:
        lambda wildcards: PLAN.own_files(wildcards.dataset),
    output:
        f"{RAW}/{{dataset}}.json",
    log:
        f"{RESULTS}/logs/fetch/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/fetch/{{dataset}}.tsv"
    conda:
        "../../envs/specar.yaml"
    params:
        plan=PLAN_FILE,
        identity=identity,
    shell:
        "python -m specar fetch {wildcards.dataset} --plan {params.plan:q} 2> {log:q}"


rule prepare:
    input:
        rules.fetch.output,
    output:
        expand(
            f"{PREPARED}/{{{{dataset}}}}/{{file}}",
            file=["meta.json", "values.npy", "time_features.npy"],
        ),
    log:
        f"{RESULTS}/logs/prepare/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/prepare/{{dataset}}.tsv"
    conda:
        "../../envs/specar.yaml"
    params:
        plan=PLAN_FILE,
        identity=identity,
    shell:
        "python -m specar prepare {wildcards.dataset} --plan {params.plan:q} 2> {log:q}"
