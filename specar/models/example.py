"""A model of one's own, to begin with; specar/models/README.md says what it gets and returns."""

from pydantic import BaseModel
from torch import Tensor, nn

from specar.models.shape import SeriesShape


class Config(BaseModel):
    hidden: int = 64


class Model(nn.Module):
    def __init__(self, config: Config, shape: SeriesShape) -> None:
        super().__init__()
        steps = shape.pred_len or shape.seq_len
        layers = nn.Linear(shape.seq_len, config.hidden), nn.ReLU(), nn.Linear(config.hidden, steps)
        self.over_time = nn.Sequential(*layers)
        self.to_classes = nn.Linear(steps * shape.channels, shape.classes) if shape.classes else None

    def forward(
        self,
        x: Tensor,
        time_features: Tensor | None = None,
        observed_mask: Tensor | None = None,
        padding_mask: Tensor | None = None,
    ) -> Tensor:
        out: Tensor = self.over_time(x.transpose(1, 2)).transpose(1, 2)  # (B, S, N) to (B, H or S, N)
        return out if self.to_classes is None else self.to_classes(out.flatten(1))


def build(config: Config, shape: SeriesShape) -> nn.Module:
    return Model(config, shape)
