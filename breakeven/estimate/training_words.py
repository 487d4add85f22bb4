"""A training as people write it on a command line: `7B`, `tp=8,pp=16`, `tokens_per_second=12000`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from breakeven.core.errors import DataError, UsageError
from breakeven.core.words import say
from breakeven.estimate.chips import chip_named
from breakeven.estimate.layout import Asked
from breakeven.estimate.shape import Shape
from breakeven.estimate.size import parse_size
from breakeven.estimate.train import TrainingEstimate, estimate_training
from breakeven.estimate.training_rows import recompute_named, zero_named
from breakeven.estimate.training_spec import TODAY, TrainingSpec

LAYOUT_KEYS = ("tp", "pp", "dp", "cp", "ep", "chunks", "zero", "recompute", "micro", "batch")
MOST_DEVICES = 1 << 17


def spec_of_words(*, params: str | None, active: str | None, model: str | None, config: Path | None,
                  tokens: float | None, gpu: str | None, gpus: int | None, sequence: float | None, precision: str,
                  layout: str | None, batch: float | None, usd_per_hour: float | None, measured: str | None,
                  year: float | None) -> TrainingSpec:
    """The training that the options describe. Raises UsageError."""
    if not gpu:
        raise UsageError(say("no device is told"), "--gpu",
                         say("name a chip of the table, such as A100-80GB or H100"))
    for name, value in (("--tokens", tokens), ("--gpus", gpus), ("--sequence", sequence), ("--batch", batch),
                        ("--usd-per-hour", usd_per_hour), ("--year", year)):
        _refuse_no_amount(name, value)
    shape = shape_of_words(model, config)
    if not (params or shape):
        raise UsageError(say("the size of the model is not told"), "--params",
                         say("give its parameters (7B), its name, its config.json, or its layers and width"))
    return TrainingSpec(
        chip=chip_named(gpu), name=model or "", shape=shape,
        family="vision" if shape and shape.kind == "vision" else "language",
        params=parse_size(params) if params else None, active=parse_size(active) if active else None,
        tokens=tokens, chips=gpus, sequence=sequence or _patches(shape), precision=precision, year=year or TODAY,
        asked=replace(asked_of_words(layout or ""), batch=batch), usd_per_hour=usd_per_hour,
        measured_tokens_per_second=measured_of_words(measured),
    )  # fmt: skip


def _refuse_no_amount(name: str, value: float | None) -> None:
    if value is not None and not 0 < value < float("inf"):
        raise UsageError(say("{name} must be a positive number, not {text}", name=name, text=str(value)), name,
                         say("leave it out where it is not known"))


def _patches(shape: Shape | None) -> float | None:
    """Rows of a vision model are its patches."""
    return float(shape.positions) if shape and shape.kind == "vision" and shape.positions else None


def shape_of_words(model: str | None, config: Path | None) -> Shape | None:
    """The published shape of a name, or that of a config.json."""
    if config:
        return _shape_of_file(config)
    if not model:
        return None
    from breakeven.estimate.published import published_shape

    found = published_shape(model)
    if found is None:
        raise UsageError(say("there is no published shape of {name}", name=model), "--model",
                         say("give --params, or its config.json with --config"))
    return found


def _shape_of_file(path: Path) -> Shape:
    from breakeven.estimate.config import shape_of_config

    try:
        return shape_of_config(json.loads(path.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError) as error:
        raise DataError(say("{file} cannot be read as JSON", file=path.name), str(path),
                        say("give the config.json of a model")) from error


def asked_of_words(text: str) -> Asked:
    """The layout written as `tp=8,pp=16,zero=1,recompute=full,micro=1`. Raises UsageError."""
    told = {}
    for part in filter(None, text.replace(" ", "").split(",")):
        key, sign, value = part.partition("=")
        if not sign or key not in LAYOUT_KEYS:
            raise UsageError(say("{part} is no part of a layout", part=part), "--layout",
                             say("known: {names}", names=LAYOUT_KEYS))
        told[key] = value
    numbers = {key: _positive(told[key], key) for key in told if key not in ("recompute", "zero")}
    again = recompute_named(told["recompute"]) if "recompute" in told else None
    return Asked(
        **{key: int(numbers[key]) for key in ("tp", "pp", "dp", "cp", "ep", "chunks") if key in numbers},
        zero=zero_named(told["zero"])[0] if "zero" in told else None, recompute=again,
        micro_batch=numbers.get("micro"), batch=numbers.get("batch"),
    )  # fmt: skip


def _positive(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1 <= value < float("inf"):
        raise UsageError(say("{name} must be a whole number of at least 1, not {text}", name=name, text=text),
                         "--layout", say("write it as tp=8,pp=16"))
    return value


def measured_of_words(text: str | None) -> float | None:
    """`tokens_per_second=12000` as a number. Raises UsageError."""
    if not text:
        return None
    key, _, value = text.partition("=")
    if key.strip() != "tokens_per_second":
        raise UsageError(say("{text} is no measurement that is known", text=text), "--measured",
                         say("write it as tokens_per_second=12000, of all devices together"))
    return _positive(value, key)


def _if_it_fits(spec: TrainingSpec) -> TrainingEstimate | None:
    """The estimate, or None where so few devices cannot hold the model."""
    try:
        return estimate_training(spec)
    except UsageError:
        return None


def answer(spec: TrainingSpec, deadline_days: float | None) -> TrainingEstimate:
    """The estimate; with a deadline and no number of devices, on the fewest that keep it."""
    if not deadline_days or spec.chips:
        return estimate_training(spec)
    devices = 1
    while devices <= MOST_DEVICES:
        found = _if_it_fits(replace(spec, chips=devices))
        if found and found.days.value <= deadline_days:
            return found
        devices *= 2
    raise UsageError(say("{count} devices do not keep the deadline of {days} days", count=MOST_DEVICES,
                         days=deadline_days), "--deadline-days", say("give more days, a faster chip or fewer tokens"))
