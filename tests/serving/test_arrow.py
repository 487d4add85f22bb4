"""Rows as an Arrow stream: the same answers as by JSON, the same guard, and no bytes that make the server fail."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest

from tests.serving.servers import Server
from tests.serving.test_answers import rows_of

KIND = "application/vnd.apache.arrow.stream"


def stream(table: pa.Table, **options: Any) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def send(found: Server, body: bytes) -> httpx.Response:
    return httpx.post(f"{found.url}/v1/predict", content=body, headers={"content-type": KIND}, timeout=60)


def refused(found: Server, table: pa.Table, **options: Any) -> str:
    reply = send(found, stream(table, **options))
    assert reply.status_code == 422, reply.content
    return str(reply.json()["error"]["message"])


@pytest.mark.parametrize("kind", ["released", "table"])
def test_answers_are_those_of_json(kind: str, request: pytest.FixtureRequest) -> None:
    found: Server = request.getfixturevalue("running" if kind == "released" else "running_table")
    rows = rows_of(request.getfixturevalue(kind))
    reply = send(found, stream(pa.Table.from_pylist(rows)))
    assert reply.headers["content-type"] == KIND
    answers = pa.ipc.open_stream(reply.content).read_all()
    assert answers.schema.metadata == {b"release": b"1"}
    assert len(set(answers.column("id").to_pylist())) == len(rows)
    for given, plain in zip(answers.to_pylist(), found.ask(*rows).json()["outputs"], strict=True):
        assert given["label"] == plain["label"]
        assert {f"score_{name}": value for name, value in plain["scores"].items()} == pytest.approx(
            {name: value for name, value in given.items() if name.startswith("score_")}, abs=1e-9)  # fmt: skip


def test_numbers_may_come_as_numbers_and_categories_as_dictionaries(running_table: Server, table: Path) -> None:
    plain = pa.Table.from_pylist(rows_of(table))
    typed = pa.table({name: _typed(plain.column(name)) for name in plain.column_names})
    kinds = {str(field.type) for field in typed.schema}
    assert "double" in kinds
    assert any("dictionary" in kind for kind in kinds)
    first, second = (pa.ipc.open_stream(send(running_table, stream(one)).content).read_all() for one in (plain, typed))
    assert first.drop_columns(["id"]).equals(second.drop_columns(["id"]))


def _typed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return pa.chunked_array([pa.array([float(cell) if cell else None for cell in column.to_pylist()])])
    except ValueError:
        return column.dictionary_encode()


def test_more_rows_than_json_takes(running: Server) -> None:
    table = pa.table({"message": [f"blue sea {number}" for number in range(3_000)]})
    assert pa.ipc.open_stream(send(running, stream(table)).content).read_all().num_rows == 3_000
    assert "1 to 20000 rows" in refused(running, pa.table({"message": ["a"] * 20_001}))
    assert "1 to 20000 rows" in refused(running, table.slice(0, 0))


def test_a_wrong_table_is_refused_by_its_column(running: Server, running_table: Server, table: Path) -> None:
    rows = pa.Table.from_pylist(rows_of(table))
    number = next(name for name in rows.column_names if pa.types.is_floating(_typed(rows.column(name)).type))
    place = rows.column_names.index(number)
    assert number in refused(running_table, rows.drop_columns([number]))
    assert "more" in refused(running_table, rows.append_column("more", rows.column(0)))
    for wrong in (pa.array([[1]] * rows.num_rows), pa.array([b"x"] * rows.num_rows), pa.nulls(rows.num_rows)):
        assert f"$.{number}" in refused(running_table, rows.set_column(place, number, wrong))
    for value in (float("nan"), float("inf")):
        assert "not finite" in refused(running_table, rows.set_column(place, number, pa.array([value] * rows.num_rows)))
    assert "longer than" in refused(running, pa.table({"message": ["a" * 100_001]}))
    twice = pa.Table.from_arrays([pa.array(["a"])] * 2, names=["message", "message"])
    assert "twice" in refused(running, twice)
    assert "user" in refused(running, pa.table({"message": ["a"]}).replace_schema_metadata({"user": "u" * 201}))


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
def test_compressed_bodies_are_refused_before_they_are_unpacked(running: Server, codec: str) -> None:
    bomb = pa.table({"message": ["a" * 50_000] * 2_000})
    body = stream(bomb, compression=codec)
    assert len(body) < 1_000_000
    assert "compressed" in refused(running, bomb, compression=codec)
    assert "compressed" in refused(running, pa.table({"message": ["a" * 50_000]}).select(["message"]).cast(
        pa.schema([("message", pa.dictionary(pa.int32(), pa.string()))])), compression=codec)  # fmt: skip


def test_a_dictionary_that_would_unpack_large_is_refused(running: Server) -> None:
    bomb = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), pa.array(["a" * 50_000]))
    assert "larger than 16000000 bytes" in refused(running, pa.table({"message": bomb}))


def test_a_large_body_is_refused_unread(running: Server) -> None:
    head = f"POST /v1/predict HTTP/1.1\r\nhost: x\r\ncontent-type: {KIND}\r\ncontent-length: 16000001\r\n\r\n"
    assert running.raw(head.encode()).startswith(b"HTTP/1.1 413")


def test_no_bytes_make_the_server_fail(running: Server, running_table: Server, table: Path) -> None:
    chance = random.Random(5)
    valid = [(running, stream(pa.table({"message": ["blue sea", None, ""]}))),
             (running_table, stream(pa.Table.from_pylist(rows_of(table)[:5]))),
             (running, stream(pa.table({"message": pa.array(["a", "b", "a"]).dictionary_encode()})))]  # fmt: skip
    before = [found.children() for found in (running, running_table)]
    with httpx.Client() as client:
        for _ in range(900):
            found, body = chance.choice(valid)
            reply = client.post(f"{found.url}/v1/predict", content=damaged(body, chance),
                                headers={"content-type": KIND}, timeout=30)  # fmt: skip
            assert reply.status_code in (200, 422), reply.content
    assert [found.children() for found in (running, running_table)] == before


def damaged(body: bytes, chance: random.Random) -> bytes:
    """A stream with some bytes changed, cut off, doubled or put elsewhere."""
    content = bytearray(body)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(max(1, len(content)))
        match chance.randrange(5):
            case 0:
                content[place : place + 1] = bytes([chance.randrange(256)])
            case 1:
                del content[place:]
            case 2:
                content[place : place + 4] = chance.choice([b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", bytes(4)])
            case 3:
                content[place:place] = content[: chance.randrange(64)]
            case 4:
                content[place : place + 8] = chance.randrange(1 << 64).to_bytes(8, "little")
    return bytes(content)
