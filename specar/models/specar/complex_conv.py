"""Complex convolution (Eq. 7) as one real convolution."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from specar.models.specar.planes import convolve


class ComplexConv2d(nn.Module):
    """Convolution of complex planes, real and imaginary channels stacked: (B, 2C, F, T) to (B, 2C', F, T).

    The kernel is a + jb with a = ``real.weight`` and b = ``imag.weight``. One real convolution with the
    kernel [[a, -b], [b, a]] computes all four products. As in the authors' code each of the two
    real convolutions has a bias of its own, so the effective ones are (b_r - b_i) and (b_r + b_i).

    ``dual_channel`` drops the cross terms (DCN of the appendix's ablation):
    Re' = a * Re + b_r and Im' = -(b * Im + b_i).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        dilation: int = 1,
        dual_channel: bool = False,
    ) -> None:
        super().__init__()
        self.real = nn.Conv2d(in_channels, out_channels, kernel_size)  # used for their parameters only
        self.imag = nn.Conv2d(in_channels, out_channels, kernel_size)
        self.dilation = dilation
        self.padding = dilation * (kernel_size // 2)
        self.dual_channel = dual_channel

    def forward(self, x: Tensor) -> Tensor:
        weight, bias = self._packed()
        return convolve(x, weight, bias, self.dilation, groups=2 if self.dual_channel else 1)

    def _packed(self) -> tuple[Tensor, Tensor]:
        a, b = self.real.weight, self.imag.weight
        bias_r, bias_i = self.real.bias, self.imag.bias
        assert bias_r is not None
        assert bias_i is not None
        if self.dual_channel:
            return torch.cat([a, -b]), torch.cat([bias_r, -bias_i])
        weight = torch.cat([torch.cat([a, -b], dim=1), torch.cat([b, a], dim=1)])  # (2C', 2C, k, k)
        return weight, torch.cat([bias_r - bias_i, bias_r + bias_i])
