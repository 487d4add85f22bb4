"""Hosted models beside the own one: what their answers cost, and from which volume on the own one is cheaper."""

from __future__ import annotations

from breakeven.core.figure import Figure, assumed, measured, published
from breakeven.core.words import N_, Message, say
from breakeven.plan.assumption import assumption
from breakeven.plan.build_or_buy import same_cost_volume
from breakeven.plan.unit_figures import UnitFigures
from breakeven.prices.tables import hosted_named
from breakeven.records.cost import Alternative
from breakeven.records.dataset import Dataset
from breakeven.records.machine import HostedModel
from breakeven.records.project import Alternative as Named
from breakeven.records.project import Project
from breakeven.records.record import FigureRecord, MessageRecord
from breakeven.records.run import Rung

__all__ = ["alternatives", "same_cost_volume"]
BYTES_PER_TOKEN = 4.0
"""Rule of thumb for text in UTF-8: 4 letters of English, or a little under 1.5 Chinese characters of 3 bytes."""
PROMPT_TOKENS = 100.0
"""Instructions and the list of answers, sent with every request."""
ANSWER_TOKENS = 10.0
RULE = "default, a rule of thumb"


def alternatives(
    project: Project,
    dataset: Dataset,
    chosen: Rung,
    quality: float | None = None,
    rungs: tuple[Rung, ...] = (),
    higher: bool = True,
) -> tuple[Alternative, ...]:
    """Every [[alternative]] of the project beside the chosen candidate, whose own score is `quality`.

    Those that were asked stand among the trained `rungs`, with what was measured. Beside a chosen hosted model stands
    the best of our own; `higher` says whether more is better.
    """
    if chosen.cost is None:
        return ()
    trained = [rung for rung in rungs if rung.outcome == "trained" and rung is not chosen]
    if _is_remote(chosen):
        sign = 1.0 if higher else -1.0
        own_ones = [rung for rung in trained if not _is_remote(rung) and _value(rung) is not None]
        return tuple(_own_beside(max(own_ones, key=lambda rung: sign * (_value(rung) or 0.0)), chosen)
                     for _ in own_ones[:1])  # fmt: skip
    own = UnitFigures.of(chosen.cost.unit)
    found: list[Alternative] = []
    for number, named in enumerate(project.alternative, 1):
        asked = [_asked(rung, chosen, own) for rung in trained if _is_of(rung, named)]
        found += asked or [_beside(named, number, dataset, own, quality)]
    return tuple(found)


def _is_remote(rung: Rung) -> bool:
    return rung.measurement is not None and rung.measurement.remote


def _is_of(rung: Rung, named: Named) -> bool:
    """Whether a rung is this hosted model."""
    asked = rung.candidate
    return asked is not None and _is_remote(rung) and asked.setting("base_url") == named.base_url and (
        asked.setting("model") == named.model)


def _value(rung: Rung) -> float | None:
    return rung.evaluation.main.value if rung.evaluation else None


def _asked(rung: Rung, chosen: Rung, own: UnitFigures) -> Alternative:
    """A hosted model that was measured, beside the chosen model of our own."""
    assert rung.cost is not None
    volume = same_cost_volume(own, rung.cost.unit.usd_per_request.figure().to("usd/request"))
    values = {"name": rung.name, "score": _value(rung), "own_score": _value(chosen)}
    if volume is None:
        why = say("{name} costs less at every volume; on the validation rows it scores {score}, your model {own_score}",
                  **values)
    else:
        why = say("from {requests} requests a month on your own model costs no more, whole machines counted; on the "
                  "validation rows it scores {own_score}, {name} scores {score}", requests=volume, **values)
    return Alternative(name=rung.name, usd_per_1k=rung.cost.usd_per_1k, same_cost_at_requests_per_month=volume,
                       quality=_value(rung), why=MessageRecord.of(why))  # fmt: skip


def _own_beside(rung: Rung, chosen: Rung) -> Alternative:
    """The best model of our own, beside a hosted one that was chosen."""
    assert rung.cost is not None
    assert chosen.cost is not None
    each = chosen.cost.unit.usd_per_request.figure().to("usd/request")
    volume = same_cost_volume(UnitFigures.of(rung.cost.unit), each)
    values = {"name": rung.name, "score": _value(rung), "chosen": chosen.name, "chosen_score": _value(chosen)}
    if volume is None:
        why = say("{chosen} costs less at every volume; on the validation rows it scores {chosen_score}, {name} scores "
                  "{score}", **values)
    else:
        why = say("from {requests} requests a month on {name} costs no more than {chosen}, whole machines counted; on "
                  "the validation rows it scores {score}, {chosen} scores {chosen_score}", requests=volume, **values)
    return Alternative(name=rung.name, usd_per_1k=rung.cost.usd_per_1k, same_cost_at_requests_per_month=volume,
                       quality=_value(rung), why=MessageRecord.of(why))  # fmt: skip


