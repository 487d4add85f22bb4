"""A figure as people read it: its value with its unit, its range, and where it comes from."""

from __future__ import annotations

from breakeven.core.words import N_
from breakeven.interfaces.words import Voice
from breakeven.records.record import FigureRecord

MANY = {
    "usd": N_("usd"), "request": N_("requests"), "month": N_("months"), "hour": N_("hours"), "machine": N_("machines"),
    "customer": N_("customers"), "parameter": N_("parameters"), "gpu": N_("GPUs"), "gpu·hour": N_("GPU-hours"),
    "day": N_("days"), "flop": N_("FLOP"), "person": N_("people"), "token": N_("tokens"), "row": N_("rows"),
    "year": N_("years"),
    "seat": N_("seats"),
}
"""What is counted, before the first slash of a unit."""
ONE = {
    "usd": N_("dollar"), "request": N_("request"), "month": N_("month"), "hour": N_("hour"), "machine": N_("machine"),
    "customer": N_("customer"), "person": N_("person"), "token": N_("token"), "row": N_("row"), "year": N_("year"),
    "seat": N_("seat"),
    "second": N_("second"), "gpu": N_("GPU"), "day": N_("day"), "parameter": N_("parameter"),
    "1k request": N_("1,000 requests"), "1m token": N_("1 million tokens"),
    "1k usd": N_("1,000 dollars"),
}
"""What it is counted by, behind a slash."""
KIND = {"usd": "usd", "second": "seconds", "ms": "ms", "byte": "bytes", "percent": "percent", "1": "value"}
"""Units that are written by how numbers of their kind are written, not by a word."""
HUGE = 1e13
"""From here on nobody reads all the digits."""
FORMULAS = (N_("sum"), N_("max"), N_("min"), N_("rounded up"), N_("rounded down"))
SOURCES = (N_("default"), N_("its peak"), N_("the run's own clock"), N_("the data"),
           N_("default, a rule of thumb"))


def figure_text(figure: FigureRecord, voice: Voice) -> str:
    """The value with its unit: `$0.096 / hour`, `200,000 requests / month`; a range in brackets behind it."""
    counted, *by = figure.unit.split("/")
    scale, counted = _scale(counted)
    text = _counted(figure.value * scale, counted, voice)
    if figure.low is not None and figure.high is not None:
        low, high = (_counted(end * scale, counted, voice) for end in (figure.low, figure.high))
        text += f" ({low} – {high})"
    return "".join([text, *(f" / {voice(ONE.get(word, word))}" for word in by)])


def _scale(unit: str) -> tuple[float, str]:
    """A computed unit may carry a factor, `0.001 customer`: the factor and the unit without it."""
    factor, space, rest = unit.partition(" ")
    try:
        return (float(factor), rest) if space else (1.0, unit)
    except ValueError:
        return 1.0, unit


def _counted(value: float, unit: str, voice: Voice) -> str:
    """A value in a unit without what it is counted by."""
    if abs(value) >= HUGE:
        return f"{value:.3g} {voice(MANY.get(unit, unit))}"
    if unit == "percent":
        return voice.write(value / 100, "share")
    if unit in KIND:
        return voice.write(value, KIND[unit])
    return f"{voice.write(value, 'value')} {voice(MANY.get(unit, unit))}"


def end_text(figure: FigureRecord, value: float, voice: Voice) -> str:
    """Another value in the unit of a figure, without what it is counted by."""
    scale, counted = _scale(figure.unit.split("/")[0])
    return _counted(value * scale, counted, voice).removesuffix(".00")


def unit_text(unit: str, voice: Voice) -> str:
    """A unit in words: `usd / 1,000 requests`; of a plain number a dash."""
    counted, *by = unit.split("/")
    words = "—" if counted == "1" else voice(MANY.get(counted, counted))
    return " / ".join([words, *(voice(ONE.get(word, word)) for word in by)])


def source_text(figure: FigureRecord, voice: Voice) -> str:
    """Where it comes from, with dates."""
    return "; ".join(f"{voice(title)} ({date})" if date else voice(title) for title, date in figure.sources)
