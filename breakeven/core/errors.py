"""What stops us. Mistakes in the user's data are values (`Finding`); errors are for what cannot go on.

    BreakevenError            1   our own fault
    ├── UsageError            2   wrong input or use
    │   ├── ProjectError      2   the project file
    │   ├── DataError         2   a data file or its contents
    │   └── ModelError        2   an artifact that cannot be used
    ├── StorageError          2   the disk is full, the folder cannot be written
    └── LimitReached          4   stopped by the budget or a limit; what was done is kept

Every error has three parts, shown as three lines: what, where, what to do.
"""

from __future__ import annotations

from breakeven.core.words import Message, say


class BreakevenError(Exception):
    """An error with its three lines; `exit_code` is what the command line ends with.

    `faults` are all that was found, each an error of its own, where more than one thing is wrong at once.
    """

    exit_code = 1

    def __init__(
        self,
        what: Message,
        where: Message | str = "",
        hint: Message | str = "",
        faults: tuple[BreakevenError, ...] = (),
    ) -> None:
        super().__init__(str(what))
        self.what = what
        self.faults = faults
        self.where = where if isinstance(where, Message) else say("{place}", place=where)
        self.hint = hint if isinstance(hint, Message) else say("{hint}", hint=hint)

    def lines(self) -> tuple[Message, Message, Message]:
        """What happened, where, and what to do about it."""
        return self.what, self.where, self.hint


class UsageError(BreakevenError):
    """The command, the project file or the data is not what it should be."""

    exit_code = 2


class ProjectError(UsageError):
    """The project file holds faults."""


class DataError(UsageError):
    """A data file that cannot be read, or whose contents block the run."""


class ModelError(UsageError):
    """An artifact that is missing, damaged or of an unknown family."""


class StorageError(BreakevenError):
    """The run folder cannot be written."""

    exit_code = 2


class LimitReached(BreakevenError):
    """A limit of time, memory or money stopped the work; what was finished is kept."""

    exit_code = 4
