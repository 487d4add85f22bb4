"""The search for a small net: kinds of nets in their order, while there is time; the best is shrunk and released."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

import numpy as np

from breakeven.models.model import Trained, Work
from breakeven.models.nn.small_net_job import Found, Search
from breakeven.models.nn.small_net_release import release
from breakeven.models.nn.small_net_training import RECIPES

ORDER = ("bag", "cnn", "transformer")
"""The cheapest first."""
SEARCH_SHARE = 0.4
"""Of the time for training, when there are several folds: the rest goes to the other folds and to all rows."""
LEAST_SECONDS = 2.0
"""With less no net is begun, unless there is none yet."""


def train_small_net(work: Work) -> Trained:
    """The best of all kinds of nets."""
    return train_nets(Search.of(work), ORDER)


def train_nets(search: Search, kinds: tuple[str, ...]) -> Trained:
    """Search on the first fold, train on the others, then on all rows if there are others; shrink, release."""
    work = search.work
    best = find_net(search, kinds)
    found = [best, *train_folds(search, best)]
    released = refit(search, found) if len(found) > 1 else best
    with tempfile.TemporaryDirectory(dir=work.artifact) as place:
        predictions, train_value, variants = release(search, found, released, Path(place))
    settings: dict[str, str | int | float | bool | None] = {
        "net": best.recipe.name, "steps": best.trace.best_step, "tokens": best.tokenizer.get_vocab_size(),
        "weights": sum(each.numel() for each in best.net.parameters()),
    }  # fmt: skip
    return Trained(predictions, train_value, settings, search.cut_short, variants, curves=tuple(search.curves))


def find_net(search: Search, kinds: tuple[str, ...]) -> Found:
    """The recipe with the least loss on the scored rows of the first fold."""
    work = search.work
    wanted = work.candidate.setting("net")
    fit, score = work.folds[0]
    names = [str(wanted)] if wanted else [name for name in kinds if len(fit) >= RECIPES[name].least_rows]
    end = search.seconds() * (SEARCH_SHARE if len(work.folds) > 1 else 1.0)
    until = monotonic() + end
    best: Found | None = None
    for place, name in enumerate(names):
        seconds = (until - monotonic()) * (1.0 if place == len(names) - 1 else 0.5)
        if best and seconds < LEAST_SECONDS:
            search.cut_short = True
            break
        found = search.train(RECIPES[name], fit, score, seconds)
        best = min((each for each in (best, found) if each), key=lambda each: each.trace.best)
    assert best is not None
    return best


def train_folds(search: Search, best: Found) -> list[Found]:
    """Nets of the best recipe for the other folds."""
    folds = search.work.folds[1:]
    found = []
    for place, (fit, score) in enumerate(folds):
        seconds = search.seconds() / (len(folds) - place + 1)
        found.append(search.train(best.recipe, fit, score, seconds))
    return found


def refit(search: Search, found: Sequence[Found]) -> Found:
    """A net of all rows, trained for as many passes as were best on the folds."""
    work = search.work
    every = np.arange(work.rows.num_rows)
    share = len(every) / len(work.folds[0][0])
    steps = max(1, round(float(np.mean([each.trace.best_step for each in found])) * share))
    return search.train(found[0].recipe, every, None, search.seconds(), steps)
