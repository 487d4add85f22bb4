"""What a release costs, the energy it takes and the weights it began from, as its card tells them."""

from __future__ import annotations

import re
from pathlib import Path

from breakeven.core.words import Message, say
from breakeven.models.pretrained import SHORTLIST
from breakeven.models.weights import find_weights
from breakeven.prices.power import Power, Range, machine_power
from breakeven.records.measurement import Measurement
from breakeven.records.project import Project
from breakeven.records.record import FigureRecord
from breakeven.records.run import Rung
from breakeven.stages.place import HERE

PROVENANCES = {"assumed": say("assumed"), "published": say("published"), "measured": say("measured")}
PRETRAINED = ("encoder", "model", "weights")
"""Settings of candidates that name pretrained weights."""
LICENCE = re.compile(r"^license:\s*[\"']?([\w .+-]+)", re.MULTILINE)
"""How the head of a published model's card states it."""
MONTH_HOURS = 730.0


def costs(rung: Rung) -> list[Message]:
    """Training and answering, each amount with where it comes from."""
    found = []
    if rung.bill is not None:
        found.append(say("Training took {seconds} (measured) and {bytes} of memory.", seconds=rung.bill.seconds,
                         bytes=rung.bill.peak_bytes))  # fmt: skip
    if rung.cost is not None:
        found += [
            say("Training cost {usd}: {origin}.", usd=rung.cost.train_usd.figure().to("usd"),
                origin=_origin(rung.cost.train_usd)),
            say("1,000 answers cost {usd}, at the stated demand: {origin}.", origin=_origin(rung.cost.usd_per_1k),
                usd=rung.cost.usd_per_1k.figure().to("usd/1k request")),
            say("The machine: {priced}.", priced=rung.cost.priced_as.message()),
        ]  # fmt: skip
    return [*found, *_answering(rung.measurement)] or [say("not known")]


def _answering(found: Measurement | None) -> list[Message]:
    if found is None:
        return []
    place = found.machine.processor or found.machine.name
    return [
        say("Answering, measured on {machine}: half of the answers within {p50_ms}, 95% within {p95_ms}, {rate} a "
            "second from one process that holds {bytes}.", machine=place, p50_ms=found.p50_ms, p95_ms=found.p95_ms,
            rate=found.requests_per_second, bytes=found.peak_bytes),
    ]  # fmt: skip


def _origin(figure: FigureRecord) -> Message:
    """`published (AWS price list, 2026-11-20)`; the provenance is that of the weakest part."""
    sources = tuple(f"{title}, {date}" if date else title for title, date in figure.sources)
    provenance = PROVENANCES[figure.provenance.value]
    if not sources:
        return provenance
    return say("{provenance} ({sources})", provenance=provenance, sources=sources)


# --- energy ----------------------------------------------------------------------------------------------------


def energy(rung: Rung, project: Project) -> list[Message]:
    """Of training and of 1,000 answers at the stated demand: power of the machine × hours; not known stays so."""
    found = rung.measurement
    if found is None or found.remote:
        return [say("Not known: a hosted model answers, and its provider does not tell.")]
    power = machine_power(found.machine, project.owned)
    if power is None:
        return [say("Not known: nobody has stated what a {gpu} draws.", gpu=found.machine.gpu)]
    method = say("Method: published power of the machine, at rest and at work × hours × PUE of the building "
                 "({low} to {high}). Power: {source}. Nothing of it was measured.",
                 low=power.pue[0], high=power.pue[2], source=power.source)  # fmt: skip
    return [_training_energy(rung, project, power), *_answer_energy(rung, project, found, power), method]


def _training_energy(rung: Rung, project: Project, power: Power) -> Message:
    if rung.bill is None or project.compute.train_on != HERE:
        return say("Training: not known, for it ran on another machine.")
    return say("Training: {range} kWh.", range=_kwh(power.of_work(rung.bill.seconds, rung.bill.machines)))


def _answer_energy(rung: Rung, project: Project, found: Measurement, power: Power) -> list[Message]:
    """1,000 answers: the whole machines of a month, at rest and at work, shared among its answers."""
    asked = project.demand.requests_per_month.value
    if not asked or rung.cost is None or project.compute.serve_on != HERE:
        return [say("Answering: not known, without a demand on a machine that is known.")]
    machines = max(1, rung.cost.machines)
    work = asked / found.requests_per_second / (3600 * MONTH_HOURS * machines * max(1, found.machine.cores))
    low, middle, high = (kwh / asked * 1000 for kwh in power.of_time(MONTH_HOURS, min(1.0, work), machines))
    return [say("1,000 answers: {range} kWh at the stated demand, {share} of the machine at work.",
                range=_kwh((low, middle, high)), share=min(1.0, work))]  # fmt: skip


def _kwh(values: Range) -> Message:
    return say("{middle} ({low} to {high})", low=values[0], middle=values[1], high=values[2])


# --- weights ---------------------------------------------------------------------------------------------------


def weights(rung: Rung, folder: Path) -> list[Message]:
    """The pretrained weights that the model began from, with their licence where it is known."""
    if rung.candidate is None or (rung.measurement is not None and rung.measurement.remote):
        return [say("A hosted model answers; its weights and their licence are its provider's.")]
    named = [str(value) for name in PRETRAINED if (value := rung.candidate.setting(name))]
    found = [say("{name}: {licence}.", name=name, licence=_licence(name, folder)) for name in named]
    if rung.candidate.needs:
        found.append(say("It was made of other candidates of the run: {names}.", names=rung.candidate.needs))
    return found or [say("None: it learned from the data of the project alone.")]


def _licence(name: str, folder: Path) -> Message:
    card = next((known for known in SHORTLIST if known.name == name), None)
    if card is not None:
        return say("licence {licence}, as its model card states", licence=card.licence)
    kept = find_weights(name, folder)
    page = kept.folder / "README.md" if kept else None
    told = LICENCE.search(page.read_text(encoding="utf-8", errors="replace")) if page and page.is_file() else None
    if told:
        return say("licence {licence}, as its model card states", licence=told.group(1).strip())
    return say("licence not known: look it up before you sell answers")


