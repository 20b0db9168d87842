# The paper's tables with all models, from whatever records are there: nothing is trained for them. So records are
# no inputs; the tables are written again when those that are there have changed.
from specar.paper.files import paper_files


rule paper_tables:
    input:
        [f"{RESULTS}/paper/{name}" for name in paper_files()],


rule write_paper_tables:
    output:
        [f"{RESULTS}/paper/{name}" for name in paper_files()],
    log:
        f"{RESULTS}/logs/paper.log",
    localrule: True
    conda:
        "../../envs/specar.yaml"
    params:
        plan=PLAN_FILE,
        digest=PLAN.digest,
        results=lambda wildcards: digest_of_results(PLAN),
    shell:
        "python -m specar paper --plan {params.plan:q} > {log:q} 2>&1"
