# The plan (every run of the configuration, and the layout of the results) is made by the package.
import re
import shlex
import sys
from functools import cache
from pathlib import Path

# Where this file is from, also where another workflow takes it as a module; the package lies there.
sys.path.insert(0, str(Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parents[1]))
from snakemake.logging import DefaultFilter, LogEvent, get_event, logger
from snakemake.path_modifier import PathModifier
from snakemake.settings.enums import Quietness
from snakemake.settings.types import DeploymentMethod

from specar.base.names import PROJECT
from specar.outputs import names as files_of
from specar.paper.sources import source_of
from specar.config.tasks import TASK_INFO
from specar.data.meta import ARRAYS, META, BaseMeta
from specar.base.errors import SpecarError
from specar.base.locks import hold_lock
from specar.runs.records import damage_of, floor_damage_of, set_aside
from specar.training.gpu import slots_per_gpu
from specar.runs.store import anything_to_show, digest_of_results, plan_of_values, wanted, write_plan


def place(folder, prefix=workflow.modifier.path_modifier):
    """Where a folder lies with the prefix that a module may have."""
    return prefix.replace_prefix(f"{folder}/").rstrip("/")


try:
    PLAN = plan_of_values(config, workflow.configfiles, place)
except SpecarError as error:
    raise WorkflowError(str(error))
# The plan says where everything lies, prefix included; Snakemake shall not add it once more.
workflow.modifier.path_modifier = PathModifier(None, None, workflow)

IS_MAIN = workflow.modifier.is_main_snakefile()  # no module of another workflow, which ignores onstart
RESULTS = PLAN.results.as_posix()
RAW = PLAN.raw.as_posix()
PREPARED = PLAN.prepared.as_posix()


def share_gpus():
    """Let the limit of the resource gpu count cards, also where several jobs share one."""
    gpus, slots = workflow.global_resources.get("gpu").value, slots_per_gpu(PLAN.config.execution)
    if workflow.local_exec and gpus and slots > 1:
        workflow.register_resource("gpu", gpus * slots)
        if workflow.scheduler is not None:  # it has a copy that says how much one job may take
            workflow.scheduler.global_resources["gpu"] = gpus * slots


def with_errors(self, record, shown=DefaultFilter.filter):
    """Show the errors of jobs, with their logs, also where Snakemake is quiet about rules."""
    is_error = get_event(record) in (LogEvent.JOB_ERROR, LogEvent.GROUP_ERROR)
    return (is_error and Quietness.ALL not in self.quiet) or shown(self, record)


DefaultFilter.filter = with_errors


# Snakemake's own lock outlives a kill, so that the default profile does without it.
def hold_results():
    """Be the only workflow that works on these results."""
    if not hold_results.held:
        hold_lock(PLAN.results / ".lock", "another snakemake")
        hold_results.held = True
        share_gpus()


hold_results.held = False


def will_run():
    """Whether jobs are run from this process: it is no job itself, no dry run, and not asked for something else."""
    runs = workflow.is_main_process and workflow.executor_plugin is not None
    return runs and not workflow.dryrun and not workflow.touch


# The plan is written for its jobs where the first job is made ready: onstart is not there in a module, nor with
# --no-hooks. It is no output of a rule: a job that depended on it would either run again after every change of
# the configuration, or (ancient) miss changed parameters. For the same reason its path, which changes with the
# configuration, must not count among the params: that is what "threads" is for, which Snakemake takes for
# derived params.
def plan_file(wildcards, threads):
    """The plan for a job of this configuration, written if jobs are run from here; else a dry run tells its cost."""
    if will_run() and plan_file.pending:
        if not IS_MAIN or workflow.execution_settings.no_hooks:
            hold_results()
        write_plan(PLAN, PLAN.file)
        plan_file.pending = False
    if workflow.is_main_process and workflow.dryrun and plan_file.pending:
        from specar.tables.status import cost_left  # imports what tables need

        logger.info(cost_left(PLAN), extra={"event": LogEvent.RUN_INFO})
        plan_file.pending = False
    return PLAN.file.as_posix()


