"""A job is what crosses the wall to a worker: a JSON file and a folder; the result comes back the same way."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from breakeven.records.candidate import Candidate
from breakeven.records.curve import Curve
from breakeven.records.dataset import Dataset
from breakeven.records.measurement import Measurement
from breakeven.records.record import MessageRecord, Record
from breakeven.records.variant import Variant

JobKind = Literal["train", "score", "predict", "measure"]
"""score: predictions of the test rows of a dataset; predict: of any file."""


PROFILE = "profile"
"""The folder of traces in that of a job."""


class Limits(Record):
    """Hard limits, kept by the engine: wall seconds and resident bytes of the worker and its children.

    `aim` are the seconds in which training should be done; by default it is a little less than the limit. `usd` is
    what the job may pay to hosted models; the worker keeps it.
    """

    seconds: float
    bytes: int
    aim: float | None = None
    usd: float = 0.0


class Job(Record):
    """One piece of heavy work. Paths are absolute; everything the worker writes goes into `folder`."""

    kind: JobKind
    digest: str
    folder: str
    limits: Limits
    threads: int = 1
    seed: int = 0
    candidate: Candidate | None = None
    dataset: Dataset | None = None
    metric: str = ""
    """What tuning aims at."""
    data_folder: str = ""
    artifact: str = ""
    """The artifact folder to score, predict with or measure."""
    cache: str = ""
    """The folder that all jobs of a project share for what is dear to make again."""
    members: tuple[tuple[str, str], ...] = ()
    """For candidates made of others: (candidate name, folder of its training job)."""
    distributed: bool = False
    """Several processes may work on it together, as a process group of torch.distributed."""
    gpu: bool = False
    """It makes use of a GPU where there is one."""
    profile: bool = False
    """train: write traces of a few steps of each net's training into `profile/` of the folder."""
    stays: bool = False
    """It runs on the machine of the run itself, whatever engine trains the others."""
    source: str = ""
    """predict: the file to read."""
    target: str = ""
    """predict: the file to write."""


class Bill(Record):
    """What work took: wall seconds, processor seconds, peak resident bytes, money."""

    seconds: float
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    usd: float | None = None
    """A worker tells what it spent besides the time of its machine; the ladder adds that time's price."""
    outside_usd: float = 0.0
    """The part of it that went to others: the bills of hosted models."""
    machines: float = 1.0
    """How many machines of the price it had for these seconds: 0.5 of one shared with another job, 4 of four hosts."""


class Result(Record):
    """What came back from a worker. `values` are the job's own numbers by name."""

    digest: str
    outcome: Literal["done", "failed", "stopped", "refused", "skipped"]
    """skipped: what is left of the budget does not suffice for it."""
    reason: MessageRecord | None = None
    bill: Bill
    values: dict[str, float | int | str | bool | None] = Field(default_factory=dict)
    measurement: Measurement | None = None
    variants: tuple[Variant, ...] = ()
    """train: the forms of the artifact that were measured."""
    curves: tuple[Curve, ...] = ()
    """train: how each training of a net went."""
