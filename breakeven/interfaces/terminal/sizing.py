"""What `estimate size` prints, for people and as JSON."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table

from breakeven.core.words import say
from breakeven.estimate.interval import Estimate
from breakeven.estimate.scaling import Allocation, Law
from breakeven.estimate.sizing import Sizing
from breakeven.interfaces.terminal.estimates import short
from breakeven.interfaces.terminal.screen import Screen


def sizing_json(found: Sizing, law: Law) -> dict[str, Any]:
    """All sizes; null where nothing was asked or nothing is known."""
    asked = {"compute_optimal": found.best, "with_serving": found.with_serving,
             "with_unique_tokens": found.with_unique_tokens}
    return {
        "flop": found.best.training_flop, "usd": found.usd, "law": law.name, "source": law.source,
        **{name: one and _allocation_json(one) for name, one in asked.items()},
        "critical_batch_tokens": found.critical_batch_tokens,
    }


def _allocation_json(one: Allocation) -> dict[str, Any]:
    low, high = one.loss_interval or (None, None)
    return {
        "params": one.parameters, **_ends("params", one.parameters_interval),
        "tokens": one.tokens, **_ends("tokens", one.tokens_interval),
        "loss": one.loss, "loss_low": low, "loss_high": high,
        "tokens_per_param": one.tokens_per_parameter, "epochs": one.epochs,
        "training_flop": one.training_flop, "serving_flop": one.serving_flop, "law": one.law,
    }


def _ends(name: str, interval: Estimate | None) -> dict[str, float | None]:
    return {f"{name}_low": interval.low if interval else None, f"{name}_high": interval.high if interval else None}


def show_sizing(found: Sizing, law: Law, language: str | None) -> None:
    """The sizes side by side, then where the law comes from."""
    screen = Screen.of(language)
    best = found.best
    compact = screen.write.compact
    screen.line(say("{params} parameters on {tokens} tokens for {flop} FLOP of training",
                    params=compact(short(best.parameters)), tokens=compact(short(best.tokens)),
                    flop=f"{best.training_flop:.3g}"), "bold")
    screen.console.print(_table(screen, found))
    screen.line(say("law: {source}", source=law.source))
    if best.parameters_interval is None:
        screen.line(say("No interval is known for this law."))
    if found.with_unique_tokens:
        screen.line(say("Repeated tokens are reckoned by the law of {source}, whose losses are its own.",
                        source="Muennighoff et al. 2023, arXiv:2305.16264"))
    screen.line(say("critical batch: {tokens} tokens (Kaplan et al. 2020)",
                    tokens=screen.write.compact(short(found.critical_batch_tokens))))


def _table(screen: Screen, found: Sizing) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False)
    for title in (say("what"), say("parameters"), say("80% interval"), say("tokens"), say("epochs"), say("loss"),
                  say("training FLOP"), say("serving FLOP")):
        table.add_column(screen.voice(title))
    rows = ((say("for the training alone"), found.best), (say("for training and serving"), found.with_serving),
            (say("with the data there is"), found.with_unique_tokens))
    write = screen.write
    for name, one in rows:
        if one:
            interval = one.parameters_interval
            ends = f"{write.compact(short(interval.low))} – {write.compact(short(interval.high))}" if interval else "—"
            table.add_row(
                screen.voice(name), write.compact(short(one.parameters)), ends, write.compact(short(one.tokens)),
                write.number(short(one.epochs)), write.score(one.loss), f"{one.training_flop:.3g}",
                f"{one.serving_flop:.3g}" if one.serving_flop else "—")
    return table
