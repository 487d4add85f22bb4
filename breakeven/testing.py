"""The contracts as programs: `check_model`, `check_input`, `check_output`, `check_engine`, and toy rows.

Our own tests run them on every part; whoever writes a part of his own runs the same.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from breakeven.engines.engine import Engine
from breakeven.inputs import INPUTS
from breakeven.inputs.input import Input
from breakeven.models import MODELS
from breakeven.models.measure import folder_bytes
from breakeven.models.model import Declined, Member, Model, Trained, Work
from breakeven.models.wallet import Wallet
from breakeven.outputs import OUTPUTS
from breakeven.outputs.output import Output
from breakeven.records.artifact import Artifact
from breakeven.records.candidate import Candidate, Refusal
from breakeven.records.dataset import Dataset
from breakeven.records.job import Job, Limits
from breakeven.records.means import Means
from breakeven.records.task import Task

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

PICKLED = (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".npy", ".npz")
TOY_ROWS = 120
NO_MEANS = Means()
"""A project that names no pretrained and no hosted model."""

TOY_TASKS = tuple(
    Task(name=f"toy-{i}-{o}", input=i, output=o, metric=metric)
    for i in ("text", "row")
    for o, metric in (("label", "accuracy"), ("number", "rmse"), ("text", "bits_per_byte"))
    if (i, o) != ("row", "text")
)
"""Every supported pair of input and output, named as a task that no project has."""


def toy_rows(task: Task, rows: int = TOY_ROWS, seed: int = 0) -> tuple[pa.Table, list[str]]:
    """Rows that hold a pattern, with an empty cell here and there, and their answers as text."""
    import numpy as np
    import pyarrow as pa

    random = np.random.default_rng(seed)
    kinds = random.integers(0, 3, rows)
    if task.input == "text":
        words = (("invoice paid twice", "账单 重复 扣款"), ("parcel late", "快递 迟到"), ("app crash", "应用 闪退"))
        texts = [f"{words[k][int(random.integers(0, 2))]} {random.choice(['please', 'today', '谢谢', 'now'])} {i % 7}"
                 for i, k in enumerate(kinds)]
        columns: dict[str, list[str | None]] = {"message": [None if i % 37 == 36 else t for i, t in enumerate(texts)]}
    else:
        columns = {
            "size": [None if i % 41 == 40 else f"{k * 2 + random.normal():.3f}" for i, k in enumerate(kinds)],
            "home": [("rent", "own", "other")[k] if random.random() < 0.8 else "rent" for k in kinds],
            "since": [f"2025-{int(random.integers(1, 13)):02d}-15" for _ in kinds],
        }
    answers = [{"label": ("billing", "delivery", "technical")[k], "number": f"{k + random.normal() / 9:.3f}",
                "text": f"we will look into it {'!' * k}"}[task.output] for k in kinds]
    if OUTPUTS.get(task.output).reads_answer:
        columns["answer"] = list(answers)
    return pa.table({name: pa.array(cells, pa.large_string()) for name, cells in columns.items()}), answers


def toy_work(
    task: Task, candidate: Candidate, folder: Path, seconds: float = 20.0, members: tuple[Member, ...] = ()
) -> Work:
    """A training job on toy rows with three folds."""
    import numpy as np

    rows, answers = toy_rows(task)
    output: Output = OUTPUTS.get(task.output)
    input_: Input = INPUTS.get(task.input)
    labels = output.labels(answers)
    places = np.arange(len(answers))
    folds = tuple((places[places % 3 != k], places[places % 3 == k]) for k in range(3))
    return Work(
        candidate=candidate,
        dataset=toy_dataset(task, rows, labels),
        task=task,
        input=input_,
        output=output,
        metric=output.metrics()[task.metric],
        rows=rows,
        target=output.encode(answers, labels),
        folds=folds,
        artifact=folder,
        deadline=time.monotonic() + seconds,
        threads=1,
        members=members,
        cache=folder.parent / "cache",
        wallet=Wallet(1.0),
    )


def toy_dataset(task: Task, rows: pa.Table, labels: tuple[str, ...]) -> Dataset:
    """The record of toy rows."""
    return Dataset(
        digest="toy",
        folder="",
        task=task.name,
        columns=INPUTS.get(task.input).columns(rows, tuple(rows.column_names)),
        answer="answer",
        labels=labels,
        rows={"train": rows.num_rows, "validation": 0, "test": 0},
        folds=3,
        split="random",
        bytes=rows.nbytes,
    )


# --- models --------------------------------------------------------------------------------------------------


def check_model(model: Model, means: Means | None = None, seconds: float = 20.0) -> dict[str, str]:
    """Hold a family to its contract on every toy task whose kind of answer it gives: train, save, load, predict the
    same; or refuse by name.

    `means` name the weights or hosted models that it takes part with; each training gets `seconds`. Returns what it did
    with each pair: `trained`, or why it refused. Raises AssertionError with what is wrong.
    """
    done: dict[str, str] = {}
    for task in (task for task in TOY_TASKS if task.output in model.outputs):
        rows, answers = toy_rows(task)
        dataset = toy_dataset(task, rows, OUTPUTS.get(task.output).labels(answers))
        proposed = model.propose(dataset, task, means or NO_MEANS)
        if isinstance(proposed, Refusal):
            assert proposed.family == model.name, "a refusal names its own family"
            assert str(proposed.why), "a refusal says why"
            done[task.name] = str(proposed.why)
            continue
        assert proposed, "propose gives at least one candidate, or a Refusal"
        for candidate in proposed:
            assert candidate.family == model.tag, f"a candidate's family is {model.tag}"
            done[task.name] = _check_candidate(model, task, candidate, seconds)
    return done


def _check_candidate(model: Model, task: Task, candidate: Candidate, seconds: float) -> str:
    with tempfile.TemporaryDirectory() as place:
        members = _members(task, Path(place)) if candidate.needs else ()
        work = toy_work(task, candidate, Path(place) / "artifact", seconds, members)
        work.artifact.mkdir()
        try:
            trained = model.train(work)
        except Declined as declined:
            return str(declined.what)
        _check_predictions(work, trained)
        _check_loading(model, work)
    return "trained"


def _members(task: Task, place: Path) -> tuple[Member, ...]:
    """The families that stand alone, trained on the same rows, for a candidate that is made of others."""
    found = []
    for model in MODELS.all():
        rows, answers = toy_rows(task)
        proposed = model.offer(toy_dataset(task, rows, OUTPUTS.get(task.output).labels(answers)), task, NO_MEANS)
        for candidate in () if isinstance(proposed, Refusal) else proposed:
            if not candidate.needs:
                work = toy_work(task, candidate, place / candidate.name)
                work.artifact.mkdir()
                trained = model.train(work)
                artifact = _artifact(work, model.tag)
                (work.artifact / "artifact.json").write_text(artifact.model_dump_json(), encoding="utf-8")
                found.append(Member(candidate.name, work.artifact, trained.predictions))
    return tuple(found)


def _check_predictions(work: Work, trained: Trained) -> None:
    import numpy as np

    width = work.output.width(work.dataset.labels)
    assert trained.predictions.shape == (len(work.scored), width), "one out-of-sample prediction a scored row"
    assert np.isfinite(trained.predictions).all(), "predictions are finite"
    if work.dataset.labels:
        assert np.allclose(trained.predictions.sum(axis=1), 1.0, atol=1e-3), "probabilities sum to one"


def _artifact(work: Work, tag: str) -> Artifact:
    return Artifact(
        family=tag,
        task=work.task.name,
        input=work.task.input,
        output=work.task.output,
        columns=work.dataset.columns,
        answer="answer",
        labels=work.dataset.labels,
    )


def _check_loading(model: Model, work: Work) -> None:
    """Loaded twice it answers the same, one row or many, and rows it has never seen the like of."""
    import numpy as np
    import pyarrow as pa

    assert not [f for f in work.artifact.rglob("*") if f.suffix in PICKLED], "an artifact holds no pickle"
    assert 0 < folder_bytes(work.artifact) < 30_000_000, "an artifact has files, and under 30 MB"
    artifact = _artifact(work, model.tag)
    first, second = model.load(work.artifact, artifact), model.load(work.artifact, artifact)
    many = first.predict(work.rows)
    assert np.array_equal(many, second.predict(work.rows)), "loaded twice, it answers the same"
    alone = np.concatenate([second.predict(work.rows.slice(i, 1)) for i in range(8)])
    assert np.allclose(many[:8], alone, atol=1e-5), "an answer does not depend on its neighbours"
    cells = pa.array([None, "\u0000☃ 99x", "龘" * 500], pa.large_string())
    strange = pa.table(dict.fromkeys(work.rows.column_names, cells))
    answers = first.predict(strange)
    assert answers.shape == (3, many.shape[1]), "rows never seen the like of get an answer"
    assert np.isfinite(answers).all(), "rows never seen the like of get a finite answer"
    assert first.predict(work.rows.slice(0, 0)).shape == (0, many.shape[1]), "no rows, no answers"


# --- inputs, outputs, engines --------------------------------------------------------------------------------


def check_input(input_: Input) -> None:
    """Columns get kinds, rows can be shown, and every view is the same after saving and loading."""
    import numpy as np

    task = next(task for task in TOY_TASKS if task.input == input_.name and task.output == "label")
    rows, answers = toy_rows(task)
    columns = input_.columns(rows, tuple(rows.column_names))
    assert tuple(column.name for column in columns) == tuple(rows.column_names)
    assert all(len(input_.show(row)) <= 250 for row in rows.slice(0, 50).to_pylist())
    output: Output = OUTPUTS.get("label")
    target = output.encode(answers, output.labels(answers))
    for name, kind in input_.views().items():
        assert kind.name == name, "a view is offered under its own name"
        with tempfile.TemporaryDirectory() as place:
            view = input_.view(name, columns)
            fitted = view.fit(rows, target)
            view.save(Path(place))
            again = kind.load(Path(place))
        for matrix in (view.transform(rows), again.transform(rows)):
            assert _dense(matrix).shape == _dense(fitted).shape
            assert np.array_equal(_dense(matrix), _dense(view.transform(rows)), equal_nan=name != "texts")


def _dense(matrix: Any) -> np.ndarray:
    import numpy as np

    return matrix.toarray() if hasattr(matrix, "toarray") else np.asarray(matrix)  # type: ignore[no-any-return]


def check_output(output: Output) -> None:
    """Answers survive coding and decoding; every metric is best for the truth itself."""
    import numpy as np

    task = next(task for task in TOY_TASKS if task.output == output.name)
    _, answers = toy_rows(task)
    labels = output.labels(answers)
    truth = output.encode(answers, labels)
    perfect = output.ideal(truth, labels)
    assert output.decode(perfect, labels).num_rows == len(answers)
    assert not output.wrong(truth, perfect).any(), "the truth is not wrong"
    shuffled = np.roll(perfect, 1, axis=0) if perfect.std(axis=0).any() else perfect + 1.0
    for metric in (each for each in output.metrics().values() if each.aim):
        best, worse = metric.score(truth, perfect, None), metric.score(truth, shuffled, None)
        assert best >= worse if metric.higher else best <= worse, f"{metric.name} prefers the truth"


def check_engine(engine: Engine) -> None:
    """The engine runs the worker, brings its result, and stops it at its limit of time."""
    task = next(task for task in TOY_TASKS if task.input == "row" and task.output == "label")
    with tempfile.TemporaryDirectory() as place:
        candidate = Candidate(name=task.name, family="baseline/1", cost_rank=0)
        job = Job(kind="measure", digest="toy", folder=place, limits=Limits(seconds=30, bytes=1 << 33),
                  candidate=candidate, artifact=place, data_folder=place)
        result = engine.run(job, lambda progress: None)
        assert result.outcome == "failed", "an artifact that is not there is a failure, not an error of the engine"
        assert result.reason is not None
        short = job.model_copy(update={"limits": Limits(seconds=0.01, bytes=1 << 33)})
        stopped = engine.run(short, lambda progress: None)
        assert stopped.outcome == "stopped", "past its seconds a worker is ended"
