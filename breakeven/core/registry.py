"""Parts are found by their file name, or by an entry point of the same name, and imported on use.

`models/boosted.py` with a line `MODEL = …` is the family `boosted`; a stranger's package declares the entry
point `boosted = "theirs:MODEL"` in the group `breakeven.models`. There is no list to keep.
"""

from __future__ import annotations

import importlib
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from breakeven.core.errors import UsageError
from breakeven.core.words import say


class Registry:
    """All parts of one kind: the modules of `package` that keep a part under the name `constant`."""

    def __init__(self, package: str, constant: str) -> None:
        self.package = package
        self.constant = constant

    @cache
    def names(self) -> tuple[str, ...]:
        """The names of all parts, ours first, each in alphabetical order; nothing is imported."""
        folder = Path(importlib.import_module(self.package).__path__[0])
        ours = sorted(file.stem for file in folder.glob("*.py") if self._keeps_a_part(file))
        theirs = sorted(point.name for point in entry_points(group=self.package) if point.name not in ours)
        return (*ours, *theirs)

    def _keeps_a_part(self, file: Path) -> bool:
        """Whether a module sets the constant; its text tells, so that nothing heavy is imported to know it."""
        return any(line.startswith(f"{self.constant} = ") for line in file.read_text(encoding="utf-8").splitlines())

    def get(self, name: str) -> Any:
        """The part of that name, imported now. Raises UsageError with the known names."""
        if name not in self.names():
            raise UsageError(
                say("there is no {name} among the {kind}", name=name, kind=self.package.rpartition(".")[2]),
                self.package,
                say("known: {names}", names=self.names()),
            )
        for point in entry_points(group=self.package, name=name):
            return point.load()
        return getattr(importlib.import_module(f"{self.package}.{name}"), self.constant)

    def all(self) -> tuple[Any, ...]:
        """Every part, imported, in the order of `names`."""
        return tuple(self.get(name) for name in self.names())
