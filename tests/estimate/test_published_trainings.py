"""The page of published trainings is what the code says today."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


def test_the_page_is_not_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(REPOSITORY / "benchmarks" / "planner"))
    monkeypatch.delitem(sys.modules, "published", raising=False)
    from published import CASES, PAGE, page

    assert len(CASES) > 10
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python benchmarks/planner/published.py"
