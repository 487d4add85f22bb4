"""The user's own prices, which lie above the tables while his project is worked on: quotes, then imported lists.

They are set for the time of a `with`, so that every look-up below sees them without carrying them along:

    with own_prices(Layers(offers, hosted)):
        gpu_hour_price("H100")
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from breakeven.records.machine import HostedModel, Offer


@dataclass(frozen=True)
class Layers:
    """Own prices, the strongest first."""

    offers: tuple[Offer, ...] = ()
    hosted: tuple[HostedModel, ...] = ()

    def over(self, below: Layers) -> Layers:
        """These prices before those of `below`; of one name only the first is kept."""
        machines = {offer.machine.name: offer for offer in (*below.offers[::-1], *self.offers[::-1])}
        models = {(model.provider, model.item): model for model in (*below.hosted[::-1], *self.hosted[::-1])}
        return Layers(tuple(machines.values())[::-1], tuple(models.values())[::-1])


NONE = Layers()
_CURRENT: ContextVar[Layers] = ContextVar("own_prices", default=NONE)


def layers() -> Layers:
    """The own prices of this moment."""
    return _CURRENT.get()


@contextmanager
def own_prices(own: Layers) -> Iterator[None]:
    """While this lasts, `own` goes before the price tables."""
    token = _CURRENT.set(own)
    try:
        yield
    finally:
        _CURRENT.reset(token)
