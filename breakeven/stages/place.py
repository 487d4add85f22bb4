"""Where training happens: on which engine, and on what machine."""

from __future__ import annotations

import difflib

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.engines import ENGINES
from breakeven.engines.engine import Place
from breakeven.prices.tables import offer_named
from breakeven.records.project import Compute, Project

HERE = "here"
LOCAL = "local"


def engine_name(compute: Compute) -> str:
    """The engine that `train_on` names; a machine, like `here`, is trained on as if it were this one."""
    return compute.train_on if compute.train_on in engines() else LOCAL


def engines() -> tuple[str, ...]:
    """The engines that a project file may name."""
    return tuple(name for name in ENGINES.names() if name != LOCAL)


def training_place(compute: Compute) -> Place:
    """What training is priced by. Raises UsageError for a machine that is not in the price tables."""
    return ENGINES.get(engine_name(compute)).place(compute)  # type: ignore[no-any-return]


def check_compute(project: Project) -> None:
    """That engine and machines are known and the engine can work. Raises UsageError with the nearest names."""
    compute = project.compute
    if compute.serve_on != HERE:
        offer_named(compute.serve_on)
    if engine_name(compute) == LOCAL and compute.train_on != HERE:
        _check_machine(compute.train_on)
    if training_place(compute).machine != HERE:
        offer_named(training_place(compute).machine)
    ENGINES.get(engine_name(compute)).check(compute)


def _check_machine(name: str) -> None:
    """A machine of the price tables; a name that is nearer to an engine's is answered with that."""
    close = difflib.get_close_matches(name.strip().lower(), (HERE, *engines()), 1, 0.6)
    try:
        offer_named(name)
    except UsageError as fault:
        if not close:
            raise
        hint = say("did you mean {word}?", word=close[0])
        raise UsageError(fault.what, "compute.train_on", hint) from None
