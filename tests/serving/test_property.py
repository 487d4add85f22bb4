"""Whatever is asked, alone or with strangers, by JSON or Arrow: the answer is that of the release asked alone, here."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import breakeven
from breakeven.models.artifact import load_artifact
from breakeven.outputs import OUTPUTS
from breakeven.serving.limits import Limits
from breakeven.serving.reading import RequestReader
from tests.road.projects import make_project
from tests.serving.servers import Server, server
from tests.serving.test_arrow import KIND, stream

TOLERANCE = 1e-9
"""A sum over a batch may be added in another order than a sum over a row; labels are the same, bit by bit."""
STRANGERS = 6


@dataclass
class Both:
    """A server, and the same release in this process."""

    found: Server
    artifact: Any
    predictor: Any
    clients: ThreadPoolExecutor
    client: httpx.Client

    def alone(self, row: Any) -> dict[str, Any]:
        """The answer to a row that is asked for alone, in this process."""
        table = self.table([row])
        return dict(OUTPUTS.get(self.artifact.output).answers(self.predictor.predict(table), self.artifact.labels)[0])

    def table(self, rows: list[Any]) -> pa.Table:
        body = httpx.Request("POST", "http://x", json={"inputs": rows}).content
        read, _ = RequestReader(self.artifact, Limits()).rows(body)
        return read if isinstance(read, pa.Table) else read.table()

    def by_json(self, rows: list[Any]) -> list[dict[str, Any]]:
        reply = self.client.post(f"{self.found.url}/v1/predict", json={"inputs": rows})
        assert reply.status_code == 200, reply.text
        return list(reply.json()["outputs"])

    def by_arrow(self, rows: list[Any]) -> list[dict[str, Any]]:
        reply = self.client.post(f"{self.found.url}/v1/predict", content=stream(self.table(rows)),
                                 headers={"content-type": KIND})  # fmt: skip
        assert reply.status_code == 200, reply.text
        flat = pa.ipc.open_stream(reply.content).read_all().to_pylist()
        return [nested(one) for one in flat]


def nested(row: dict[str, Any]) -> dict[str, Any]:
    """An answer of a stream in the form of JSON."""
    scores = {name.removeprefix("score_"): value for name, value in row.items() if name.startswith("score_")}
    return {name: value for name, value in row.items() if not name.startswith("score_")} | (
        {"scores": scores} if scores else {})  # fmt: skip


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose answer is a number, with one release."""
    project = make_project(tmp_path_factory.mktemp("numbers") / "p", task="regression", target="")
    breakeven.run(project, only=("baseline", "linear"))
    return project


@pytest.fixture(scope="module", params=["released", "table", "numbers"])
def both(request: pytest.FixtureRequest) -> Iterator[Both]:
    project: Path = request.getfixturevalue(request.param)
    artifact, predictor = load_artifact(project / ".breakeven" / "releases" / "1" / "artifact")
    with (server(project, "--processes", "1") as found, ThreadPoolExecutor(STRANGERS) as clients,
          httpx.Client(timeout=60) as client):  # fmt: skip
        yield Both(found, artifact, predictor, clients, client)


def cells(kind: str, levels: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """What a cell of a kind may hold."""
    text = st.text(st.characters(codec="utf-8"), max_size=60)
    of_kind = {
        "text": text | st.sampled_from(["my card was charged twice", "包裹 没有 到", " ", "a\u0000b"]),
        "number": st.none() | st.integers(-(10**12), 10**12) | st.floats(-1e12, 1e12) | st.just(""),
        "category": st.none() | st.sampled_from(levels or ("a",)) | text | st.booleans() | st.integers(0, 5),
        "date": st.none() | st.dates().map(str),
    }
    return of_kind[kind]


def rows_for(artifact: Any) -> st.SearchStrategy[Any]:
    columns = {column.name: cells(column.kind, column.levels) for column in artifact.columns}
    return st.fixed_dictionaries(columns)


@settings(max_examples=25, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_answers_with_strangers_are_those_given_alone(both: Both, data: st.DataObject) -> None:
    row = rows_for(both.artifact)
    asked = data.draw(st.lists(st.lists(row, min_size=1, max_size=7), min_size=1, max_size=STRANGERS))
    arrow = data.draw(st.lists(st.booleans(), min_size=len(asked), max_size=len(asked)))
    ways = [both.by_arrow if one else both.by_json for one in arrow]
    replies = list(both.clients.map(lambda way, rows: way(rows), ways, asked))
    for rows, outputs in zip(asked, replies, strict=True):
        for one, answer in zip(rows, outputs, strict=True):
            expected = both.alone(one)
            assert isinstance(answer.pop("id"), str)
            assert answer.keys() == expected.keys()
            for name, value in expected.items():
                assert answer[name] == (value if isinstance(value, str) else pytest.approx(value, abs=TOLERANCE,
                                                                                           rel=TOLERANCE))  # fmt: skip
