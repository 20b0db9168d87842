"""Runs of other models change nothing that is said of SpecAR-Net."""

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from specar.judge.against import against
from specar.judge.claims import claim_table
from specar.judge.own import OwnResults
from specar.judge.ranks import rank_table, rankings
from specar.judge.saturation import PLACE, saturation
from specar.judge.verdicts import summary, verdicts_of

from .ledgers import ledger, run

SETTINGS = ("0.125", "0.25", "0.375", "0.5")
SETS = ("ETTm1", "ETTm2", "ETTh1", "ETTh2", "Weather", "Electricity")


def runs_of(base, seeds, **named):
    """Runs of all of imputation; the model is better the smaller ``base`` is."""
    return [
        row
        for top in (False, True)
        for dataset in SETS
        for setting in SETTINGS
        for seed in range(seeds)
        for row in run(
            dataset, setting, seed, {"mse": base + 0.001 * seed, "mae": 2 * base}, top=top, **named
        )
    ]


def judged(rows):
    """Everything that is said of SpecAR-Net, as text."""
    made = ledger(rows)
    verdicts, cells = verdicts_of(made), saturation(made.cells)
    ours = verdicts[verdicts["published_as"] == "SpecAR-Net"].reset_index(drop=True)
    tables = [
        ours,
        summary(ours),
        claim_table(OwnResults(verdicts, made.runs)),
        rank_table(rankings(verdicts)),
        cells[[*PLACE, "best_printed", "best_printed_of", "ours", "ours_of", "sd"]],
    ]
    return [table.to_csv() for table in tables], verdicts


OURS = runs_of(0.03, 3)
ALONE, _ = judged(OURS)


@given(
    st.floats(0.001, 0.5),
    st.sampled_from(["", "DLinear", "TimesNet"]),
    st.booleans(),
    st.sampled_from(["a-model", "zz", "specar2"]),
)
@settings(max_examples=4, deadline=None)
def test_what_is_said_of_specar_stays_to_the_byte(base, published_as, before, label):
    other = runs_of(base, 2, model=label, published_as=published_as)
    both, verdicts = judged([*other, *OURS] if before else [*OURS, *other])
    assert both == ALONE
    assert set(verdicts["model"]) == {"specar", *([label] if published_as else [])}
    own = verdicts[verdicts["model"] == label]
    assert (own["published_as"] == published_as).all()


def test_runs_of_both_sides_are_told_from_the_rest():
    other = runs_of(0.05, 3, model="other", published_as="DLinear")
    found = against(pd.DataFrame([*OURS, *other]))
    assert set(found.claims["rival"]) == {"other"}
    assert set(found.claims["model"]) == {"specar"}
    assert against(pd.DataFrame(OURS)).claims.empty
    assert against(pd.DataFrame(other)).claims.empty


def test_a_second_label_of_specar_is_a_row_of_its_own():
    released = runs_of(0.05, 3, model="specar-released")
    both, _ = judged([*OURS, *released])
    claims = pd.read_csv(pd.io.common.StringIO(both[2]))
    assert set(claims["numbers"]) == {"published", "specar", "specar-released"}
    ranks = pd.read_csv(pd.io.common.StringIO(both[3]))
    assert {"our runs (specar)", "our runs (specar-released)"} <= set(ranks["model"])
