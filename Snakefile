# The whole reproduction: datasets, training runs, tables, figures, report. See README.md.
from pathlib import Path

from snakemake.utils import min_version

min_version("9.0")


# The paper in full, unless a configuration is given: a file of one's own says what differs from the defaults.
if not workflow.configfiles and Path("config/config.yaml").exists():

    configfile: "config/config.yaml"


include: "workflow/rules/common.smk"


if PLAN.trains:

    include: "workflow/rules/data.smk"
    include: "workflow/rules/floors.smk"
    include: "workflow/rules/train.smk"
    include: "workflow/rules/verify.smk"


include: "workflow/rules/results.smk"


report: "workflow/report/workflow.rst"


rule all:
    default_target: True
    input:
        rules.tables.input,
        rules.figures.input,
        rules.ablations.input,
        PAGE,