def _beside(named: Named, number: int, dataset: Dataset, own: UnitFigures, quality: float | None) -> Alternative:
    each = usd_per_1k(named, number, dataset)
    if each is None:
        return Alternative(name=named.model, usd_per_1k=None, quality=named.quality,
                           why=MessageRecord.of(_why_not_priced(named, dataset)))
    volume = same_cost_volume(own, each.to("usd/request"))
    return Alternative(
        name=named.model,
        usd_per_1k=FigureRecord.of(each),
        same_cost_at_requests_per_month=volume,
        quality=named.quality,
        why=MessageRecord.of(_why(named, volume, quality)),
    )


def usd_per_1k(named: Named, number: int, dataset: Dataset) -> Figure | None:
    """Tokens in × price + tokens out × price, in usd/1k request; None when a part is not known: never 0."""
    table = f"alternative[{number}]"
    tokens_in, tokens_out = _input_tokens(named, table, dataset), _output_tokens(named, table)
    listed = hosted_named(named.model)
    price_in = _price(named, table, "input", listed)
    price_out = _price(named, table, "output", listed)
    if tokens_in is None or price_in is None or price_out is None:
        return None
    each = (tokens_in * price_in + tokens_out * price_out).counted_in("usd/1k request")
    return each.named(N_("price per 1,000 answers")) if each.value > 0 else None


def _input_tokens(named: Named, table: str, dataset: Dataset) -> Figure | None:
    """As stated; else the mean size of a row by a rule of thumb, and a prompt around it."""
    if named.input_tokens_per_request is not None:
        return assumption(named, "input_tokens_per_request", "token/request", N_("input tokens of a request"), table)
    rows = sum(dataset.rows.values())
    if not dataset.bytes or not rows:
        return None
    size = measured(dataset.bytes / rows, "byte/request", N_("mean size of a row"), "the data")
    prompt = assumed(PROMPT_TOKENS, "token/request", N_("tokens of the prompt around a row"), RULE)
    return size / assumed(BYTES_PER_TOKEN, "byte/token", N_("bytes of text a token"), RULE) + prompt


def _output_tokens(named: Named, table: str) -> Figure:
    if named.output_tokens_per_request is not None:
        return assumption(named, "output_tokens_per_request", "token/request", N_("output tokens of a request"), table)
    return assumed(ANSWER_TOKENS, "token/request", N_("tokens of an answer"), RULE)


def _price(named: Named, table: str, kind: str, listed: HostedModel | None) -> Figure | None:
    """The project's own quote, else the price table's."""
    name = N_("price of a million input tokens") if kind == "input" else N_("price of a million output tokens")
    if getattr(named, f"usd_per_1m_{kind}_tokens") is not None:
        return assumption(named, f"usd_per_1m_{kind}_tokens", "usd/1m token", name, table)
    if listed is None:
        return None
    usd = listed.usd_per_1m_input if kind == "input" else listed.usd_per_1m_output
    return published(usd, "usd/1m token", name, f"{listed.provider}/{listed.item}: {listed.source}", listed.date)


def _why(named: Named, volume: float | None, own_quality: float | None) -> Message:
    """What the comparison says; the quality is as stated, or assumed to be equal."""
    compared = named.quality is not None and own_quality is not None
    if volume is None and compared:
        return say("{name} costs less at every volume; you state a score of {score} for it, your model has {own_score}",
                   name=named.model, score=named.quality, own_score=own_quality)
    if volume is None:
        return say("{name} costs less at every volume, if it answers as well: no score is stated for it",
                   name=named.model)
    if compared:
        return say("from {requests} requests a month on your own model costs no more, whole machines counted; you "
                   "state a score of {score} for {name}, your model has {own_score}",
                   requests=volume, name=named.model, score=named.quality, own_score=own_quality)
    return say("from {requests} requests a month on your own model costs no more, whole machines counted, if {name} "
               "answers as well: no score is stated for it", requests=volume, name=named.model)


def _why_not_priced(named: Named, dataset: Dataset) -> Message:
    if _input_tokens(named, "alternative", dataset) is None:
        return say("not priced: give {name} its input_tokens_per_request", name=named.model)
    return say("not priced: {name} is in no price table; give usd_per_1m_input_tokens and usd_per_1m_output_tokens",
               name=named.model)
