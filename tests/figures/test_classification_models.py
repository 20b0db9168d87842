"""Figure 3: all ten sets, and like for like the sets that are done."""

import pytest

from specar.figures import classification_models
from specar.figures.classification_models import printed_models

from .looks import check_tidy, words

ALL = {"matrix": [{"task": "classification"}], "seeds": [1, 2]}


def values(axes):
    """Value of every line, by its name."""
    names = [label.get_text() for label in axes.get_yticklabels()]
    return dict(zip(names, [text.get_text() for text in axes.texts], strict=True))


def test_printed_averages_follow_from_the_sets():
    models = printed_models()
    assert models.shape == (20, 11)
    means = models.drop(columns="avg").mean(axis=1)
    assert (means - models["avg"]).abs().max() < 0.051


def test_all_sets_done(plan, drawn):
    made = drawn(classification_models, plan(ALL))
    (axes,) = made.figure.axes
    shown = values(axes)
    assert shown["SpecAR-Net, published"] == "74.7"
    assert shown["SpecAR-Net, authors' log"] == "70.1"
    assert shown["Rocket"] == "72.5"
    own = float(shown["ours, specar-released"].split(" ± ")[0])
    assert own == pytest.approx(74.7, abs=1.5)
    numbers = [float(text.split(" ± ")[0]) for text in shown.values()]
    assert numbers == sorted(numbers)
    assert "Ours, model specar: all 10 sets done, 2 seeds each." in words(made.figure)
    check_tidy(made.figure)


def test_like_for_like(plan, drawn):
    done = {"specar": ("Heartbeat", "Handwriting"), "specar-released": ("Heartbeat",)}

    def chosen(run):
        return run.dataset in done[run.key.model] and (run.dataset, run.seed) != ("Handwriting", 2)

    made = drawn(classification_models, plan(ALL, chosen))
    everything, two, one = made.figure.axes
    assert not [name for name in values(everything) if name.startswith("ours")]
    printed = printed_models().loc["TimesNet", ["Handwriting", "Heartbeat"]]
    assert values(two)["TimesNet"] == f"{printed.mean():.1f}"
    assert values(one)["TimesNet"] == f"{printed['Heartbeat']:.1f}"
    assert "±" in values(one)["ours, specar-released"]
    assert "±" not in values(two)["ours, specar"]  # a set lacks a seed
    assert "model specar: 2 of 10 sets done (Handwriting, Heartbeat), 1 to 2 seeds each" in words(made.figure)
    assert "our specar-released" in made.alt
    check_tidy(made.figure)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (ALL, "model specar-released: none of the 10 sets is done yet"),
        ({**ALL, "protocol": "strict"}, "no classification under the protocol published"),
        ({"matrix": [{"task": "imputation", "datasets": ["ETTh1"]}]}, "no classification under the protocol"),
    ],
)
def test_what_is_missing_is_said(values, sentence, plan, drawn):
    made = drawn(classification_models, plan(values, lambda run: False))
    assert sentence in words(made.figure)
    assert "nothing of our own is done yet" in made.alt
    check_tidy(made.figure)
