localrules:
    plan,


rule plan:
    output:
        PLAN_FILE,
    log:
        f"{RESULTS}/logs/plan.log",
    params:
        # Also of what the package brings: a changed registry or experiment is another plan.
        digest=PLAN.digest,
    run:
        PLAN.write(Path(output[0]))
