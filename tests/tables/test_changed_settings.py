"""What a configuration changes of the settings of models that are compared with published numbers."""

from specar.config import parse_config
from specar.tables.task_notes import changed_settings


def test_settings_of_a_compared_model_are_said():
    short = {"training": {"epochs": 1}}
    models = {
        "dl": {"module": "dlinear", "published_as": "DLinear", "settings": {"moving_avg": 5}, **short},
        "uncompared": {"module": "dlinear", **short},
        "timesnet": short,
    }
    matrix = [{"task": "imputation", "models": ["specar-released", "dl", "uncompared"]}]
    config = parse_config({"models": models, "matrix": matrix})
    said = ["Model dl: settings.moving_avg 5, training.epochs 1 instead of the experiment's own."]
    assert list(changed_settings(config, config.matrix)) == said
