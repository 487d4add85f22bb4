"""A candidate is a family with settings that the ladder may train; a refusal is a family that says why not."""

from __future__ import annotations

from breakeven.records.record import MessageRecord, Record


class Candidate(Record):
    """A rung: what to train. `cost_rank` orders the ladder, the cheapest to serve and train first."""

    name: str
    family: str
    """The family and the version of its artifact: `linear/1`."""
    settings: tuple[tuple[str, str | int | float | bool | None], ...] = ()
    cost_rank: float
    needs: tuple[str, ...] = ()
    """Names of candidates whose artifacts this one is made of (blend); `("*",)` means all that were trained."""
    seconds_hint: float = 10.0
    """About how long training is expected to take here, at most."""
    usd_per_request: float | None = None
    """About what an answer is expected to cost, where others ask for money for it."""

    def setting(self, name: str, default: str | int | float | bool | None = None) -> str | int | float | bool | None:
        return dict(self.settings).get(name, default)


class Refusal(Record):
    """A family that does not take part, and why."""

    family: str
    why: MessageRecord
    prospect: MessageRecord | None = None
    """What it would need, cost and probably bring, where that is known."""
