"""The verbs of a running service: serve, releases, keys, monitor, rollouts.

A path names a project folder or its project file; nothing is printed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from breakeven.core.errors import UsageError
from breakeven.core.words import say

if TYPE_CHECKING:
    import threading

    from breakeven.core.words import Message
    from breakeven.monitoring.alerts import Told
    from breakeven.monitoring.rollout_plan import Asked
    from breakeven.monitoring.watch import Tell, Watching
    from breakeven.records.health import Health
    from breakeven.records.labels import Queue
    from breakeven.records.release import Release
    from breakeven.records.rollout import RolloutPlan, Verdict
    from breakeven.records.run import Run
    from breakeven.records.trust import Signer
    from breakeven.serving.keys import Key
    from breakeven.serving.server import Options, Place
    from breakeven.stages.watch import Watcher
    from breakeven.store import Store

AnyPath = str | os.PathLike[str]


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


def shown_release(path: AnyPath, number: int) -> tuple[Release, Signer]:
    """A release whose files are as its manifest says, and who signed it. Raises UsageError, ModelError."""
    from breakeven.stages.releases import RECORD, check_files, named
    from breakeven.stages.trust import signer

    store = _store(path)
    found, folder = named(store, number), store.release_folder(number)
    check_files(store, found)
    return found, signer(store, folder, (folder / RECORD).read_bytes())


def sign_release(path: AnyPath, number: int, key: AnyPath | None = None) -> Signer:
    """Sign a release with a private key, by default that of the project. Raises UsageError, ModelError."""
    from breakeven.stages.releases import sign

    return sign(_store(path), number, Path(key) if key else None)


def model_card(path: AnyPath, number: int, language: str | None = None) -> str:
    """The model card of a release as Markdown, in a language. Raises UsageError for one without a card, ModelError."""
    from breakeven.interfaces.words import Voice, language_of
    from breakeven.stages.card_text import card_text
    from breakeven.stages.release import read_card

    voice = Voice(language_of(language))
    release, _ = shown_release(path, number)
    return card_text(read_card(_store(path), number), number, release.created, voice)


def release_history(path: AnyPath = ".") -> tuple[list[dict[str, object]], int | None]:
    """The audit log of the releases, and the number of the first line of it that is not as it was written."""
    from breakeven.stages.history import first_broken, history

    store = _store(path)
    return history(store), first_broken(store)


def make_signing_key(file: AnyPath) -> str:
    """Make a key that signs releases, its public half beside it; returns that half as text. Raises UsageError."""
    from breakeven.stages.signing import make_key, written_key

    return written_key(make_key(Path(file)))


def promote(path: AnyPath, number: int) -> Release:
    """Let a release answer, once it gives its golden answers again. Raises UsageError, ModelError, StorageError.

    A server that runs does it; without one it is done here, and the next server begins with it.
    """
    from breakeven.serving.acts import promote as promote_here
    from breakeven.serving.admin import ask
    from breakeven.stages.releases import named

    store = _store(path)
    done = ask(store, "promote", release=number) or promote_here(store, number)
    return named(store, done["release"])


def rollback(path: AnyPath = ".") -> Release:
    """Let the release before the present one answer. Raises UsageError when there was none."""
    from breakeven.serving.acts import rollback as roll_back_here
    from breakeven.serving.admin import ask
    from breakeven.stages.releases import named

    store = _store(path)
    done = ask(store, "rollback") or roll_back_here(store)
    return named(store, done["release"])


def server_status(path: AnyPath = ".") -> dict[str, object] | None:
    """Where the server of a project listens, since when, with which release and processes; None when none runs."""
    from breakeven.serving.admin import ask

    return ask(_store(path), "status")


def drain_server(path: AnyPath = ".") -> dict[str, object] | None:
    """Let the server of a project finish what is under way and end; None when none runs."""
    from breakeven.serving.admin import ask

    return ask(_store(path), "drain")


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


def tell_alarms(path: AnyPath, release: int, alarms: Sequence[Message], webhook_env: str = "",
                render: Callable[[Message], str] = str) -> Told:  # fmt: skip
    """Send alarms to the webhook of the project file, or that of a variable. Raises ProjectError, nothing else."""
    from breakeven.monitoring.alerts import Alarms
    from breakeven.monitoring.alerts import tell_alarms as tell
    from breakeven.project import read_monitoring

    store = _store(path)
    product, settings = read_monitoring(store.file)
    if webhook_env:
        settings = settings.model_copy(update={"webhook_env": webhook_env})
    return tell(store, settings, Alarms(product, release, alarms, render))


def watch(path: AnyPath, source: str, settings: Watching, tell: Tell, stop: threading.Event) -> int:
    """Follow a stream (a file, `-` for standard input, `redis://…?stream=NAME`) with the current release until it ends
    or `stop` is set; returns how many alarms were raised. Raises UsageError, ModelError, StorageError."""
    from breakeven.monitoring.opening import open_source
    from breakeven.monitoring.watch import watch as follow

    store = _store(path)
    return follow(store, open_source(store, source, settings), settings, tell, stop)


def forget_user(path: AnyPath, user: str) -> int:
    """Remove every line of a user from the traffic log; returns how many answers are gone. Raises StorageError."""
    from breakeven.serving.traffic import user_digest
    from breakeven.serving.traffic_place import traffic_of

    return traffic_of(_store(path)).forget_user(user_digest(user) or "")


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


def start_rollout(path: AnyPath, number: int, mode: str = "canary", percent: float = 10.0,
                  **settings: float | str | bool | None) -> Verdict:  # fmt: skip
    """Put a release on trial: as a `canary` for a share of users, as a `shadow`, or in an `ab` test.

    `settings` are further fields of records.rollout.Rollout: worse_points, metric, gain_points … Raises UsageError,
    ModelError.
    """
    from breakeven.stages.rollouts import start_rollout as start

    start(_store(path), number, mode, percent, **settings)
    return rollout_status(path)


def plan_rollout(path: AnyPath, asked: Asked) -> RolloutPlan:
    """How many rows and days a comparison with the present release takes. Raises UsageError."""
    from breakeven.monitoring.rollout_plan import plan_rollout as plan

    return plan(_store(path), asked)


def rollout_status(path: AnyPath) -> Verdict:
    """What the release on trial and the other did so far. Raises UsageError when none is on trial."""
    from breakeven.monitoring.rollout import judge_rollout
    from breakeven.stages.rollouts import rollout_on

    store = _store(path)
    return judge_rollout(store, rollout_on(store))


def stop_rollout(path: AnyPath) -> None:
    """Take the release on trial back. Raises UsageError."""
    from breakeven.stages.rollouts import stop_rollout as stop

    stop(_store(path), "stop")


def finish_rollout(path: AnyPath) -> None:
    """Make the release on trial the one that answers. Raises UsageError, ModelError."""
    from breakeven.stages.rollouts import finish_rollout as finish

    finish(_store(path))


def _store(path: AnyPath) -> Store:
    from breakeven.project import project_file
    from breakeven.store import Store

    return Store(project_file(Path(path)))


def learn(path: AnyPath = ".", only: Iterable[str] = (), budget_seconds: float | None = None,
          language: str | None = None, watch: Watcher | None = None, canary: float | None = None,
          tolerance: float | None = None, from_feedback: bool = True) -> Run:  # fmt: skip
    """Run again with logged truth among the training rows. What passes the gate is released and answers nobody yet;
    with `canary` that percentage of the users meets it. `Run.gate` tells; behind a closed one nothing has changed.

    Raises UsageError without a release, with too few truths, or where a rollout is on already.
    """
    from breakeven import pipeline
    from breakeven.interfaces.verbs import run_with
    from breakeven.stages.admission import TOLERANCE
    from breakeven.stages.rollouts import check_none_on

    if not from_feedback:
        raise UsageError(say("only a run from feedback has a gate"), "run --canary", say("add --from-feedback"))
    store = _store(path)
    if canary is not None:
        check_none_on(store)
    finished = run_with(path, language, watch, lambda voice: pipeline.Options(
        only=tuple(only), budget_seconds=budget_seconds, speak=voice, from_feedback=True,
        tolerance=TOLERANCE if tolerance is None else tolerance))  # fmt: skip
    if canary is not None and finished.release:
        start_rollout(path, finished.release.number, "canary", canary)
    return finished


def labels_next(path: AnyPath, out: AnyPath, count: int = 50, random_share: float = 0.5, seed: int = 0) -> Queue:
    """Write the logged rows whose labels would help most into a file. Raises UsageError, DataError, StorageError."""
    from breakeven.monitoring.labels import labels_next, write_queue

    found = labels_next(_store(path), count, random_share, seed)
    write_queue(found, Path(out))
    return found


def labels_add(path: AnyPath, file: AnyPath) -> int:
    """Take the labels of a file as feedback; how many there were. Raises DataError for unknown labels and ids."""
    from breakeven.monitoring.labels import labels_add

    return labels_add(_store(path), Path(file))
