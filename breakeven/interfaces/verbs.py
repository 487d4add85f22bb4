"""The verbs of breakeven: what the command line calls, and what a program imports from `breakeven`.

A path names a project folder or its project file. Nothing is printed; records come back, errors are raised.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from breakeven.core.errors import UsageError
from breakeven.core.words import Message, say

if TYPE_CHECKING:
    from breakeven.records.audit import Audit
    from breakeven.records.health import Health
    from breakeven.records.plan import Plan
    from breakeven.records.release import Release
    from breakeven.records.run import Run
    from breakeven.serving.keys import Key
    from breakeven.serving.server import Options, Place
    from breakeven.stages.engine_prices import EnginePrice
    from breakeven.stages.watch import Watcher
    from breakeven.store import Store

AnyPath = str | os.PathLike[str]
TEMPLATES = Path(__file__).parents[1] / "templates"


class Family(NamedTuple):
    """A family of models: its name, the version of its artifacts and what it is."""

    name: str
    tag: str
    about: Message


def templates() -> tuple[str, ...]:
    """The names of the projects that `init` can make."""
    return tuple(sorted(path.parent.name for path in TEMPLATES.glob("*/breakeven.toml")))


def init(folder: AnyPath = ".", template: str = "support-en") -> tuple[Path, ...]:
    """Make a complete project in a folder and return its files.

    Raises UsageError if there is no such template or a file of its is there already; StorageError.
    """
    import shutil

    from breakeven.store import storing

    source, target = TEMPLATES / template, Path(folder)
    if template not in templates():
        known = say("known: {names}", names=templates())
        raise UsageError(say("there is no template {name}", name=template), "--template", known)
    files = sorted(path.relative_to(source) for path in source.rglob("*") if _is_content(path))
    there = next((target / file for file in files if (target / file).exists()), None)
    if there:
        raise UsageError(
            say("a file would be overwritten"), str(there), say("name a new folder: breakeven init my-project")
        )
    with storing(target):
        for file in files:
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / file, target / file)
    return tuple(target / file for file in files)


def _is_content(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts and path.name != "__init__.py"


def check(path: AnyPath = ".", watch: Watcher | None = None) -> Audit:
    """Read the project file and the data, and return all findings. Raises ProjectError, DataError."""
    from breakeven import pipeline
    from breakeven.prices.own import project_prices
    from breakeven.stages.watch import Watcher

    with project_prices(Path(path)):
        return pipeline.check(Path(path), watch or Watcher())


def training_prices(path: AnyPath, audit: Audit) -> tuple[EnginePrice, ...]:
    """What training the ladder of a project would take and cost on each engine; nothing where the data is blocked."""
    from breakeven import pipeline

    return pipeline.training_prices(Path(path), audit)


def run(
    path: AnyPath = ".",
    only: Iterable[str] = (),
    budget_seconds: float | None = None,
    language: str | None = None,
    watch: Watcher | None = None,
    profile: bool = False,
) -> Run:
    """The whole road, from the data to a release and its report in `language`.

    `only` names the families that may take part; `budget_seconds` goes before the project file's; with `profile` nets
    leave traces of their training (`Run.profiles`). A missed target raises nothing: `Run.outcome` tells. Raises
    ProjectError, DataError, UsageError, StorageError.
    """
    from breakeven import pipeline
    from breakeven.interfaces.words import language_of, translator
    from breakeven.prices.own import project_prices
    from breakeven.stages.watch import Watcher

    spoken = language_of(language)
    translator(spoken)  # an unknown language is refused before the work, not after it
    options = pipeline.Options(only=tuple(only), budget_seconds=budget_seconds, profile=profile)
    with project_prices(Path(path)):
        finished = pipeline.run(Path(path), options, watch or Watcher())
    return _with_report(finished, write_report(path, finished, spoken))


def write_report(path: AnyPath, finished: Run, language: str) -> Path:
    """Write the report of a run anew, in a language, and return its path. Raises StorageError."""
    from breakeven.interfaces import report

    place = report_path(path, finished)
    report.write_report(finished, place, language)
    return place


def report_path(path: AnyPath, finished: Run) -> Path:
    """Where the report of a run lies."""
    return _store(path).run_folder(finished.id) / "report.html"


def show(path: AnyPath = ".", run: str | None = None) -> Run:
    """A finished run from the store, the latest when none is named. Raises ProjectError, UsageError."""
    finished = _store(path).run(run)
    return _with_report(finished, report_path(path, finished))


def _with_report(finished: Run, place: Path) -> Run:
    """The run with the path of its report, when there is one."""
    return finished.model_copy(update={"report": str(place) if place.exists() else ""})


def predict(path: AnyPath, file: AnyPath, out: AnyPath, watch: Watcher | None = None) -> int:
    """Answer every row of a file with the current release and return their number.

    The rows keep their order and get the answer beside them; the ending of `out` says CSV, JSON lines or Parquet.
    Raises UsageError without a release, DataError, ModelError, StorageError.
    """
    from breakeven import pipeline
    from breakeven.stages.watch import Watcher

    return pipeline.predict(Path(path), Path(file), Path(out), watch or Watcher())


def plan(path: AnyPath = ".", everything: bool = False) -> Plan:
    """The capital plan of a project, with or without data; after a run by what the run measured.

    Its tornado moves the figures with a range; with `everything` the others by a tenth, too.
    Raises ProjectError, UsageError.
    """
    from breakeven import planning
    from breakeven.prices.own import project_prices

    with project_prices(Path(path)):
        return planning.plan_with_spread(Path(path), everything)[0]


def serve(path: AnyPath, options: Options, started: Callable[[Place], None]) -> None:
    """Answer over HTTP with the current release until SIGTERM or SIGINT; `started` is told where.

    Raises UsageError without a release, or for a place that others can reach without keys; ModelError.
    """
    from breakeven.serving import server

    server.serve(_store(path), options, started)


def releases(path: AnyPath = ".") -> tuple[tuple[Release, ...], int | None]:
    """All releases, the oldest first, and the number of the one that answers."""
    from breakeven.stages.releases import current_number

    store = _store(path)
    return store.releases(), current_number(store)


def verified_release(path: AnyPath, number: int) -> Release:
    """A release whose files are as its manifest says. Raises UsageError, ModelError."""
    from breakeven.stages.releases import verified

    return verified(_store(path), number)


def promote(path: AnyPath, number: int) -> Release:
    """Let a release answer, once it gives its golden answers again. Raises UsageError, ModelError, StorageError."""
    from breakeven.stages.releases import promote as promote_release

    return promote_release(_store(path), number)


def rollback(path: AnyPath = ".") -> Release:
    """Let the release before the present one answer. Raises UsageError when there was none."""
    from breakeven.stages.releases import rollback as roll_back

    return roll_back(_store(path))


def remove_release(path: AnyPath, number: int) -> None:
    """Take a release away that does not answer. Raises UsageError."""
    from breakeven.stages.releases import remove

    remove(_store(path), number)


def monitor(path: AnyPath = ".", days: int = 7, release: int | None = None) -> Health:
    """What the last days of traffic tell of a release, the one that answers by default. Raises UsageError."""
    from breakeven.monitoring.health import health
    from breakeven.stages.releases import current_number, named

    store = _store(path)
    return health(store, named(store, release or current_number(store) or 0), days)


def forget_user(path: AnyPath, user: str) -> int:
    """Remove every line of a user from the traffic log; returns how many answers are gone. Raises StorageError."""
    from breakeven.serving.traffic import FOLDER
    from breakeven.serving.traffic import forget_user as forget

    return forget(_store(path).folder / FOLDER, user)


def add_key(file: Path, name: str, scopes: Sequence[str], days: int | None = None) -> str:
    """Make a key for clients of a server and return it: nobody can read it later. Raises UsageError, StorageError."""
    from breakeven.serving.keys import add_key as add
    from breakeven.serving.keys import read_scopes

    return add(file, name, read_scopes(scopes), days)


def keys(file: Path) -> tuple[Key, ...]:
    """What is kept of the keys of a file. Raises UsageError."""
    from breakeven.serving.keys import read_keys

    return read_keys(file).keys


def revoke_key(file: Path, name: str) -> None:
    """Take a key out of a file. Raises UsageError."""
    from breakeven.serving.keys import revoke_key as revoke

    revoke(file, name)


def export(path: AnyPath, to: str, out: AnyPath, run: str | None = None) -> int:
    """Write the curves and scores of a finished run (the latest when none is named) for another tool below `out`:
    `tensorboard` or `mlflow`. Returns how many trainings and rungs were written. Raises UsageError, StorageError."""
    from breakeven.stages.export import export_run

    store = _store(path)
    return export_run(store, store.run(run), to, Path(out))


def model_families() -> tuple[Family, ...]:
    """All families that the ladder knows, ours and those of other packages."""
    from breakeven.models import MODELS

    return tuple(Family(name, MODELS.get(name).tag, MODELS.get(name).describe()) for name in MODELS.names())


def _store(path: AnyPath) -> Store:
    from breakeven.project import project_file
    from breakeven.store import Store

    return Store(project_file(Path(path)).parent)
