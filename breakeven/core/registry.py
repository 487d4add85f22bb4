"""Parts are found by their file name, or by an entry point of the same name, and imported on use.

`models/boosted.py` with a constant `MODEL` is the family `boosted`; a stranger's package declares the entry
point `boosted = "theirs:MODEL"` in the group `breakeven.models`. There is no list to keep.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from breakeven.core.errors import UsageError
from breakeven.core.words import say


class Registry:
    """All parts of one kind: the modules of `package` that are not named in `without`.

    `constant` is the name under which each module keeps its part, for example `MODEL`.
    """

    def __init__(self, package: str, constant: str, without: tuple[str, ...] = ()) -> None:
        self.package = package
        self.constant = constant
        self.without = without

    @cache
    def names(self) -> tuple[str, ...]:
        """The names of all parts, ours first, each in alphabetical order; nothing is imported."""
        folder = importlib.import_module(self.package).__path__
        ours = sorted(m.name for m in pkgutil.iter_modules(folder) if m.name not in self.without)
        theirs = sorted(point.name for point in entry_points(group=self.package) if point.name not in ours)
        return (*ours, *theirs)

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
