"""Configuration: schema, loading and expansion into runs. Imports nothing heavy."""

from specar.config.load import load_config, parse_config
from specar.config.matrix import expand, run_id
from specar.config.schema import Config, RunConfig
from specar.config.settings import Execution, ModelConfig, TrainingConfig

__all__ = [
    "Config",
    "Execution",
    "ModelConfig",
    "RunConfig",
    "TrainingConfig",
    "expand",
    "load_config",
    "parse_config",
    "run_id",
]
