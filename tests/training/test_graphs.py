"""Training by a recorded step gives what training without gives; the recording itself needs a GPU."""

import pytest
import torch

from specar.base.errors import SpecarError
from specar.config import Execution
from specar.runs.train import train
from specar.training import graphs
from specar.training.device import configure
from specar.training.graphs import GraphedGradient

CPU = torch.device("cpu")
SHORT = {"epochs": 1, "batch_size": 64}
CASES = {
    "TOP from the second epoch": (
        "short_term_forecast",
        {"top": [True], "run_models": ["specar-released"], "model": {"top_from_epoch": 2, "d_model": 4}},
    ),
    "masks": ("imputation", {"training": SHORT}),
    "a smaller last batch": (
        "classification",
        {"training": {"epochs": 2, "batch_size": 4, "clip_norm": 0.1}},
    ),
    "running means": (
        "imputation",
        {"training": SHORT, "run_models": ["patchtst"]},
    ),
}


class Again:
    """In place of a CUDA graph: computes anew, and writes where the first call wrote."""

    def __init__(self, compute):
        self.compute, self.parameters = compute, list(compute.__self__.model.parameters())
        for _ in range(3):
            compute()
        self.result, self.gradients = compute(), [p.grad for p in self.parameters]

    def replay(self):
        self.result.copy_(self.compute())
        for parameter, gradient in zip(self.parameters, self.gradients, strict=True):
            assert (parameter.grad is None) == (gradient is None)
            if gradient is not None:
                gradient.copy_(parameter.grad)


@pytest.fixture
def recorded(monkeypatch):
    """The recordings that were made."""
    made = []

    def record(compute, device):
        made.append(Again(compute))
        return made[-1], made[-1].result

    monkeypatch.setattr(graphs, "record", record)
    return made


@pytest.mark.parametrize("case", CASES)
def test_the_same_numbers_with_and_without(
    make_small_trainer, make_run, read_history, tmp_path, recorded, case
):
    task, changes = CASES[case]
    run = make_run(task, **{"training": {"epochs": 2, "batch_size": 8}, **changes})
    for graphed in (False, True):
        trainer = make_small_trainer(run, tmp_path / str(graphed))
        (tmp_path / str(graphed)).mkdir()
        if graphed:
            trainer.objective.graphed = GraphedGradient(trainer.objective._gradient, trainer.model, CPU)
        trainer.fit()
    assert len(recorded) == (2 if "TOP" in case else 1)
    assert read_history(tmp_path / "True") == read_history(tmp_path / "False")


def test_micro_batches_are_recorded_anew(make_small_trainer, make_run, tmp_path, recorded):
    trainer = make_small_trainer(make_run("imputation"), tmp_path)
    size = trainer.run.training.batch_size
    batch = trainer.task.draw(torch.arange(size), torch.Generator().manual_seed(0))
    trainer.model.eval()  # without dropout
    expected = trainer.objective.backward(batch)
    trainer.objective.graphed = GraphedGradient(trainer.objective._gradient, trainer.model, CPU)
    for parts in (1, 1, 2):
        trainer.progress.micro_batches = parts
        assert float(trainer.objective.backward(batch)) == pytest.approx(float(expected))
    assert len(recorded) == 2


def test_without_a_gpu_it_is_refused():
    with pytest.raises(SpecarError, match=r"execution\.cuda_graphs needs a GPU"):
        configure(Execution(device="cpu", cuda_graphs=True), "fp32")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("case", CASES)
def test_on_a_gpu(prepared_folders, make_run, read_history, tmp_path, case):
    task, changes = CASES[case]
    run = make_run(task, **{"training": {"epochs": 2, "batch_size": 8}, **changes})
    for graphed in (False, True):
        execution = Execution(device="cuda", cuda_graphs=graphed)
        train(run, prepared_folders / run.dataset, tmp_path / str(graphed), execution)
    with_graph, without = read_history(tmp_path / "True"), read_history(tmp_path / "False")
    losses = [[line["train_loss"] for line in lines] for lines in (with_graph, without)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
