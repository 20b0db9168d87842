# The workflow is in workflow/Snakefile; `snakemake` in this folder finds it here.
include: "workflow/Snakefile"


# An include leaves the default target as it was: none. A module's is for the workflow that takes it.
if IS_MAIN:
    workflow.default_target = "all"
