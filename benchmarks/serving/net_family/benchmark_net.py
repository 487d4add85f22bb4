"""A text net of 4 layers, 256 wide, trained from scratch and released in 32 bits: a model that is itself the cost.

The rung `small_net` makes smaller ones and keeps the cheapest form of them; here the size is given, and the training
is short, since what it answers does not change how long it takes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from breakeven.core.words import Message, say
from breakeven.models.model import Trained, Work
from breakeven.models.small_net import SmallNet

LAYERS, WIDE = 4, 256
STEPS = 4


class BenchmarkNet(SmallNet):
    """`small_net` of one kind and size."""

    name: ClassVar[str] = "benchmark_net"

    def describe(self) -> Message:
        return say("a small neural network, trained from scratch on your rows")

    def train(self, work: Work) -> Trained:
        from breakeven.models.nn import small_net_forms, small_net_search, small_net_training
        from breakeven.models.nn.small_net_job import Search

        recipe = small_net_search.RECIPES["transformer"]
        small_net_search.RECIPES["transformer"] = replace(
            recipe, layers=LAYERS, wide=WIDE, least_rows=0, epochs=1, guess_epochs=0, rows=8
        )
        small_net_training.LEAST_STEPS = STEPS
        for form in set(small_net_forms.FORMS) - {small_net_forms.PLAIN}:
            del small_net_forms.FORMS[form]
        return small_net_search.train_nets(Search.of(work), ("transformer",))


MODEL = BenchmarkNet()
