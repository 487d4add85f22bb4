"""The yardstick of pre-training: nets of one size, a loss over all of the held-out text, a verdict that can fail."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra [torch]")

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def benchmark_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks" / "language"))
    for name in ("run", "reference"):  # other benchmarks have modules of these names
        monkeypatch.delitem(sys.modules, name, raising=False)


def test_both_nets_have_about_the_same_number_of_weights() -> None:
    import reference
    from run import CONTEXT

    from breakeven.models.nn.gpt import Gpt, GptShape

    shape = GptShape(65, reference.LAYERS, reference.HEADS, reference.WIDTH, CONTEXT)
    theirs, ours = (sum(each.numel() for each in net.parameters()) for net in (reference.Reference(65), Gpt(shape)))
    assert 0.97 * theirs < ours <= theirs


def test_the_loss_is_that_of_all_whole_windows() -> None:
    from run import CONTEXT, held_out_loss

    tokens = np.arange(3 * CONTEXT + 10) % 7

    class Sure(torch.nn.Module):
        """Knows what comes next, but for a probability of a half."""

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            logits = torch.full((*ids.shape, 7), float(np.log(0.5 / 6)))
            return logits.scatter(2, ((ids + 1) % 7)[..., None], float(np.log(0.5)))

    assert held_out_loss(Sure(), tokens) == pytest.approx(np.log(2), rel=1e-5)


CASES = [(6.9, 1.8, "met"), (7.1, 1.8, "not met"), (6.0, 1.9, "not met")]


@pytest.mark.parametrize(("seconds", "loss", "verdict"), CASES)
def test_the_bar_asks_for_both(seconds: float, loss: float, verdict: str) -> None:
    from run import table

    both = {"seed": 1, "processor_seconds": 5.0, "weights": 8}
    found = [{"run": "reference", "seconds": 10.0, "loss": 1.85} | both,
             {"run": "ours", "seconds": seconds, "loss": loss} | both]  # fmt: skip
    assert table(found).endswith(f": {verdict}")  # type: ignore[arg-type]
