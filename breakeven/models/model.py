"""The contract of a model family: one file that reads what it is, `propose`, `train`, `load`.

`propose` is light and pure and runs in the main process; `train` is heavy and runs in the worker, under hard
limits; `load` gives a `Predictor` that needs nothing but the artifact folder.

How training is scored. `Work.folds` holds pairs of row numbers (fit, score). A family tunes itself on them and
returns its predictions of the scored rows, each made by a model that had not seen the row. The artifact that it
writes may be fitted again on all rows of `Work.rows` with the chosen settings. Test rows never come here.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

from breakeven.core.errors import BreakevenError
from breakeven.core.words import Message, say
from breakeven.inputs.input import Input
from breakeven.models.wallet import Wallet
from breakeven.outputs.output import Metric, Output
from breakeven.records.artifact import Artifact
from breakeven.records.candidate import Candidate, Refusal
from breakeven.records.curve import Curve
from breakeven.records.dataset import Dataset
from breakeven.records.means import Means
from breakeven.records.record import MessageRecord
from breakeven.records.task import Task
from breakeven.records.variant import Variant

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from breakeven.inputs.values import Values
    from breakeven.models.writing import TokenWriter


ANSWER_THREADS = "BREAKEVEN_ANSWER_THREADS"
"""The variable of a serving process that has measured that several threads make its answers quicker."""


def answer_threads() -> int:
    """How many threads an answer may use where the library takes them from us: 1, if nothing else was found."""
    return int(os.environ.get(ANSWER_THREADS, "1"))


class Declined(BreakevenError):
    """A family found while training that it has nothing to give (a blend that gains nothing)."""


class Predictor(Protocol):
    """What answers: rows in, predictions (n, width) out. Safe to call from one thread at a time."""

    def predict(self, rows: pa.Table) -> np.ndarray: ...


@runtime_checkable
class Quick(Protocol):
    """A predictor that also takes rows as values of JSON, and answers a single one sooner for it; the same answers."""

    def predict_values(self, values: Values) -> np.ndarray: ...


def values_predictor(predictor: Predictor) -> Callable[[Values], np.ndarray]:
    """How a predictor answers values: by its own short way where it has one."""
    if isinstance(predictor, Quick):
        return predictor.predict_values
    return lambda values: predictor.predict(values.table())


@runtime_checkable
class Billed(Protocol):
    """A predictor whose answers cost money, each about `usd_per_request`, priced as `usd_source` says.

    `remote` says that no machine of ours has a part in answering. `spend` names the wallet that pays, and a folder
    where replies are kept and found again (None: every reply is new).
    """

    usd_per_request: float | None
    usd_source: str
    remote: bool

    def spend(self, wallet: Wallet, cache: Path | None) -> None: ...


@runtime_checkable
class Writer(Protocol):
    """A predictor that also writes: a text for each row, or piece by piece for one prompt.

    `write` answers each row's prompt, or goes on with its text, in its own measure of length. `stream` yields the
    text as it comes; what it yields together is the answer, and the same seed gives the same one. `temperature` 0
    always takes the most probable token; `top_p` keeps the most probable tokens that have this share together.
    """

    def write(self, rows: pa.Table) -> list[str]: ...

    def stream(
        self, prompt: str, max_tokens: int = 256, temperature: float = 0.8, top_p: float = 1.0, seed: int = 0
    ) -> Iterator[str]: ...


@dataclass(frozen=True)
class Member:
    """A candidate that was trained before: its name, artifact folder, out-of-sample predictions (scored rows in
    the order of `Work.scored`) and the milliseconds one answer took there."""

    name: str
    artifact: Path
    predictions: np.ndarray


@dataclass
class Work:
    """All that `train` gets. `artifact` is the folder to write into; nothing else may be written."""

    candidate: Candidate
    dataset: Dataset
    task: Task
    input: Input
    output: Output
    metric: Metric
    rows: pa.Table
    """All rows that may be fitted: training rows, then validation rows; input columns only."""
    target: np.ndarray
    """Their answers (n,), encoded by `output`."""
    folds: tuple[tuple[np.ndarray, np.ndarray], ...]
    artifact: Path
    deadline: float
    """`time.monotonic()` by which `train` should return; past it the engine stops the process."""
    threads: int = 1
    seed: int = 0
    members: tuple[Member, ...] = ()
    cache: Path | None = None
    """A folder that runs of a project share, for what is dear to make again and named by its content."""
    unlabelled: pa.Table | None = None
    """Rows that the project has without answers; input columns only."""
    profile: Path | None = None
    """A folder for traces of the training of nets; None where none are wanted."""
    wallet: Wallet = field(default_factory=lambda: Wallet(0.0))
    """The dollars that may be paid to hosted models; what it pays is told by itself, and no part of `Trained.usd`."""
    progress: Callable[[float, float | None], None] = field(default=lambda share, score: None)
    """Call with (share of the work done 0..1, best validation value so far or None)."""
    foresee: Callable[[float, int | None], None] = field(default=lambda seconds, size: None)
    """Call once, as soon as it is known, with (seconds that training will take, peak bytes or None)."""

    @property
    def scored(self) -> np.ndarray:
        """The numbers of the rows that are scored out of sample, ascending."""
        import numpy as np

        return np.sort(np.concatenate([score for _, score in self.folds]))

    def trace_file(self, name: str) -> Path | None:
        """Where the trace of one training goes, if any is wanted."""
        return self.profile / f"{name.replace(' ', '-')}.json" if self.profile else None

    def seconds_left(self) -> float:
        return max(0.0, self.deadline - monotonic())


@dataclass(frozen=True)
class Trained:
    """What `train` returns; the artifact lies in `Work.artifact`.

    `predictions` (len(scored), width) are out of sample, in the order of `Work.scored`. `train_value` is the
    metric on the rows that a scored model was fitted on (for the over-fitting gap), None if not known.
    `settings` are those that were chosen, for the record. `cut_short` says that the time did not suffice for all
    that the family would have tried. `variants` are the forms of the artifact that were measured (plain, int8,
    pruned …), the kept one among them. `usd` is money spent besides the machine's time (a hosted model's bill).
    `curves` tell how the trainings of nets went.
    """

    predictions: np.ndarray
    train_value: float | None = None
    settings: dict[str, str | int | float | bool | None] = field(default_factory=dict)
    cut_short: bool = False
    variants: tuple[Variant, ...] = ()
    usd: float = 0.0
    curves: tuple[Curve, ...] = ()


class Model(ABC):
    """A family of models. The file name is its name; `version` is that of its artifacts."""

    name: ClassVar[str]
    version: ClassVar[int] = 1
    distributed: ClassVar[bool] = False
    """Whether `train` can be one of several processes. They find each other by the environment (RANK, WORLD_SIZE,
    MASTER_ADDR, MASTER_PORT); all get the same work, each an artifact folder of its own, and that of rank 0 is kept.
    """
    gpu: ClassVar[bool] = False
    """Whether `train` makes use of a GPU where there is one."""
    outputs: ClassVar[tuple[str, ...]] = ("label", "number")
    """What it can answer with; of a task that asks for anything else it is not asked."""

    @property
    def tag(self) -> str:
        """What artifacts say: `linear/1`."""
        return f"{self.name}/{self.version}"

    @abstractmethod
    def describe(self) -> Message:
        """What it is, in a sentence."""

    def offer(self, dataset: Dataset, task: Task, means: Means) -> tuple[Candidate, ...] | Refusal:
        """What it proposes, or a Refusal where it cannot answer with what the task asks for."""
        if task.output in self.outputs:
            return self.propose(dataset, task, means)
        why = say("it does not answer with what this task asks for ({output})", output=task.output)
        return Refusal(family=self.name, why=MessageRecord.of(why))

    @abstractmethod
    def propose(self, dataset: Dataset, task: Task, means: Means) -> tuple[Candidate, ...] | Refusal:
        """The candidates for a dataset, or why there is none. Light: no numpy, no torch, no reading of rows."""

    @abstractmethod
    def train(self, work: Work) -> Trained:
        """Tune on the folds, fit, write the artifact. Raises Declined when there is nothing to give."""

    def checkpoint(self, folder: Path) -> Path | None:
        """The part of an artifact that other programs read as a model of the transformers library; None without."""
        return None

    def prompts(self, folder: Path) -> TokenWriter:
        """What makes prompts for a `checkpoint` that another program loads; it does not load the weights."""
        raise NotImplementedError

    @abstractmethod
    def load(self, folder: Path, artifact: Artifact) -> Predictor:
        """The predictor of an artifact folder; reads every version up to its own."""
