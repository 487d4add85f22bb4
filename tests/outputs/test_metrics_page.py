"""docs/metrics.md tells of every metric, and of the limits as they are."""

from __future__ import annotations

from pathlib import Path

from breakeven.inputs import split
from breakeven.outputs import OUTPUTS, bootstrap
from breakeven.stages import gap


def test_every_metric_and_limit_is_on_its_page(repository: Path) -> None:
    page = (repository / "docs" / "metrics.md").read_text(encoding="utf-8")
    for output in OUTPUTS.all():
        for name in output.metrics():
            assert f"| `{name}` | {'more' if output.metrics()[name].higher else 'less'} |" in page
    for limit in (split.FEW, split.FEW_GIVEN, split.FEW_WITH_GIVEN, split.MOST):
        assert f"{limit:,}" in page
    assert f"{bootstrap.FEWEST} to {bootstrap.MOST} times" in page
    assert f"{split.SHARE:.0%}".replace("%", " %") in page
    assert f"{gap.FEW_A_LABEL} a label" in page
    assert f"{gap.FEW_A_COLUMN} a column" in page
