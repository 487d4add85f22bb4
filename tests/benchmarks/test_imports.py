"""Benchmarks run rarely: what they import from the package must still be there on the day they do."""

from __future__ import annotations

import ast
import importlib
import importlib.util
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
FILES = sorted(path for path in BENCHMARKS.rglob("*.py") if "from breakeven" in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(BENCHMARKS)) for path in FILES])
def test_what_a_benchmark_imports_is_there(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "breakeven":
            module = importlib.import_module(node.module or "")
            missing = [name.name for name in node.names if not _has(module, name.name)]
            assert missing == [], f"{node.module} has no {missing}"


def _has(module: object, name: str) -> bool:
    """Whether it is a name of the module, or a module below it."""
    if hasattr(module, name):
        return True
    return importlib.util.find_spec(f"{module.__name__}.{name}") is not None  # type: ignore[attr-defined]
