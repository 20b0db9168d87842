# Verdicts of whatever records are there. Records are no inputs here: asking for them would train what is missing.
from specar.judge.files import judgement_files


rule judgement:
    output:
        expand(f"{RESULTS}/judgement/{{file}}", file=judgement_files()),
    log:
        f"{RESULTS}/logs/judgement.log",
    localrule: True
    conda:
        "../../envs/specar.yaml"
    params:
        plan=PLAN_FILE,
        digest=PLAN.digest,
        results=lambda wildcards: digest_of_results(PLAN),
    shell:
        "python -m specar judge --plan {params.plan:q} > {log:q} 2>&1"
