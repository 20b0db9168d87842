from specar.slurm import correct_plugin

correct_plugin()

EXECUTION = PLAN.config.execution


@cache
def ranks():
    """Priorities of runs: the cheapest information first. Where Snakemake runs a job, it is the only one."""
    if not workflow.is_main_process:
        return {}
    from specar.results.order import priorities  # slow to import, and of no use where all runs are done

    return priorities(PLAN)


@cache
def cards_here():
    """The GPUs of this machine, where runs of this process share them."""
    from specar.training.gpu import cards

    return cards()


def gpu_slots(run_id=None):
    """What a job takes of the resource gpu: slots of a card, all of one by default; on a cluster a card."""
    if EXECUTION.device == "cpu" or not (will_run() and workflow.local_exec):
        return int(EXECUTION.device != "cpu")
    if run_id is None:
        return slots_per_gpu(EXECUTION) if EXECUTION.jobs_per_gpu == "auto" else 1
    from specar.cost.sharing import slots_of

    return slots_of(PLAN, {run_id: PLAN.run(run_id)}, cards_here())[run_id]


# One rule per task, so that each can have memory and time of its own and be one job array on a cluster.
for task in PLAN.trained_tasks:

    # checkpoint.pt and history.jsonl lie in the same folder, deliberately not as outputs: Snakemake would
    # delete them before it runs the job again, and an interrupted run goes on from the checkpoint.
    rule:
        """Train and evaluate one run."""
        name:
            f"train_{task}"
        input:
            prepared_of,
        output:
            f"{RESULTS}/runs/{{run_id}}/metrics.json",
        log:
            f"{RESULTS}/logs/train/{{run_id}}.log",
        benchmark:
            f"{RESULTS}/benchmarks/train/{{run_id}}.tsv"
        wildcard_constraints:
            run_id=f"{task}-.+",
        priority: lambda wildcards: ranks().get(wildcards.run_id, 0)
        conda:
            "../../envs/specar.yaml"
        threads: EXECUTION.threads
        resources:
            gpu=lambda wildcards: gpu_slots(wildcards.run_id),
            attempt=lambda wildcards, attempt: attempt,
        params:
            plan=PLAN_FILE,
            own_data=own_data,
        shell:
            # exec: no shell that a signal could end before the training has written its checkpoint
            "exec python -m specar train {wildcards.run_id} --attempt {resources.attempt}"
            " --plan {params.plan:q} 2> {log:q}"
