"""Who meets a release on trial: the same user always, a request without a user by chance."""

from __future__ import annotations

import hashlib
import random

from breakeven.records.rollout import Rollout

PARTS = 10_000


def is_on_trial(rollout: Rollout, user: str | None) -> bool:
    """Whether a request is one of the rollout's percent. Another rollout draws other users."""
    if user is None:
        return random.random() * 100 < rollout.percent
    drawn = int.from_bytes(hashlib.sha256(f"{rollout.id}:{user}".encode()).digest()[:8]) % PARTS
    return drawn < rollout.percent / 100 * PARTS