plan_file.pending = True
PLAN_FILE = plan_file


onstart:
    try:
        hold_results()
    except SpecarError as error:
        raise WorkflowError(str(error))


# A job that failed keeps its task's tables and figures, and the report, from being made: make all from
# what is there. Not where no run has been tried: what data lacks would stand above pages of empty tables.
onerror:
    if PLAN.file.exists() and anything_to_show(PLAN):
        shell(
            "python -m specar tables --plan {PLAN.file:q} && python -m specar figures --plan {PLAN.file:q}"
            " && python -m specar report --plan {PLAN.file:q} >&2"
            " && echo 'Tables and figures of what is there: {PLAN.tables}, {PLAN.figures}' >&2"
        )


# Of all rules, beside their conda environment; None: no container.
container: PLAN.config.execution.container


# Jobs use the interpreter and the package that this workflow runs with, also without an activated environment; a
# conda environment, if asked for, comes before both. A container has an interpreter of its own.
IN_CONTAINER = (
    PLAN.config.execution.container
    and DeploymentMethod.APPTAINER in workflow.deployment_settings.deployment_method
)
PREFIX = "" if IN_CONTAINER else f"PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH "
shell.prefix(f"export {PREFIX}PYTHONPATH={shlex.quote(str(PROJECT))}; ")


wildcard_constraints:
    dataset="[A-Za-z0-9-]+",
    run_id="[A-Za-z0-9._-]+",
    cell="[A-Za-z0-9._-]+",
    task="[a-z_]+",


def identity(wildcards):
    """What decides a dataset's content: a changed registry entry or format fetches and prepares again."""
    return str((PLAN.dataset(wildcards.dataset).identity(), BaseMeta.model_fields["format"].default))


def chosen():
    """What is to be made within a budget of hours; None without one. Jobs are told what to make."""
    if PLAN.config.budget_hours is None:
        return None
    from specar.results.order import files_within_budget  # imports what tables need

    return files_within_budget(PLAN) if PLAN.trains and workflow.is_main_process else ()


CHOSEN = chosen()


@cache
def records(task):
    """Records of all runs of a task."""
    return wanted(PLAN, PLAN.record_files(task), CHOSEN)


@cache
def floors(task):
    """Floor records of all cells of a task."""
    return wanted(PLAN, PLAN.floor_files(task), CHOSEN)


FORMATS = {
    "csv": "CSV",
    "html": "HTML",
    "md": "Markdown",
    "pdf": "PDF",
    "png": "PNG",
    "svg": "SVG",
    "tex": "LaTeX",
}
# The caution of the configuration, with the signs escaped that mean something in a caption.
NOTE = re.sub(r"([\\*`_|])", r"\\\1", " ".join((PLAN.config.note or "").split()))
PAGE = PLAN.report.as_posix()


def tables_of(task):
    """Table files of a task."""
    return [f"{RESULTS}/tables/{name}" for name in files_of.table_files(task)]


def figures_of(task):
    """Figure files of a task."""
    return [f"{RESULTS}/figures/{name}" for name in files_of.figure_files(task)]


def files_of_ablation(name):
    """Table and figure files of an ablation."""
    return [f"{RESULTS}/ablations/{file}" for file in files_of.ablation_files(name)]


def records_of_ablation(name):
    """Records of all runs of an ablation."""
    try:
        return wanted(PLAN, PLAN.ablation_files(name), CHOSEN)
    except SpecarError as error:
        raise WorkflowError(str(error))


def shown(paths, title, category, label=lambda path: {}):
    """Mark outputs for Snakemake's report; captions are relative to the files of rules."""
    marks = {"caption": f"../report/{category.lower()}.rst", "category": category, "subcategory": title}
    labels = {path: {"format": FORMATS[Path(path).suffix[1:]], **label(Path(path))} for path in paths}
    return [report(path, labels=labels[path], **marks) for path in paths]


def protocols_of(task):
    """Protocols of a task's runs, as text."""
    return ", ".join(dict.fromkeys(PLAN.run(name).protocol for name in PLAN.runs_of(task)))
