"""The verbs of breakeven: what the command line calls, and what a program imports from `breakeven`.

A path names a project folder or its project file. Nothing is printed; records come back, errors are raised.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from breakeven.core.errors import UsageError
from breakeven.core.words import Message, say

if TYPE_CHECKING:
    from breakeven.interfaces.words import Voice
    from breakeven.pipeline import Options
    from breakeven.records.audit import Audit
    from breakeven.records.plan import Plan
    from breakeven.records.run import Run
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

    return run_with(path, language, watch, lambda voice: pipeline.Options(
        only=tuple(only), budget_seconds=budget_seconds, profile=profile, speak=voice))


def run_with(path: AnyPath, language: str | None, watch: Watcher | None, options: Callable[[Voice], Options]) -> Run:
    """The road with these options, made when it is known what speaks; a report unless nothing came of it."""
    from breakeven import pipeline
    from breakeven.interfaces.words import Voice, language_of
    from breakeven.prices.own import project_prices
    from breakeven.stages.watch import Watcher

    spoken = language_of(language)
    made = options(Voice(spoken))  # an unknown language is refused before the work, not after it
    with project_prices(Path(path)):
        finished = pipeline.run(Path(path), made, watch or Watcher())
    if finished.outcome == "gate_closed":
        return finished
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


def capital_plan(path: AnyPath = ".", everything: bool = False) -> Plan:
    """The capital plan of a project, with or without data; after a run by what the run measured.

    Its tornado moves the figures with a range; with `everything` the others by a tenth, too.
    Raises ProjectError, UsageError.
    """
    from breakeven import planning
    from breakeven.prices.own import project_prices

    with project_prices(Path(path)):
        return planning.plan_with_spread(Path(path), everything)[0]


def export(path: AnyPath, to: str, out: AnyPath, run: str | None = None) -> int:
    """Write the curves and scores of a finished run (the latest when none is named) for another tool below `out`:
    `tensorboard` or `mlflow`. Returns how many trainings and rungs were written. Raises UsageError, StorageError."""
    from breakeven.stages.export import export_run

    store = _store(path)
    return export_run(store, store.run(run), to, Path(out))


def export_release(path: AnyPath, to: str, out: AnyPath, number: int | None = None) -> int:
    """Write a release (the one that answers, when none is named) as a folder to serve it from elsewhere: `docker`,
    `compose`, `kubernetes` or `ray-serve`. Returns its number. Raises UsageError, ModelError, StorageError."""
    from breakeven.serving.deploy.exporting import export_release as export_it

    return export_it(_store(path), to, Path(out), number).number


def model_families() -> tuple[Family, ...]:
    """All families that the ladder knows, ours and those of other packages."""
    from breakeven.models import MODELS

    return tuple(Family(name, MODELS.get(name).tag, MODELS.get(name).describe()) for name in MODELS.names())


def _store(path: AnyPath) -> Store:
    from breakeven.project import project_file
    from breakeven.store import Store

    return Store(project_file(Path(path)))
