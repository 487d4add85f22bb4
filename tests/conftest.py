"""What all tests share: where the real data lies, and a small project to run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
MEASURE = "BREAKEVEN_MEASURE"
os.environ.setdefault(MEASURE, "loop")
"""Most tests run the ladder for something else than its speed; `measured_by_server` is for those about it."""


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets; the test is skipped where it is absent."""
    folder = Path(os.environ.get("BREAKEVEN_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the real data sets are not at {folder} (set BREAKEVEN_DATA)")
    return folder


@pytest.fixture
def repository() -> Path:
    return REPOSITORY
