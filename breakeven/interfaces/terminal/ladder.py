"""The ladder as a table, and why each rung that was not chosen was left."""

from __future__ import annotations

from rich import box
from rich.table import Table
from rich.text import Text

from breakeven.core.words import Message, say
from breakeven.interfaces.answer import amount, main_metric, metric_title, rung_state
from breakeven.interfaces.numbers import Writer
from breakeven.interfaces.terminal.text import safe
from breakeven.interfaces.words import Voice
from breakeven.records.forecast import Forecast
from breakeven.records.run import Run, Rung


def ladder_table(run: Run, voice: Voice, write: Writer) -> Table:
    """One line a trained rung: quality, training, latency, size and price; the chosen one is marked."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(voice.say("candidate"), no_wrap=True)
    titles = (
        metric_title(run, main_metric(run)), say("95% interval"), say("trained in"), say("answers in (p95)"),
        say("size"), say("per 1,000"), say("a month"),
    )
    for title in titles:
        table.add_column(voice(title), justify="right", no_wrap=True)
    for rung in run.rungs:
        if rung.outcome == "trained":
            picked = bool(run.choice and run.choice.name == rung.name)
            table.add_row(Text(f"{'▶' if picked else ' '} {safe(rung.name)}"), *cells(rung, write),
                          style="bold green" if picked else "")
    return table


def cells(rung: Rung, write: Writer) -> tuple[str, ...]:
    """Score, interval, training time, p95, bytes, money for 1,000 answers and a month, as text."""
    main = rung.evaluation.main if rung.evaluation else None
    cost, found = rung.cost, rung.measurement
    return (
        write.score(main.value if main else None),
        interval_text(main.low, main.high, write) if main else "—",
        write.seconds(rung.bill.seconds if rung.bill else None),
        write.ms(found.p95_ms if found else None),
        write.bytes(rung.artifact_bytes),
        write.usd(amount(cost.usd_per_1k, "usd/1k request") if cost else None),
        write.usd(amount(cost.usd_per_month, "usd/month") if cost else None),
    )


def interval_text(low: float | None, high: float | None, write: Writer) -> str:
    """`0.843–0.883`, or a dash."""
    return "—" if low is None or high is None else f"{write.score(low)}–{write.score(high)}"


def prospect_lines(run: Run) -> list[tuple[str, Message]]:
    """(name, what it would need, cost and bring) of the rungs that could not take part."""
    return [(rung.name, rung.prospect.message()) for rung in run.rungs if rung.prospect]


def forecast_lines(run: Run) -> list[tuple[str, Message]]:
    """(name, what its training was foreseen to take and what it took) of the nets."""
    return [(rung.name, _forecast(rung.forecast)) for rung in run.rungs if rung.forecast]


def _forecast(found: Forecast) -> Message:
    seconds = say("{foreseen_seconds} foreseen, {seconds} taken",
                  foreseen_seconds=found.seconds, seconds=found.took_seconds)  # fmt: skip
    if found.bytes is None or found.took_bytes is None:
        return seconds
    return say("{time}; memory: {foreseen_bytes} foreseen, {bytes} taken",
               time=seconds, foreseen_bytes=found.bytes, bytes=found.took_bytes)  # fmt: skip


def left_lines(run: Run) -> list[tuple[str, Message]]:
    """(names, reason) of the rungs that were not chosen; without a choice, of those that were not trained.

    Rungs with the same reason share a line.
    """
    left = [rung for rung in run.rungs if (rung.name != run.choice.name if run.choice else rung.outcome != "trained")]
    names: dict[str, list[str]] = {}
    reasons: dict[str, Message] = {}
    for rung in left:
        reason = rung_state(rung, run)
        names.setdefault(str(reason), []).append(rung.name)
        reasons.setdefault(str(reason), reason)
    return [(", ".join(names[key]), reason) for key, reason in reasons.items()]
