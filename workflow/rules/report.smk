# What `snakemake --report report.html` shows: tables and figures, by task, with captions.
import re

from specar.figures.files import figure_files
from specar.paper.sources import source_of

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


def figures_of(task):
    """Figure files of a task."""
    return [f"{RESULTS}/figures/{name}" for name in figure_files(task)]


def protocols_of(task):
    """Protocols of a task's runs, as text."""
    return ", ".join(dict.fromkeys(PLAN.run(name).protocol for name in PLAN.runs_of(task)))


def shown(path, title, category, caption, **labels):
    """Mark an output for the report; caption is relative to the file of the rule."""
    labels["format"] = FORMATS[Path(path).suffix.removeprefix(".")]
    return report(path, caption=caption, category=category, subcategory=title, labels=labels)


def shown_tables(task):
    """Table files of a task, marked for the report."""
    return [
        shown(
            path,
            source_of(task).title,
            "Tables",
            "../report/tables.rst",
            form="all cells" if Path(path).stem == task else "averaged",
        )
        for path in tables_of(task)
    ]


def shown_figures(task):
    """Figure files of a task, marked for the report."""
    return [
        shown(
            path,
            source_of(task).title,
            "Figures",
            "../report/figures.rst",
            figure=Path(path).stem.removeprefix(f"{task}_"),
        )
        for path in figures_of(task)
    ]


def shown_ablation(name):
    """Files of an ablation, marked for the report."""
    title = PLAN.config.ablations[name].title
    return [shown(path, title, "Ablations", "../report/ablations.rst") for path in tables_of_ablation(name)]
