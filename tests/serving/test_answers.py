"""Answers over HTTP are those of the release in this process, alone or in a batch with strangers."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from breakeven.inputs.reader import read_table
from breakeven.models.artifact import load_artifact
from breakeven.outputs import OUTPUTS
from tests.serving.servers import Server, server

TOLERANCE = 1e-9


def rows_of(project: Path) -> list[dict[str, str | None]]:
    table = read_table(project / "rows.csv")
    names = [name for name in table.column_names if name != "answer" and name[0] != "_"]
    return table.select(names).to_pylist()


def in_process(project: Path) -> list[dict[str, Any]]:
    """The answers to every row, asked for one at a time."""
    artifact, predictor = load_artifact(project / ".breakeven" / "releases" / "1" / "artifact")
    rows = read_table(project / "rows.csv").select([column.name for column in artifact.columns])
    output = OUTPUTS.get(artifact.output)
    return [output.answers(predictor.predict(rows.slice(n, 1)), artifact.labels)[0] for n in range(rows.num_rows)]


@pytest.mark.parametrize("kind", ["released", "table"])
def test_answers_in_company_are_those_given_alone(kind: str, request: pytest.FixtureRequest) -> None:
    project = request.getfixturevalue(kind)
    found: Server = request.getfixturevalue("running" if kind == "released" else "running_table")
    rows, expected = rows_of(project), in_process(project)
    chance = random.Random(4)
    asked = [[chance.randrange(len(rows)) for _ in range(chance.randint(1, 5))] for _ in range(150)]
    with httpx.Client(limits=httpx.Limits(max_connections=32)) as client, ThreadPoolExecutor(32) as crowd:
        def ask(numbers: list[int]) -> httpx.Response:
            return client.post(f"{found.url}/v1/predict", json={"inputs": [rows[n] for n in numbers]}, timeout=60)

        for numbers, reply in zip(asked, crowd.map(ask, asked), strict=True):
            assert reply.status_code == 200, reply.text
            assert reply.json()["release"] == 1
            for number, answer in zip(numbers, reply.json()["outputs"], strict=True):
                assert answer["label"] == expected[number]["label"]
                assert answer["scores"] == pytest.approx(expected[number]["scores"], abs=TOLERANCE)


def test_numbers_may_be_written_as_numbers(running_table: Server, table: Path) -> None:
    row = rows_of(table)[0]
    typed = {name: _number(value) for name, value in row.items()}
    assert any(isinstance(value, float) for value in typed.values())
    plain, numbers = running_table.ask(row).json(), running_table.ask(typed).json()
    assert numbers["outputs"][0]["scores"] == pytest.approx(plain["outputs"][0]["scores"], abs=1e-6)


def _number(text: str | None) -> str | float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return text


def test_a_text_may_come_as_it_is_or_by_its_name(running: Server, released: Path) -> None:
    name = next(iter(rows_of(released)[0]))
    plain, named = (running.ask(text).json()["outputs"][0] for text in ("blue sea", {name: "blue sea"}))
    assert plain.pop("id") != named.pop("id")
    assert plain == named


def test_the_page_of_the_release_describes_what_it_takes_and_gives(running_table: Server, table: Path) -> None:
    page = httpx.get(f"{running_table.url}/openapi.json").json()
    schemas = page["components"]["schemas"]
    assert set(schemas["Input"]["required"]) == set(rows_of(table)[0])
    assert schemas["Input"]["additionalProperties"] is False
    answers = page["paths"]["/v1/predict"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answers == {"$ref": "#/components/schemas/Answers"}
    assert schemas["Answers"]["properties"]["outputs"]["items"]["required"] == ["label", "confidence", "scores", "id"]


def test_several_processes_count_together(released: Path) -> None:
    with server(released, "--processes", "2") as found:
        assert len(found.children()) == 2
        for _ in range(20):
            assert found.ask("a", connection="close").status_code == 200
        text = httpx.get(f"{found.url}/metrics").text
        assert "breakeven_rows_total 20.0" in text
