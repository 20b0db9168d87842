# Downloaded and prepared data may be shared with other workflows. What Snakemake takes for the data are links
# of this workflow's own: it deletes the outputs of a job before it runs it again and where it fails, which
# must not take away data that others read. 'specar fetch' and 'specar prepare' leave alone what is complete.
import os

from snakemake.settings.types import RerunTrigger

from specar.data.status import needs_data

LINKS = f"{RESULTS}/inputs"


def made_again(path, remove):
    """Have a file made again that Snakemake would take as it is; where no job is run, that is only planned."""
    if will_run():
        remove()
        workflow.iocache.clear()  # it may know the file already
    else:
        workflow.dag.forcefiles.add(str(path))


def own_files(wildcards):
    """A user's own files of a dataset. Links to data that was deleted are no data."""
    # Not inside jobs, whose machine may see new data late.
    for link in Path(LINKS, wildcards.dataset).glob("*") if workflow.is_main_process else ():
        if not link.exists():
            made_again(link, link.unlink)
    return PLAN.own_files(wildcards.dataset)


def relative(place, wildcards):
    """Path of a folder or file of the data as a link of a dataset must say it."""
    return os.path.relpath(os.path.realpath(place), os.path.realpath(f"{LINKS}/{wildcards.dataset}"))


def dataset_of(wildcards):
    """Dataset of a run or cell."""
    named = wildcards.get("run_id")
    return (PLAN.run(named) if named else PLAN.cell(wildcards.cell)).dataset


def keep_what_has_lost_its_inputs():
    """As ``--rerun-triggers`` without ``input``: another set of inputs is no reason to run a job again."""
    # A run that is done has none any more (prepared_of), and is not to be trained again for that; tables and
    # figures follow their records by their params. A profile could say it, but without that profile everything
    # would be trained again. Snakemake reads its options after this file and before its input functions.
    settings = workflow.dag_settings
    settings.rerun_triggers = settings.rerun_triggers - {RerunTrigger.INPUT}


def prepared_of(wildcards):
    """Links to the prepared data of a run or cell; none where its records are there and still of that data."""
    keep_what_has_lost_its_inputs()
    # Not ancient() links to the same data instead: where they were deleted, or a run that is missing needs them,
    # Snakemake runs everything again that has them as inputs, or leaves out runs that are missing.
    name, run = dataset_of(wildcards), wildcards.get("run_id")
    found = [PLAN.own_record_file(run)] if run else PLAN.own_floor_files(wildcards.cell)
    # A record that is damaged or was edited is made again. Not in jobs, which only read them.
    for path in found if workflow.is_main_process else ():
        if damage := damage_of(path, run) if run else floor_damage_of(path, PLAN.cell(wildcards.cell)):
            made_again(path, lambda: set_aside(path, damage))
    if not needs_data(found, PLAN.prepared / name, PLAN.own_files(name)):
        return []
    return [f"{LINKS}/{name}/{file}" for file in (META, *ARRAYS[PLAN.dataset(name).kind])]


def own_data(wildcards):
    """Size and time of a user's own files of a dataset, whose content no id names."""
    found = [path.stat() for path in PLAN.own_files(dataset_of(wildcards)) if path.exists()]
    return [f"{status.st_size} {status.st_mtime_ns}" for status in found]


def data_of_sample(wildcards):
    """Links to the prepared data of the runs that are drawn."""
    from specar.cost.sample import sample

    names = {PLAN.run(name).dataset for name in sample(PLAN)} if workflow.is_main_process else ()
    return [
        f"{LINKS}/{name}/{file}"
        for name in sorted(names)
        for file in (META, *ARRAYS[PLAN.dataset(name).kind])
    ]
