"""Rollouts: a release is put on trial, taken back, or made the one that answers.

`releases/rollout.json` is the switch, as `releases/current` is: it is replaced in one step, servers look at it five
times a second, and each change is a line of the audit log before it is made.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.records.record import digest_of
from breakeven.records.rollout import Rollout
from breakeven.stages.releases import audit, current_number, promote, verified
from breakeven.store import Store


def rollout_file(store: Store) -> Path:
    return store.folder / "releases" / "rollout.json"


def current_rollout(store: Store) -> Rollout | None:
    """The rollout that is on, None when there is none."""
    return store.read(Rollout, rollout_file(store))


def start_rollout(store: Store, number: int, mode: str, percent: float,
                  **settings: float | str | bool | None) -> Rollout:  # fmt: skip
    """Put a release on trial; `settings` are further fields of Rollout.

    Raises UsageError when one is on already or it answers anyway, ModelError.
    """
    check_none_on(store)
    now = current_number(store)
    verified(store, number)
    if now is None or number == now:
        raise UsageError(
            say("release {number} is the one that answers", number=number), str(store.release_folder(number)),
            say("name another release"),
        )
    started = datetime.now(UTC).isoformat(timespec="milliseconds")
    made = Rollout.model_validate({
        "id": digest_of(str(number), started), "release": number, "beside": now, "mode": mode, "percent": percent,
        "started": started, **settings,
    })  # fmt: skip
    audit(store, mode, number, now)
    store.write(made, rollout_file(store))
    return made


def check_none_on(store: Store) -> None:
    """Raises UsageError when a release is on trial already."""
    on = current_rollout(store)
    if on is not None:
        raise UsageError(
            say("release {number} is on trial already", number=on.release), str(rollout_file(store)),
            say('end it with "breakeven rollout stop" or "breakeven rollout finish"'),
        )


def stop_rollout(store: Store, why: str) -> Rollout:
    """Take the release on trial back; the other answers everything again. Raises UsageError when none is on."""
    on = rollout_on(store)
    audit(store, why, on.release, on.beside)
    rollout_file(store).unlink(missing_ok=True)
    return on


def finish_rollout(store: Store) -> Rollout:
    """Make the release on trial the one that answers. Raises UsageError, ModelError."""
    on = rollout_on(store)
    promote(store, on.release)
    rollout_file(store).unlink(missing_ok=True)
    return on


def rollout_on(store: Store) -> Rollout:
    """The rollout that is on. Raises UsageError when there is none."""
    on = current_rollout(store)
    if on is None:
        raise UsageError(
            say("no release is on trial"), str(rollout_file(store)),
            say('put one on trial with "breakeven rollout start NUMBER"'),
        )
    return on
