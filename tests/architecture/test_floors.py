"""The floors of the house: a room imports only from what stands below it; siblings never import each other."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "breakeven"
FLOORS = {
    "core": 0, "templates": 0, "records": 1,
    "tasks": 2, "project": 2, "store": 2, "inputs": 2, "outputs": 2,
    "prices": 2, "estimate": 2, "plan": 2, "engines": 2,
    "checks": 3, "models": 3,
    "stages": 4, "nursery": 4, "worker": 4, "serving": 4, "monitoring": 4, "testing": 4,
    "pipeline": 5, "planning": 5, "interfaces": 6, "__init__": 7, "__main__": 7,
}  # fmt: skip
HELPERS_AMONG_SIBLINGS = {"inputs", "outputs", "checks", "models", "engines"}


def imports(path: Path) -> Iterator[tuple[str, ...]]:
    """The modules of this package that a file imports, anywhere in it, as path parts below the package."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        for name in names:
            parts = name.split(".")
            if parts[0] == "breakeven" and len(parts) > 1:
                yield tuple(parts[1:])


def files() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "templates" not in path.parts)


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def is_part(path: Path) -> bool:
    """Whether a module of a room is a registered part (a model, an input …) rather than a contract or helper."""
    constants = ("MODEL = ", "INPUT = ", "OUTPUT = ", "CHECK = ", "ENGINE = ")
    return path.exists() and any(line.startswith(constants) for line in path.read_text(encoding="utf-8").splitlines())


def test_every_room_has_a_floor() -> None:
    assert {room(path) for path in files()} <= FLOORS.keys()


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_from_below(path: Path) -> None:
    own = room(path)
    above = [name for name in imports(path) if name[0] != own and FLOORS[name[0]] > FLOORS[own]]
    assert not above, f"{own} is on floor {FLOORS[own]} and imports {above}"


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_siblings_never_import_each_other(path: Path) -> None:
    own = room(path)
    if own not in HELPERS_AMONG_SIBLINGS or not is_part(path):
        return
    inside = [name for name in imports(path) if name[0] == own and len(name) > 1]
    parts = [name for name in inside if is_part(PACKAGE / own / f"{name[1]}.py")]
    assert not parts, f"{path.name} imports its siblings {parts}"


def test_nothing_below_imports_the_interfaces() -> None:
    sinners = [p for p in files() if room(p) not in ("interfaces", "__init__", "__main__")
               and any(name[0] == "interfaces" for name in imports(p))]
    assert not sinners


def test_no_import_circle() -> None:
    graph = {}
    for path in files():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        module = path.relative_to(PACKAGE).with_suffix("").parts
        graph[module] = {tuple(n.module.split(".")[1:]) for n in top
                         if isinstance(n, ast.ImportFrom) and n.module and n.module.startswith("breakeven.")}
    done: set[tuple[str, ...]] = set()

    def visit(module: tuple[str, ...], trail: tuple[tuple[str, ...], ...]) -> None:
        assert module not in trail, f"circle: {trail}"
        if module in done:
            return
        for other in graph.get(module, ()):
            visit(other, (*trail, module))
        done.add(module)

    for module in graph:
        visit(module, ())


HEAVY = ("numpy", "pyarrow", "sklearn", "scipy", "lightgbm", "torch", "pandas")


def loaded_by(command: str) -> set[str]:
    code = f"{command}\nimport sys\nprint(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_help_loads_nothing_heavy() -> None:
    loaded = loaded_by(
        "import sys\nfrom breakeven.interfaces.cli import main\nsys.argv = ['breakeven', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass"
    )
    assert "breakeven.interfaces.cli" in loaded
    assert not loaded.intersection(HEAVY)


def test_the_road_loads_no_trainer() -> None:
    loaded = loaded_by("import breakeven.pipeline")
    assert not loaded.intersection({"sklearn", "lightgbm", "torch", "pandas"})


PICKLES = {"pickle", "cloudpickle", "dill", "shelve", "marshal"}


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_pickle(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not PICKLES.intersection(alias.name.split(".")[0] for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] not in PICKLES
            assert not (node.module == "joblib" and {"load", "dump"} & {alias.name for alias in node.names})
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant)
            assert node.value.value is False


def test_functions_and_files_stay_short() -> None:
    long = []
    for path in files():
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > 350:
            long.append(f"{path.name}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > 66:
                long.append(f"{path.name}:{node.lineno} {node.name}")
    assert not long
