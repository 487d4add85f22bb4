"""The libraries that a release needs to be served: those that are loaded once it answers.

    python -m breakeven.serving.deploy.needs PROJECT NUMBER       -> [["numpy", "2.4.1"], …]

It runs in a process of its own, does what a server does when it starts, and looks at what was imported.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import json
import re
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, requires, version
from pathlib import Path

from breakeven.serving.limits import Limits
from breakeven.serving.served import load_release
from breakeven.store import Store

ALSO = (
    "breakeven.interfaces.cli.app",
    "breakeven.interfaces.cli.serve",
    "breakeven.interfaces.terminal.screen",
    "breakeven.serving.server",
    "breakeven.serving.process",
    "breakeven.monitoring.rollout",
)
"""What a server imports besides its release: the command, its words, the guard of a rollout."""
THROUGH_OTHERS = {"httptools"}
"""What we ask for by an option of another library (uvicorn's parser)."""
NAME = re.compile(r"[A-Za-z0-9._-]+")
SYSTEM = {"lightgbm": "libgomp1"}
"""Packages of Debian that a library needs and does not bring."""


def main(arguments: list[str]) -> int:
    """Load a release as a server does and print what it took."""
    load_release(Store(Path(arguments[0])), int(arguments[1]), Limits())
    for name in ALSO:
        importlib.import_module(name)
    print(json.dumps(loaded_libraries()))
    return 0


def loaded_libraries() -> list[tuple[str, str]]:
    """Name and version of every distribution that our loaded modules import, and of what these require.

    What a library loads only because it happens to be here (pyarrow loads cloudpickle) is left out.
    """
    owners = packages_distributions()
    ours = [module for name, module in sys.modules.items() if name.partition(".")[0] == "breakeven"]
    tops = {top for module in ours for top in imported_tops(module.__file__)}
    found: dict[str, str] = {}
    tops |= THROUGH_OTHERS
    waiting = [owner for top in tops if top in sys.modules for owner in owners.get(top, ())]
    while waiting:
        name = waiting.pop()
        with contextlib.suppress(PackageNotFoundError):  # of another platform, or of an extra
            if _plain(name) not in found and _plain(name) != "breakeven":
                found[_plain(name)] = version(name)
                needed = (NAME.match(line) for line in requires(name) or () if "extra ==" not in line)
                waiting += [match.group() for match in needed if match]
    return sorted(found.items())


def imported_tops(file: str | None) -> set[str]:
    """The first parts of the names that a Python file imports, anywhere in it."""
    if not file or not file.endswith(".py"):
        return set()
    found = set()
    for node in ast.walk(ast.parse(Path(file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def _plain(name: str) -> str:
    """A name as the index writes it: `Typing_Extensions` is `typing-extensions`."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
