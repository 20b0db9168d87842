"""How far a model's test metrics move with the size of the evaluation batches: only where it says so."""

import pytest
import torch

from specar.config.schema import builtin
from specar.models import build_model, spec_of

NETWORKS = [label for label, entry in builtin("models").items() if spec_of(entry["module"]).build]
SMALL = {
    **{"d_model": 16, "d_ff": 16, "e_layers": 1, "n_heads": 2, "conv_layers": 2, "window_length": 4},
    **{"top_k": 2, "num_kernels": 2, "p_hidden_dims": [8]},
    "stacks": [{"basis": "trend", "width": 16}],
}
SIZES = (1, 7, 256)


def metrics_by_size(make_run, make_small_task, label):
    """Test metrics of a model as it is built, by examples per evaluation batch."""
    spec = spec_of(builtin("models")[label]["module"])
    fields, name = spec.config.model_fields, min(spec.tasks or {"imputation"})
    settings = {key: value for key, value in SMALL.items() if key in fields}
    changes = {"run_models": [label], "model": {}, "models": {label: {"settings": settings}}}
    run, task = make_run(name, **changes), make_small_task(name, **changes)
    torch.manual_seed(0)
    model = build_model(run.model.module, run.model.settings, task.shape).eval()
    found = {}
    for size in SIZES:
        task.eval_batch_size = size
        with torch.inference_mode():
            found[size] = task.test(model).metrics
    return found


@pytest.mark.parametrize("label", NETWORKS)
def test_metrics_move_with_the_batch_only_where_a_model_says_so(make_run, make_small_task, label):
    found = metrics_by_size(make_run, make_small_task, label)
    if spec_of(builtin("models")[label]["module"]).batch_dependent is not True:
        for size in SIZES[1:]:
            assert found[size] == pytest.approx(found[1], rel=1e-4), size
