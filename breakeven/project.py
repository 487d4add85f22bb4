"""Reading `breakeven.toml`: strict, all faults at once, each with its line and a did-you-mean."""

from __future__ import annotations

import difflib
import re
import tomllib
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from breakeven.core.errors import ProjectError
from breakeven.core.words import Message, say
from breakeven.records.monitoring import MonitorSettings
from breakeven.records.project import Project

FILE = "breakeven.toml"
Place = tuple[str | int, ...]


def project_file(path: Path) -> Path:
    """The project file of a folder, or the file itself. Raises ProjectError when there is none."""
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise ProjectError(
            say("there is no project file"),
            str(file),
            say('go to a folder with a {file}, or make one with "breakeven init my-project"', file=FILE),
        )
    return file


def read_project(path: Path) -> Project:
    """The project of a folder or a project file. Raises ProjectError; its `faults` are all that was found."""
    file = project_file(path)
    text = _text(file)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise ProjectError(*_toml_fault(fault, file)) from None
    faults = _faults(raw, text, file)
    if faults:
        first = faults[0]
        raise ProjectError(first.what, first.where, first.hint, tuple(faults))
    return Project.model_validate(raw)


def read_monitoring(file: Path) -> tuple[str, MonitorSettings]:
    """The product's name and the table [monitor], whatever is wrong with the other tables; defaults without a file.

    A server that starts again must not stumble over a figure of the plan. Raises ProjectError.
    """
    if not file.is_file():
        return "", MonitorSettings()
    text = _text(file)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise ProjectError(*_toml_fault(fault, file)) from None
    product = raw.get("product")
    name = str(product.get("name", "")) if isinstance(product, dict) else ""
    try:
        return name, MonitorSettings.model_validate(raw.get("monitor", {}))
    except ValidationError:
        faults = [fault for fault in _faults(raw, text, file) if " monitor" in str(fault.where)]
        raise ProjectError(faults[0].what, faults[0].where, faults[0].hint, tuple(faults)) from None


def needs_data(project: Project, file: Path) -> Project:
    """The project, if it says what to learn from. Raises ProjectError for one that is only planned so far."""
    if not project.data.train:
        raise ProjectError(
            say("the project has no data yet"), f"{file} data.train",
            say('add [data] with train = "rows.csv" and answer = "its column"; "breakeven plan" needs none'),
        )
    if not project.product.task:
        raise ProjectError(
            say("the key {key} is missing", key="task"),
            f"{file} product.task",
            say("add it to [{table}]", table="product"),
        )
    return project


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ProjectError(
            say("the project file is not UTF-8"), str(file), say("save it as UTF-8 in your editor")
        ) from None
    except OSError as fault:
        raise ProjectError(
            say("the project file cannot be read: {fault}", fault=fault.strerror), str(file), say("check its rights")
        ) from None


def _toml_fault(fault: tomllib.TOMLDecodeError, file: Path) -> tuple[Message, str, Message]:
    words, _, place = str(fault).partition(" (at ")
    line = re.search(r"line (\d+)", place)
    return (
        say("the project file is not valid TOML: {fault}", fault=words),
        f"{file}:{line.group(1)}" if line else str(file),
        say('text stands in "quotes", a table is [named], a list is [1, 2]'),
    )


def _faults(raw: dict[str, Any], text: str, file: Path) -> list[ProjectError]:
    """What the record says of the raw tables, in the order of the lines."""
    try:
        Project.model_validate(raw)
    except ValidationError as fault:
        lines = _lines(text)
        found = [_fault(error, lines, file) for error in fault.errors(include_url=False)]
        unique = {(str(error.what), str(error.where)): (line, error) for line, error in found}
        return [error for _, error in sorted(unique.values(), key=lambda pair: pair[0])]
    return []


def _fault(error: Any, lines: dict[Place, int], file: Path) -> tuple[int, ProjectError]:
    place = _place(error["loc"])
    line = _line(place, lines)
    key = ".".join(str(part) for part in place)
    where = f"{file}:{line} {key}" if line else f"{file} {key}"
    kind = error["type"]
    if kind == "extra_forbidden":
        what = say("unknown key {key}", key=place[-1])
        hint = _did_you_mean(str(place[-1]), _known_keys(place[:-1]))
    elif kind == "missing":
        what = say("the key {key} is missing", key=place[-1])
        hint = say("add it to [{table}]", table=".".join(str(part) for part in place[:-1])) if place[:-1] else say(
            "add the table [{table}]", table=place[-1]
        )
    else:
        what = say("{key} is wrong: {fault}", key=key, fault=error["msg"].removeprefix("Value error, "))
        hint = say("docs/project.md tells what each key takes")
    return line, ProjectError(what, where, hint)


def _place(location: tuple[str | int, ...]) -> Place:
    """A location without its tail that only pydantic knows: names of union branches, fields of a quantity."""
    place: Place = ()
    for part in location:
        inside_a_table = len(place) < 2 or isinstance(place[-1], int)
        if not inside_a_table and isinstance(part, str) and part not in _known_keys(place):
            break
        place = (*place, part)
    return place


def _line(place: Place, lines: dict[Place, int]) -> int:
    """The line of a key, or of the nearest table around it; 0 when it is nowhere."""
    while place:
        if place in lines:
            return lines[place]
        place = place[:-1]
    return 0


def places(file: Path) -> Callable[[str, int, str], str]:
    """(table, position in it, key) → `file:line table.position.key`, for faults that are found later."""
    lines = _lines(_text(file))

    def where(table: str, position: int, key: str) -> str:
        line = _line((table, position, key), lines)
        return f"{file}:{line} {table}.{position}.{key}" if line else f"{file} {table}.{position}.{key}"

    return where


def _did_you_mean(word: str, known: tuple[str, ...]) -> Message:
    close = difflib.get_close_matches(word, known, 1, 0.5)
    if close:
        return say("did you mean {word}?", word=close[0])
    return say("known here: {names}", names=known)


def _known_keys(place: Place) -> tuple[str, ...]:
    """The keys that the table at `place` may have."""
    record: type[BaseModel] | None = Project
    for part in place:
        if isinstance(part, str):
            field = record.model_fields.get(part) if record else None
            record = _record_in(field.annotation) if field else None
    return tuple(record.model_fields) if record else ()


def _record_in(annotation: Any) -> type[BaseModel] | None:
    """The record class inside an annotation such as `tuple[Role, ...]` or `Target | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (tuple, list, Union, types.UnionType):
        found = (_record_in(inner) for inner in get_args(annotation))
        return next((record for record in found if record), None)
    return None


HEADING = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
KEY = re.compile(r"""^\s*("[^"]*"|'[^']*'|[A-Za-z0-9_.-]+)\s*=""")


def _lines(text: str) -> dict[Place, int]:
    """The line of each table heading and key. tomllib keeps no lines, so we look for them ourselves."""
    found: dict[Place, int] = {}
    counts: dict[tuple[str, ...], int] = {}
    table: Place = ()
    for number, line in enumerate(text.splitlines(), 1):
        if heading := HEADING.match(line):
            names = tuple(part.strip().strip("\"'") for part in heading.group(2).split("."))
            table = names
            if heading.group(1) == "[[":
                table = (*names, counts.get(names, 0))
                counts[names] = counts.get(names, 0) + 1
            found.setdefault(table, number)
        elif key := KEY.match(line):
            names = tuple(part.strip().strip("\"'") for part in key.group(1).split("."))
            found.setdefault((*table, *names), number)
    return found
