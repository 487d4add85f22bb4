"""A numbered release: an artifact that was chosen, with its test score; its manifest is what loading verifies."""

from __future__ import annotations

from breakeven.records.cost import CandidateCost
from breakeven.records.dataset import Column
from breakeven.records.evaluation import Evaluation
from breakeven.records.job import Bill
from breakeven.records.measurement import Measurement
from breakeven.records.record import Record


class FileDigest(Record):
    """A file of a release: its path below the release's folder, its size and its SHA-256."""

    path: str
    bytes: int
    sha256: str


class Release(Record):
    """`releases/N/release.json`; the artifact lies beside it, each file with its digest. It is what is signed."""

    number: int
    candidate: str
    run: str
    path: str
    files: tuple[tuple[str, str], ...]
    """(path below the artifact, SHA-256)."""
    test: Evaluation
    test_opened: int
    """How many times the test rows of this dataset have been opened so far."""
    created: str
    manifest: tuple[FileDigest, ...] = ()
    """Every file of the release's folder but `release.json` itself; empty for releases of older versions."""
    golden: int = 0
    """Rows of golden.jsonl whose answers in golden_answers.jsonl the artifact must give again before it serves."""
    dataset: str = ""
    """The digest of the rows that it was trained on."""
    project: str = ""
    """The digest of the project file's contents."""
    parent: int | None = None
    """The release that it followed as the current one."""
    train_usd: float | None = None
    """What training it cost."""
    task: str = ""
    inputs: tuple[Column, ...] = ()
    """What it takes: the input columns, in the order of training."""
    output: str = ""
    """What it gives: the name of the output's contract, and of what the answer is."""
    answer: str = ""
    labels: tuple[str, ...] = ()
    """The classes in their fixed order, for an output that has classes."""
    bill: Bill | None = None
    """What training it took."""
    measurement: Measurement | None = None
    """What answering with it took when it was measured."""
    cost: CandidateCost | None = None
