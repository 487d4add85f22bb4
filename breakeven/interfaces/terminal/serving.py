"""What `estimate serve` prints for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from breakeven.core.words import Message, say
from breakeven.interfaces.terminal.estimates import estimate_table, short
from breakeven.interfaces.terminal.screen import Screen
from breakeven.interfaces.terminal.text import safe

if TYPE_CHECKING:
    from breakeven.core.figure import Figure
    from breakeven.estimate.serving import ServingEstimate, ServingSpec


def show_serving(spec: ServingSpec, found: ServingEstimate, price: Figure | None, language: str | None) -> None:
    """The answer first, then what it rests on."""
    from breakeven.estimate.serving_words import assumed

    screen = Screen.of(language)
    screen.line(say("{model} on {count} × {chip}: {rate} output tokens a second", model=spec.shape.name or "—",
                    count=spec.gpus, chip=spec.chip.name, rate=short(found.output_tokens_per_second.value)), "bold")
    screen.console.print(_table(screen, found))
    screen.line(_layout(found))
    screen.line(_limit(found))
    if found.machines is not None:
        screen.line(say("The load takes {count} machines of {devices} devices.", count=found.machines,
                        devices=spec.gpus))
    for line in _price(spec, price):
        screen.line(line)
    for message in assumed(spec):
        screen.line(say("assumed: {what}", what=message))
    screen.line(say("The interval holds 8 of 10 published runs that the model had not seen."), "dim")


def _table(screen: Screen, found: ServingEstimate) -> Table:
    write = screen.write

    def in_ms(seconds: float) -> str:
        return write.ms(short(1000 * seconds))

    return estimate_table(screen, (
        (say("output tokens a second, one device"), found.output_tokens_per_second_per_gpu, write.number),
        (say("output tokens a second, a machine"), found.output_tokens_per_second, write.number),
        (say("time between tokens"), found.tpot_seconds, in_ms),
        (say("time to the first token, without waiting"), found.ttft_seconds, in_ms),
        (say("memory of a device"), found.memory_bytes_per_gpu, write.bytes),
        (say("a million output tokens"), found.usd_per_1m_output_tokens, write.usd),
    ))  # fmt: skip


def _layout(found: ServingEstimate) -> Message:
    return say("{copies} copies on {count} devices each, {batch} sequences a copy; {weight_bytes} of weights and "
               "{cache_bytes} of KV cache a device", copies=found.copies, count=found.devices_per_copy,
               batch=short(found.batch), weight_bytes=found.weight_bytes_per_gpu,
               cache_bytes=found.cache_bytes_per_gpu)


def _limit(found: ServingEstimate) -> Message:
    """What keeps the batch from being larger, and what a step spends most of its time on."""
    limits = {
        "given": say("the batch is as given"), "memory": say("memory limits the batch"),
        "engine": say("the engine's own limit of sequences limits the batch"),
        "latency": say("the time between tokens limits the batch"), "one stream": say("one sequence at a time"),
    }
    parts = {
        "weights": say("reading weights"), "cache": say("reading the KV cache"), "compute": say("matrix products"),
        "attention": say("attention over prompts"), "latent": say("latent attention"),
        "link": say("the links"), "dispatch": say("the links"), "hops": say("the latency of the links"),
        "layers": say("starting kernels"), "sequences": say("work of the host"),
    }
    most = max(found.parts, key=lambda name: found.parts[name])
    return say("{limit}; most of a step, {share}, is {part}", limit=limits[found.limited_by],
               share=found.parts[most], part=parts[most])


def _price(spec: ServingSpec, price: Figure | None) -> list[Message]:
    """What an hour costs and who says so, or how to say it."""
    if spec.usd_per_gpu_hour is None:
        return [say("The price tables hold no price of {chip}: give --usd-per-hour.", chip=spec.chip.name)]
    if price is None or not price.sources:
        return []
    source = price.sources[0]
    return [say("price of a device an hour: {usd} ({source}, {date})", usd=spec.usd_per_gpu_hour, source=source.title,
                date=source.date)]


def show_servings(found: dict[str, Any], language: str | None) -> None:
    """Many services as a table."""
    screen = Screen.of(language)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False)
    for title in (say("service"), say("output tokens a second, one device"), say("80% interval"),
                  say("time between tokens"), say("memory of a device")):
        table.add_column(screen.voice(title))
    for row in found["rows"]:
        if "refused" in row:
            table.add_row(Text(safe(row["id"])), Text(safe(row["refused"]["what"])), "", "", "")
        else:
            low, middle, high = (screen.write.number(short(row[f"output_tokens_per_s_per_gpu{end}"]))
                                 for end in ("_low", "", "_high"))
            table.add_row(Text(safe(row["id"])), middle, f"{low} – {high}", screen.write.ms(short(row["tpot_ms"])),
                          screen.write.bytes(row["mem_gb_per_gpu"] * 1e9))
    screen.console.print(table)
