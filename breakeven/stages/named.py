"""Which columns the project means: all it names must be there, and all that is wrong is told at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from breakeven.core.errors import DataError, ProjectError
from breakeven.core.words import Message, say
from breakeven.inputs.reader import ROW
from breakeven.records.dataset import Part
from breakeven.records.project import Data


@dataclass(frozen=True)
class Named:
    """The columns of a project by their use; `kept` are all that a dataset holds, each once."""

    inputs: tuple[str, ...]
    answer: str
    group: str | None
    time: str | None
    slices: tuple[str, ...]

    @property
    def kept(self) -> list[str]:
        others = (self.group, self.time)
        return list(dict.fromkeys([*self.inputs, self.answer, *self.slices, *(name for name in others if name)]))


def named_columns(data: Data, columns: Mapping[Part, list[str]], reads_answer: bool = False) -> Named:
    """The columns that `data` means. `columns` are those of each file that is given, training first; where models
    read the answer, it is the last of the inputs.

    Raises ProjectError; its `faults` are all columns that are missing or named for two things.
    """
    there = [name for name in columns["train"] if name != ROW]
    asked = _inputs(data, there)
    inputs = (*(name for name in asked if name != data.answer), data.answer) if reads_answer else asked
    clashes = _contradictions(data, inputs, reads_answer)
    faults = [*_missing(data, asked, there), *clashes, *_lacking(data, inputs, columns)]
    if faults:
        first = faults[0]
        raise ProjectError(first.what, first.where, first.hint, tuple(faults))
    return Named(inputs, data.answer, data.group, data.time, data.slices)


def _inputs(data: Data, there: list[str]) -> tuple[str, ...]:
    """What the project names, or all columns that it names for nothing else."""
    if data.input is not None:
        return (data.input,) if isinstance(data.input, str) else tuple(dict.fromkeys(data.input))
    taken = {data.answer, data.group, data.time, *data.drop}
    return tuple(name for name in there if name not in taken)


def _missing(data: Data, inputs: tuple[str, ...], there: list[str]) -> Iterator[DataError]:
    """Columns named in the project that the training file does not have."""
    named: list[tuple[str, str | None]] = [("data.input", name) for name in inputs]
    named += [("data.answer", data.answer), ("data.group", data.group), ("data.time", data.time)]
    named += [("data.slices", name) for name in data.slices]
    named += [("data.drop", name) for name in data.drop]
    for key, name in named:
        if name is not None and name not in there:
            yield DataError(
                say("there is no column {column} in {file}", column=name, file=data.train),
                key,
                _did_you_mean(name, there),
            )


def _contradictions(data: Data, inputs: tuple[str, ...], reads_answer: bool) -> Iterator[DataError]:
    if data.answer in inputs and not reads_answer:
        yield DataError(
            say("column {column} is the answer and an input", column=data.answer),
            "data.input",
            say("take it out of data.input: a model must not be given the answer"),
        )
    if data.answer in data.drop:
        yield DataError(
            say("column {column} is the answer and dropped", column=data.answer), "data.drop", say("take it out there")
        )
    for name in data.drop:
        if data.input is not None and name in inputs:
            yield DataError(
                say("column {column} is an input and dropped", column=name), "data.drop", say("take it out of one")
            )
    if not inputs:
        yield DataError(
            say("no input column is left"), "data.drop", say("a model needs at least one column to answer from")
        )


def _lacking(data: Data, inputs: tuple[str, ...], columns: Mapping[Part, list[str]]) -> Iterator[DataError]:
    """Columns that the training file has and another file lacks; that they all lack has been told."""
    there = columns["train"]
    for part, names in columns.items():
        for name in dict.fromkeys((*inputs, data.answer)) if part != "train" else ():
            if name in there and name not in names:
                yield DataError(
                    say("there is no column {column} in {file}, as there is in the training file",
                        column=name, file=getattr(data, part)),
                    f"data.{part}",
                    _did_you_mean(name, [other for other in names if other not in there]),
                )


def _did_you_mean(name: str, there: list[str]) -> Message:
    there = [other for other in there if other != ROW]
    by_case = [other for other in there if other.casefold() == name.casefold()]
    close = by_case or difflib.get_close_matches(name, there, 1, 0.5)
    if close:
        return say("did you mean {word}?", word=close[0])
    return say("its columns are: {names}", names=there[:20]) if there else say("add the column to the file")
