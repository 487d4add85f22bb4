"""Another course of things: the project with some of its numbers changed, by their dotted keys.

`demand.requests_per_month = 5000` sets a number, `"*0.5"` multiplies it (both ends of a range); `team[1].count` is of
the first of a list, `team[*].count` of each that has the key. Two scenarios are always there: a competitor cuts
prices, and demand halves while hiring goes on as planned.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from breakeven.core.errors import ProjectError
from breakeven.core.words import N_, say
from breakeven.plan.demand import stated
from breakeven.records.money import Scenario
from breakeven.records.project import Project
from breakeven.records.quantity import Quantity
from breakeven.records.record import Record

PRICES = (
    "demand.price_per_1k_requests", "revenue[*].usd_per_1k_requests", "revenue[*].usd_per_1m_input_tokens",
    "revenue[*].usd_per_1m_output_tokens", "revenue[*].usd_per_seat_month", "revenue[*].usd_per_customer_month",
    "revenue[*].usd_per_licence", "revenue[*].usd",
)  # fmt: skip
VOLUMES = (
    "demand.requests_per_month", "customers.at_start", "customers.organic_per_month",
    "customers.word_of_mouth_per_month", "marketing[*].customers_per_1k_usd", "marketing[*].conversion",
    "revenue[*].free_users_at_start", "revenue[*].new_free_users_per_month", "revenue[*].usd",
)  # fmt: skip
BUILT_IN = (
    Scenario(name=N_("a competitor cuts prices by 30%"), changes=dict.fromkeys(PRICES, "*0.7")),
    Scenario(name=N_("demand halves, hiring as planned"), changes=dict.fromkeys(VOLUMES, "*0.5")),
)
STEP = re.compile(r"(?P<key>[^\[\]]+)(?:\[(?P<number>\d+|\*)\])?$")


def scenarios(project: Project) -> tuple[Scenario, ...]:
    """The scenarios of the project file, and those that are always there."""
    return (*project.scenario, *BUILT_IN)


def apply_scenario(project: Project, scenario: Scenario) -> Project:
    """The project as the scenario has it. Raises ProjectError for a key that the project cannot have."""
    project = project.model_copy(update={"demand": stated(project)})
    raw = project.model_dump(exclude_unset=True)
    for key, value in scenario.changes.items():
        _check_key(key, scenario.name)
        places = list(_places(raw, project, key.split(".")))
        if not places and "[*]" not in key:
            raise _fault(scenario.name, key, say("the project has no such entry"))
        for table, name, owner in places:
            if scenario not in BUILT_IN or _is_more_than_nothing(getattr(owner, name)):
                table[name] = _changed(value, owner, name, scenario.name, key)
    try:
        return Project.model_validate({key: table for key, table in raw.items() if table != {}})
    except ValidationError as fault:
        words = fault.errors(include_url=False)[0]
        key = ".".join(str(part) for part in words["loc"])
        raise _fault(scenario.name, key, say("{fault}", fault=words["msg"].removeprefix("Value error, "))) from None


def _is_more_than_nothing(value: Any) -> bool:
    return isinstance(value, Quantity) and bool(value.value)


def _fault(scenario: str, key: str, what: Any) -> ProjectError:
    return ProjectError(
        say("the scenario {name} cannot be: {key}: {fault}", name=scenario, key=key, fault=what),
        "breakeven.toml scenario", say('a scenario names keys as "demand.requests_per_month" or "team[1].count"'),
    )  # fmt: skip


def _check_key(key: str, scenario: str) -> None:
    """That every word of a dotted key is a key of the project file."""
    record: type[Record] | None = Project
    for step in key.split("."):
        match = STEP.match(step)
        word = match["key"] if match else step
        known = tuple(record.model_fields) if record else ()
        if word not in known:
            close = difflib.get_close_matches(word, known, 1, 0.5)
            hint = say("did you mean {word}?", word=close[0]) if close else say("known here: {names}", names=known)
            raise ProjectError(say("unknown key {key}", key=key), f"breakeven.toml scenario {scenario}", hint)
        record = _record_in(record.model_fields[word].annotation) if record else None


def _record_in(annotation: Any) -> type[Record] | None:
    """The record class of a table or of a list of tables."""
    if isinstance(annotation, type):
        return annotation if issubclass(annotation, Record) and annotation is not Quantity else None
    for inner in getattr(annotation, "__args__", ()):
        found = _record_in(inner)
        if found:
            return found
    return None


def _places(raw: dict[str, Any], owner: Any, steps: list[str]) -> Iterator[tuple[dict[str, Any], str, Any]]:
    """(raw table, key, its record) of everything that a dotted key names."""
    match = STEP.match(steps[0])
    if match is None or owner is None:
        return
    name, number = match["key"], match["number"]
    if len(steps) == 1:
        yield raw, name, owner
        return
    inner = getattr(owner, name)
    if not isinstance(inner, tuple):
        yield from _places(raw.setdefault(name, {}), inner, steps[1:])
        return
    raw[name] = tables = list(raw.get(name, ()))
    for index, (table, record) in enumerate(zip(tables, inner, strict=True), 1):
        if number in (None, "*") or int(number) == index:
            yield from _places(table, record, steps[1:])


def _changed(value: Any, owner: Any, name: str, scenario: str, key: str) -> Any:
    """The new value: as it stands, or the old one multiplied."""
    if not isinstance(value, str) or not value.strip().startswith("*"):
        return value
    try:
        times = float(value.strip()[1:])
    except ValueError:
        raise _fault(scenario, key, say("{word} is not a factor such as *0.5", word=value)) from None
    old = getattr(owner, name)
    if isinstance(old, Quantity):
        ends = {end: None if one is None else one * times for end, one in (("low", old.low), ("high", old.high))}
        return {"value": old.value * times, **ends}
    if isinstance(old, int | float) and not isinstance(old, bool):
        return old * times
    raise _fault(scenario, key, say("only a number can be multiplied"))
