"""What `estimate train` prints for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

from breakeven.core.words import Message, say
from breakeven.interfaces.terminal.estimates import estimate_table, short
from breakeven.interfaces.terminal.screen import Screen

if TYPE_CHECKING:
    from breakeven.estimate.train import TrainingEstimate
    from breakeven.estimate.training_spec import TrainingSpec


def show_training(spec: TrainingSpec, found: TrainingEstimate, language: str | None) -> None:
    """The answer first, then what it rests on."""
    screen = Screen.of(language)
    screen.line(say("{count} {chip} for {days} days: {hours} device-hours", count=found.chips, chip=spec.chip.name,
                    days=short(found.days.value), hours=short(found.gpu_hours.value)), "bold")
    screen.console.print(_table(screen, found))
    screen.line(_layout(screen, found))
    if found.memory_bytes.value > found.memory_of_device:
        room = found.memory_of_device
        screen.line(say("This is more than a device has, {bytes}: it may not fit.", bytes=room), "yellow")
    if found.usd_per_hour is None:
        screen.line(say("The price tables hold no price of {chip}: give --usd-per-hour.", chip=spec.chip.name))
    elif found.price_source:
        screen.line(say("price: {usd} for an hour of one, {source}", usd=found.usd_per_hour, source=found.price_source))
    for message in found.assumed:
        screen.line(say("assumed: {what}", what=message))
    screen.line(say("The interval holds 8 of 10 published trainings that the model had not seen."), "dim")


def _table(screen: Screen, found: TrainingEstimate) -> Table:
    write = screen.write
    exact = ((say("parameters"), write.number(found.params)), (say("model FLOP"), f"{found.flop:.3g}"))
    return estimate_table(screen, (
        (say("device-hours"), found.gpu_hours, write.number), (say("days"), found.days, write.number),
        (say("utilisation of the steps (MFU)"), found.mfu, write.share),
        (say("goodput of the campaign"), found.goodput, write.share),
        (say("memory of a device"), found.memory_bytes, write.bytes), (say("money"), found.usd, write.usd),
    ), exact)  # fmt: skip


def _layout(screen: Screen, found: TrainingEstimate) -> Message:
    from breakeven.estimate.layout_chosen import LIMIT_NAMES
    from breakeven.estimate.step import PART_NAMES

    one = found.layout
    return say("layout: tp {tp}, pp {pp}, dp {dp}, cp {cp}, ep {ep}, ZeRO {zero}, recompute {recompute}, "
               "micro-batch {micro}; after the matrices, {limit} takes most time",
               tp=one.tp, pp=one.pp, dp=one.dp, cp=one.cp, ep=one.ep, zero=one.zero, recompute=one.recompute,
               micro=short(one.micro_batch), limit=screen.voice((PART_NAMES | LIMIT_NAMES)[one.limit]))


def show_trainings(found: dict[str, Any], language: str | None) -> None:
    """Many trainings as a table."""
    screen = Screen.of(language)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False)
    for title in (say("training"), say("device-hours"), say("80% interval"), say("days")):
        table.add_column(screen.voice(title))
    for row in found["rows"]:
        if "refused" in row:
            table.add_row(row["id"], row["refused"]["what"], "", "")
        else:
            low, middle, high, days = (screen.write.number(short(row[key])) for key in (
                "gpu_hours_low", "gpu_hours", "gpu_hours_high", "days"))
            table.add_row(row["id"], middle, f"{low} – {high}", days)
    screen.console.print(table)
