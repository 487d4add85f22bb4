"""What is said of how sure a plan is; terminal and report say the same."""

from __future__ import annotations

from collections.abc import Iterator

from breakeven.core.words import Message, say
from breakeven.interfaces.figures import end_text
from breakeven.interfaces.words import Voice
from breakeven.records.plan import Kpi, Plan
from breakeven.records.uncertainty import Band, Outcome, Swing, Tornado, Uncertainty

MOST_SWINGS = 12


def sentences(plan: Plan) -> Iterator[Message]:
    """How sure the plan is: what was drawn, what was taken as exact, and the chances."""
    found = plan.uncertainty
    if found is None:
        return
    if not found.ranged:
        yield say("no figure has a range, so all are taken as exact; write \"low..high\" where you are not sure")
        return
    yield say("figures with a range, drawn {draws} times: {ranged}; assumed figures without one, taken as exact: "
              "{exact}",
              ranged=found.ranged, draws=found.draws, exact=found.exact)
    if found.never_breaks_even:
        yield say("break-even is not within the plan in {share} of the draws", share=found.never_breaks_even)
    yield say("the cash runs out in {share} of the draws", share=found.out_of_cash)


def band_rows(found: Uncertainty, voice: Voice) -> list[tuple[str, str, str, str]]:
    """(what, P10, P50, P90) as text."""
    rows = (
        (say("break-even month"), found.break_even_month, "month"),
        (say("cash needed at the start"), found.capital_need_usd, "usd"),
        (say("lowest cash"), found.lowest_cash_usd, "usd"),
        (say("cash at the end"), found.end_cash_usd, "usd"),
    )
    return [(voice(title), *_ends(band, kind, voice, len(found.cash))) for title, band, kind in rows]


def _ends(band: Band, kind: str, voice: Voice, months: int) -> tuple[str, str, str]:
    low, middle, high = (end_of(value, kind, voice, months) for value in (band.p10, band.p50, band.p90))
    return low, middle, high


def end_of(value: float | None, kind: str, voice: Voice, months: int) -> str:
    """A month or an amount; None is a month after the last of the plan's `months`."""
    if value is None:
        return voice.say("after {month}", month=months)
    return voice.write(round(value) if kind == "usd" else int(value), kind).removesuffix(".00")


def outcome_cells(outcome: Outcome, voice: Voice, months: int) -> tuple[str, str, str, str]:
    """Break-even month, capital need, months that the cash lasts and cash at the end, as text."""
    lasts = voice.say("to the end") if outcome.runway_months is None else voice.write(outcome.runway_months, "month")
    return (
        end_of(outcome.break_even_month, "month", voice, months),
        end_of(outcome.capital_need_usd, "usd", voice, months), lasts,
        end_of(outcome.end_cash_usd, "usd", voice, months),
    )


def kpi_text(kpi: Kpi, voice: Voice) -> str:
    """A figure for investors as people write it; a dash where there is none."""
    if kpi.value is None:
        return "—"
    if kpi.name in ("gross_margin", "irr"):
        return voice.write(kpi.value, "share")
    if kpi.unit.startswith("usd"):
        return voice.write(round(kpi.value), "usd").removesuffix(".00")
    number = voice.write(round(kpi.value, 1), "value")
    return voice.say("{text} months", text=number) if kpi.unit == "month" else number


def swing_name(swing: Swing, voice: Voice) -> str:
    """What is moved; of things in lists with the place in the project file."""
    name = voice(swing.figure.name)
    table = swing.figure.sources[0][0].partition(" ")[2].rpartition(".")[0] if swing.figure.sources else ""
    return f"{name} · {table}" if table.endswith("]") else name


def swing_range(swing: Swing, voice: Voice) -> str:
    """From where to where it is moved."""
    ends = " – ".join(end_text(swing.figure, value, voice) for value in (swing.low, swing.high))
    return ends if swing.ranged else voice.say("{ends} (±10%)", ends=ends)


def moved(swing: Swing, voice: Voice, months: int) -> tuple[str, ...]:
    """Break-even month, capital need, months that the cash lasts and cash at the end, from one end to the other."""
    ends = (outcome_cells(end, voice, months) for end in (swing.at_low, swing.at_high))
    return tuple(low if low == high else f"{low} – {high}" for low, high in zip(*ends, strict=True))


def widest(tornado: Tornado) -> tuple[Swing, ...]:
    """The swings that are shown: the widest of those that move something."""
    moving = [swing for swing in tornado.swings if swing.at_low != swing.at_high]
    return tuple(moving[:MOST_SWINGS])
