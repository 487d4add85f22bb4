"""What an admin may ask of a running server, and what is done where none runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from breakeven.serving.admin import Act
from breakeven.store import Store

if TYPE_CHECKING:
    from breakeven.serving.server import Herd


def acts_of(store: Store, herd: Herd, place: str) -> dict[str, Act]:
    """The acts of a server; `place` is where it listens."""
    since = datetime.now(UTC).isoformat(timespec="seconds")

    def status(asked: dict[str, Any]) -> dict[str, Any]:
        from breakeven.stages.releases import current_number
        from breakeven.stages.rollouts import current_rollout

        rollout = current_rollout(store)
        return {"place": place, "since": since, "release": current_number(store), "processes": herd.processes(),
                "on_trial": rollout.release if rollout else None, "draining": herd.is_ending}  # fmt: skip

    def drain(asked: dict[str, Any]) -> dict[str, Any]:
        herd.end()
        return {"draining": True, "processes": herd.processes()}

    return {"status": status, "drain": drain, "promote": lambda asked: promote(store, asked.get("release")),
            "rollback": lambda asked: rollback(store)}  # fmt: skip


def promote(store: Store, number: object) -> dict[str, Any]:
    """Let a release answer. Raises UsageError, ModelError."""
    from breakeven.stages import releases

    return {"release": releases.promote(store, number if isinstance(number, int) else 0).number}


def rollback(store: Store) -> dict[str, Any]:
    """Let the release before the present one answer. Raises UsageError, ModelError."""
    from breakeven.stages import releases

    return {"release": releases.rollback(store).number}
