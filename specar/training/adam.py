"""Adam without the compiler of torch."""

from __future__ import annotations

from inspect import unwrap

import torch


class Adam(torch.optim.Adam):
    """The optimizer of torch, whose methods are not wrapped for ``torch.compile``.

    The wrappers change nothing without it, but import the compiler at their first use: that takes longer
    than all else that a short run does before its first step.
    """

    add_param_group = unwrap(torch.optim.Adam.add_param_group)
    zero_grad = unwrap(torch.optim.Adam.zero_grad)
    state_dict = unwrap(torch.optim.Adam.state_dict)
    load_state_dict = unwrap(torch.optim.Adam.load_state_dict)
    step = torch.no_grad()(unwrap(torch.optim.Adam.step))
