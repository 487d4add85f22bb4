"""Curves for TensorBoard and MLflow: the files hold what the run holds, as the tools' own formats say."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from breakeven.core.errors import UsageError
from breakeven.records.curve import Curve, Look, Point
from breakeven.records.job import Bill, Result
from breakeven.records.run import Run
from breakeven.stages.export import export_run, series_of
from breakeven.stages.tensorboard_events import crc32c
from breakeven.store import Store
from tests.interfaces import build

CURVE = Curve(
    name="fold 1",
    points=tuple(Point(step=step, seconds=2.0 * step, tokens=100 * step, loss=1 / step, learning_rate=0.1)
                 for step in (1, 2, 300)),
    looks=(Look(step=2, loss=0.75),),
)  # fmt: skip


@pytest.fixture
def held(tmp_path: Path) -> tuple[Store, Run]:
    """A run whose chosen rung has a net's curve."""
    store, run = Store(tmp_path), build.support_run()
    rungs = tuple(rung.model_copy(update={"folder": f"jobs/{rung.name}"}) if rung.outcome == "trained" else rung
                  for rung in run.rungs)  # fmt: skip
    for rung in rungs:
        if rung.outcome == "trained":
            curves = (CURVE,) if rung.name == "linear" else ()
            result = Result(digest="x", outcome="done", bill=Bill(seconds=1.0), values={"steps": 300}, curves=curves)
            store.write(result, store.folder / rung.folder / "result.json")
    return store, run.model_copy(update={"rungs": rungs})


def records(content: bytes) -> Iterator[bytes]:
    """The messages of a TFRecord file, their checksums verified."""
    place = 0
    while place < len(content):
        (length,) = struct.unpack_from("<Q", content, place)
        message = content[place + 12 : place + 12 + length]
        for part, told in ((content[place : place + 8], place + 8), (message, place + 12 + length)):
            crc = crc32c(part)
            masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
            assert struct.unpack_from("<I", content, told)[0] == masked
        yield message
        place += 16 + length


def test_the_checksum_is_the_standard_one() -> None:
    assert crc32c(b"123456789") == 0xE3069283  # the check value of CRC-32C
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, appendix B.4


def test_event_files_hold_every_point(held: tuple[Store, Run], tmp_path: Path) -> None:
    trained = [rung.name for rung in held[1].rungs if rung.outcome == "trained"]
    assert export_run(*held, "tensorboard", tmp_path / "tb") == len(trained) + 1
    (file,) = (tmp_path / "tb" / "linear" / "fold 1").glob("events.out.tfevents.*")
    messages = list(records(file.read_bytes()))
    assert b"brain.Event:2" in messages[0]
    wanted = [(series.name, *point) for series in series_of(CURVE) for point in series.points]
    assert len(messages) == 1 + len(wanted) == 1 + 3 + 3 + 2 + 1
    for message, (name, step, _, value) in zip(messages[1:], wanted, strict=True):
        assert name.encode() in message
        assert message[-4:] == struct.pack("<f", value)
        assert (b"\x10\xac\x02" if step == 300 else bytes([0x10, step])) in message


def test_tensorboard_itself_reads_them(held: tuple[Store, Run], tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    export_run(*held, "tensorboard", tmp_path)
    events = accumulator.EventAccumulator(str(tmp_path / "linear" / "fold 1"))
    events.Reload()
    assert set(events.Tags()["scalars"]) == {series.name for series in series_of(CURVE)}
    assert [(each.step, each.value) for each in events.Scalars("train/loss")] == [
        (1, 1.0), (2, 0.5), (300, pytest.approx(1 / 300)),
    ]  # fmt: skip


def test_the_file_store_of_mlflow(held: tuple[Store, Run], tmp_path: Path) -> None:
    out = tmp_path / "mlruns"
    export_run(*held, "mlflow", out)
    export_run(*held, "mlflow", out)  # the same again replaces itself
    trained = [rung.name for rung in held[1].rungs if rung.outcome == "trained"]
    folders = [folder for folder in out.glob("*/*") if folder.is_dir()]
    runs = {(folder / "tags" / "mlflow.runName").read_text(): folder for folder in folders}
    assert set(runs) == {*trained, "linear/fold 1"}
    lines = (runs["linear/fold 1"] / "metrics" / "train" / "loss").read_text().splitlines()
    times, values, steps = zip(*(line.split() for line in lines), strict=True)
    assert [float(value) for value in values] == [1.0, 0.5, 1 / 300]
    assert list(steps) == ["1", "2", "300"]
    assert int(times[1]) - int(times[0]) == 2000
    assert (runs["linear"] / "params" / "steps").read_text() == "300"
    assert "status: 3" in (runs["linear"] / "meta.yaml").read_text()


def test_mlflow_itself_reads_them(held: tuple[Store, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mlflow")
    from mlflow.tracking import MlflowClient

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    export_run(*held, "mlflow", tmp_path / "mlruns")
    client = MlflowClient(tracking_uri=(tmp_path / "mlruns").as_uri())
    experiment = client.get_experiment_by_name(held[1].project.product.name)
    assert experiment is not None
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    assert runs["linear/fold 1"].data.metrics["train/loss"] == pytest.approx(1 / 300)
    assert len(client.get_metric_history(runs["linear/fold 1"].info.run_id, "train/loss")) == 3
    assert runs["linear"].data.params["steps"] == "300"


def test_an_unknown_tool_is_answered_with_the_known_ones(held: tuple[Store, Run], tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        export_run(*held, "excel", tmp_path)
    assert "mlflow" in str(caught.value.lines()[2])


def test_a_curve_tells_its_rate() -> None:
    assert [CURVE.tokens_per_second(place) for place in range(3)] == [None, 50.0, 50.0]
