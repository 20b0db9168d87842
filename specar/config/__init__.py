"""Configuration: schema, loading and expansion into runs. Imports nothing heavy."""

from specar.config.key import RunKey
from specar.config.load import load_config, parse_config
from specar.config.matrix import cell_id, expand, expand_ablation, run_id
from specar.config.schema import Cell, Config, RunConfig
from specar.config.settings import Execution, TrainingConfig

__all__ = [
    "Cell",
    "Config",
    "Execution",
    "RunConfig",
    "RunKey",
    "TrainingConfig",
    "cell_id",
    "expand",
    "expand_ablation",
    "load_config",
    "parse_config",
    "run_id",
]
