"""Errors as people and programs see them: three lines each, or one JSON record."""

from __future__ import annotations

import sys
import tempfile
import traceback
from typing import Any

import typer

from breakeven.core.errors import BreakevenError, LimitReached, UsageError
from breakeven.core.words import Message, say
from breakeven.interfaces.cli.options import print_json
from breakeven.interfaces.terminal.text import safe
from breakeven.interfaces.words import Voice


def as_fault(error: BaseException) -> BreakevenError:
    """Any exception as an error with three lines; a fault of ours keeps its traceback in a file."""
    if isinstance(error, BreakevenError):
        return error
    if hasattr(error, "format_message"):
        return _usage(error)
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return LimitReached(
            say("stopped by hand before there was a result"),
            say("what was finished is kept"),
            say("give the same command again: it goes on where it stopped"),
        )
    return _ours(error)


def _usage(error: Any) -> UsageError:
    """A command line that cannot be understood."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "breakeven"
    return UsageError(_usage_words(error), path, say('"{command} --help" tells what it takes', command=path))


def _usage_words(error: Any) -> Message:
    """What was wrong, by the names of the parser's own errors."""
    kind = type(error).__name__
    parameter = getattr(error, "param", None)
    name = _shown(parameter) if parameter else getattr(error, "option_name", None)
    if kind == "NoSuchOption" and error.possibilities:
        return say("there is no option {name}; did you mean {names}?", name=name, names=sorted(error.possibilities))
    if kind == "NoSuchOption":
        return say("there is no option {name}", name=name)
    if kind == "MissingParameter" and name:
        return say("{name} is missing", name=name)
    if kind == "BadParameter" and name:
        return say("{name} is wrong: {fault}", name=name, fault=error.message)
    if kind == "BadOptionUsage":
        return say("the option {name} needs a value", name=name)
    return say("the command cannot be understood: {fault}", fault=error.format_message())


def _shown(parameter: Any) -> str:
    """How people write a parameter: its longest option, or the name of the argument in capitals."""
    return max(parameter.opts, key=len) if parameter.param_type_name == "option" else str(parameter.name).upper()


def _ours(error: BaseException) -> BreakevenError:
    """A bug: people are told so, and the traceback goes to a file for those who mend it."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="breakeven-error-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exception(error, file=file)
    return BreakevenError(
        say("this is our fault: {fault}", fault=type(error).__name__),
        say("the details are in {file}", file=file.name),
        say("please report it with that file; look first that it holds nothing private"),
    )


def faults_of(fault: BreakevenError) -> tuple[BreakevenError, ...]:
    """All faults that were found at once, or the one there is."""
    return getattr(fault, "faults", ()) or (fault,)


def print_fault(fault: BreakevenError, voice: Voice) -> None:
    """Three lines a fault on standard error."""
    for one in faults_of(fault):
        what, where, hint = (safe(voice(line)).replace("\n", " ") for line in one.lines())
        print(voice.say("error: {what}", what=what), file=sys.stderr)
        print(voice.say("  at {where}", where=where or "breakeven"), file=sys.stderr)
        print(voice.say("hint: {hint}", hint=hint or voice.say("none is known")), file=sys.stderr)


def print_fault_json(fault: BreakevenError) -> None:
    """The error as a record; of several faults the first is `error` and all are `faults`."""
    found = [dict(zip(("what", "where", "hint"), map(str, one.lines()), strict=True)) for one in faults_of(fault)]
    print_json({"error": found[0]} | ({"faults": found} if len(found) > 1 else {}))
