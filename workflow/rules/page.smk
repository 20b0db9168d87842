PAGE = PLAN.report.as_posix()


localrules:
    report,


# From whatever records are there. It has no input, so that nothing is downloaded or trained for it, and no
# output, so that it always runs; it writes the page that write_report makes once everything is done.
rule report:
    log:
        f"{RESULTS}/logs/report/report.log",
    conda:
        "../../envs/specar.yaml"
    params:
        plan=PLAN_FILE,
    shell:
        "python -m specar report --plan {params.plan:q} 2> {log:q}"


rule write_report:
    input:
        rules.tables.input,
        rules.figures.input,
        rules.ablations.input,
    output:
        report(PAGE, caption="../report/page.rst", category="Report"),
    log:
        f"{RESULTS}/logs/report/write_report.log",
    localrule: True
    conda:
        "../../envs/specar.yaml"
    params:
        plan=PLAN_FILE,
        digest=PLAN.digest,
        note=NOTE,
    shell:
        "python -m specar report --plan {params.plan:q} 2> {log:q}"
