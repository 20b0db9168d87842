# Figures over all tasks, of the records that are there: the target trains nothing, so that no record is an
# input. It is drawn again when a record or its examples came, went or changed.
from specar.figures.files import paper_figure_files

PAPER_FIGURE_FILES = [f"{PLAN.paper_figures.as_posix()}/{name}" for name in paper_figure_files()]


localrules:
    paper_figures,
    draw_paper_figures,


rule paper_figures:
    input:
        PAPER_FIGURE_FILES,


rule draw_paper_figures:
    output:
        PAPER_FIGURE_FILES,
    log:
        f"{RESULTS}/logs/paper_figures.log",
    conda:
        "../../envs/specar.yaml"
    params:
        plan=PLAN_FILE,
        digest=PLAN.digest,
        results=lambda wildcards: digest_of_results(PLAN),
    shell:
        "python -m specar paper-figures --plan {params.plan:q} 2> {log:q}"
