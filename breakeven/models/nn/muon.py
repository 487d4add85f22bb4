"""Muon: momentum made orthogonal before the step, for the hidden matrices of a net; AdamW for all else.

K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024. The step is scaled by
√max(1, rows / columns). Matrices of one shape go through the iteration together, which small nets on a processor need.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the odd polynomial that pulls singular values towards one (the same source)."""


@torch.no_grad()
def orthogonal(matrices: Tensor, steps: int = 5) -> Tensor:
    """Matrices (n, a, b) with about the same directions and singular values near one (Newton-Schulz iteration)."""
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.mT if tall else matrices
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    a, b, c = COEFFICIENTS
    for _ in range(steps):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x.mT if tall else x


class Muon(torch.optim.AdamW):
    """AdamW whose groups with `orthogonal` true take Muon's step, with the learning rate of the group."""

    def __init__(self, groups: list[dict[str, Any]], momentum: float = 0.95, **settings: Any) -> None:
        plain = [{"orthogonal": False, **group} for group in groups]
        super().__init__(plain, **settings)
        self.momentum = momentum

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        every = self.param_groups
        for group in every:
            if group["orthogonal"]:
                self._turn(group)
        self.param_groups = [group for group in every if not group["orthogonal"]]
        try:
            super().step(closure)
        finally:
            self.param_groups = every

    def _turn(self, group: dict[str, Any]) -> None:
        by_shape: dict[torch.Size, list[Tensor]] = {}
        for weight in group["params"]:
            if weight.grad is not None:
                by_shape.setdefault(weight.shape, []).append(weight)
        for shape, weights in by_shape.items():
            updates = orthogonal(torch.stack([self._nesterov(weight) for weight in weights]))
            scale = max(1.0, shape[0] / shape[1]) ** 0.5
            for weight, update in zip(weights, updates, strict=True):
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(update, alpha=-group["lr"] * scale)

    def _nesterov(self, weight: Tensor) -> Tensor:
        state = self.state[weight]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(weight)
        moving: Tensor = state["momentum"]
        assert weight.grad is not None
        moving.lerp_(weight.grad, 1 - self.momentum)
        return weight.grad.lerp(moving, self.momentum)
