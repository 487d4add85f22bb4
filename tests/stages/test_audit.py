"""The audit from files on the disk: what it finds, what it keeps, and what it says to bad input."""

from __future__ import annotations

import gzip
import itertools
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from breakeven.core.errors import DataError, ProjectError, StorageError
from breakeven.inputs.parts import read_part
from breakeven.project import read_project
from breakeven.records.audit import Audit
from breakeven.stages.audit import audit
from breakeven.store import Store

Write = Callable[..., Path]
WORDS = ["account", "refund", "parcel", "invoice", "courier", "password", "screen", "battery", "charge", "monthly"]
TEAMS = ["billing", "shipping", "login"]


def messages(rows: int, seed: int = 0) -> str:
    """A CSV of different messages with three teams."""
    random = np.random.default_rng(seed)
    lines = [f"{' '.join(random.choice(WORDS, 9))},{random.choice(TEAMS)}" for _ in range(rows)]
    return "message,team\n" + "\n".join(lines) + "\n"


@pytest.fixture
def project(tmp_path: Path) -> Write:
    """Write a project: its files, and what stands under [data]."""

    def write(files: dict[str, str | bytes], task: str = "text-classification", **data: object) -> Path:
        for name, content in files.items():
            (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in data.items())
        (tmp_path / "breakeven.toml").write_text(f'[product]\nname = "x"\ntask = "{task}"\n[data]\n{lines}\n')
        return tmp_path

    return write


def look(folder: Path) -> Audit:
    return audit(read_project(folder), folder, Store(folder))


def blocking(found: Audit) -> list[str]:
    return [str(finding.what) for finding in found.findings if finding.level == "blocking"]


def rows_of(folder: Path, found: Audit, part: str) -> pa.Table:
    return read_part(folder / ".breakeven" / found.dataset.folder, part)


def test_clean_messages_are_split_and_kept(project: Write) -> None:
    folder = project({"all.csv": messages(300)}, train="all.csv", input="message", answer="team")
    found = look(folder)
    assert not found.findings
    assert found.dataset.labels == ("billing", "login", "shipping")
    assert [(c.name, c.kind, c.role) for c in found.dataset.columns] == [
        ("message", "text", "input"), ("team", "category", "answer")]
    numbers = [rows_of(folder, found, part)["_row"].to_pylist() for part in ("train", "validation", "test")]
    assert sorted(itertools.chain(*numbers)) == list(range(1, 301))
    assert [len(rows) for rows in numbers] == [found.dataset.rows[part] for part in ("train", "validation", "test")]
    text = (folder / "all.csv").read_text().splitlines()
    kept = rows_of(folder, found, "test").to_pylist()
    assert all(text[row["_row"]] == f"{row['message']},{row['team']}" for row in kept)
    assert any("split off at random" in str(sentence) for sentence in found.split)


def test_the_same_again_is_not_done_again(project: Write) -> None:
    folder = project({"all.csv": messages(200)}, train="all.csv", input="message", answer="team")
    first = look(folder)
    kept = folder / ".breakeven" / first.dataset.folder / "train.arrow"
    stamp = kept.stat().st_mtime_ns
    assert look(folder) == first
    assert kept.stat().st_mtime_ns == stamp


def test_other_data_or_settings_are_looked_at_anew(project: Write) -> None:
    settings = {"train": "all.csv", "input": "message", "answer": "team"}
    digests = set()
    for rows, seed in ((200, 0), (201, 0), (201, 1)):
        digests.add(look(project({"all.csv": messages(rows)}, **settings, seed=seed)).dataset.digest)
    assert len(digests) == 3


def test_rows_that_were_deleted_are_made_again(project: Write) -> None:
    folder = project({"all.csv": messages(200)}, train="all.csv", input="message", answer="team")
    first = look(folder)
    before = rows_of(folder, first, "test").to_pylist()
    shutil.rmtree(folder / ".breakeven" / "data")
    assert rows_of(folder, look(folder), "test").to_pylist() == before


def test_nothing_is_left_lying_about(project: Write) -> None:
    folder = project({"all.csv": messages(100)}, train="all.csv", input="message", answer="team")
    stale = folder / ".breakeven" / ".reading.killed"
    stale.mkdir(parents=True)
    found = look(folder)
    assert sorted(path.name for path in (folder / ".breakeven").iterdir()) == ["data", "records"]
    assert [path.name for path in (folder / ".breakeven" / "data").iterdir()] == [found.dataset.digest]


def test_rows_without_an_answer_or_without_anything_are_left_out_and_told(project: Write) -> None:
    lines = messages(100).splitlines()
    lines[10] = lines[10].split(",")[0] + ","
    lines[20] = ","
    folder = project({"all.csv": "\n".join(lines)}, train="all.csv", input="message", answer="team")
    found = look(folder)
    told = {finding.rows: finding.level for finding in found.findings}
    assert told == {(10,): "warning", (20,): "note"}
    assert sum(found.dataset.rows.values()) == 98


def test_equal_rows_stay_in_one_part_of_our_split(project: Write) -> None:
    lines = messages(300).splitlines()
    folder = project({"all.csv": "\n".join(lines + lines[1:90])}, train="all.csv", input="message", answer="team")
    found = look(folder)
    assert not [finding for finding in found.findings if "also stand in" in str(finding.what)]
    parts = [set(rows_of(folder, found, part)["message"].to_pylist()) for part in ("train", "validation", "test")]
    assert not parts[0] & parts[1]
    assert not parts[0] & parts[2]
    assert not parts[1] & parts[2]
    assert any(f"{found.dataset.rows['train']} rows for training" in str(sentence) for sentence in found.split)


def test_given_files_stay_as_they_are_and_are_compared(project: Write) -> None:
    train, test = messages(200), messages(50, 1).splitlines()
    test[5] = train.splitlines()[9]
    files = {"train.csv": train, "test.csv": "\n".join(test), "dev.csv": messages(50, 2)}
    folder = project(files, train="train.csv", test="test.csv", validation="dev.csv", input="message", answer="team")
    found = look(folder)
    assert found.dataset.rows == {"train": 200, "validation": 50, "test": 50}
    assert [(f.check, f.level, f.rows) for f in found.findings] == [("duplicates", "warning", (5,))]


def test_all_columns_but_those_named_are_inputs(project: Write) -> None:
    random = np.random.default_rng(0)
    lines = [
        f"{random.normal():.3f},{random.integers(9)},{'ab'[i % 2]},u{i % 40},2024-01-{1 + i % 28},{random.integers(2)}"
        for i in range(400)
    ]
    folder = project({"all.csv": "x,y,site,user,day,won\n" + "\n".join(lines)}, task="tabular-classification",
                     train="all.csv", answer="won", drop=["y"], group="user", slices=["site"])
    found = look(folder)
    assert {column.name: column.role for column in found.dataset.columns} == {
        "x": "input", "site": "input", "day": "input", "won": "answer", "user": "group"}
    parts = [set(rows_of(folder, found, part)["user"].to_pylist()) for part in ("train", "validation", "test")]
    assert not parts[0] & parts[2]
    assert not parts[1] & parts[2]


def test_a_split_by_time_takes_the_newest_rows_and_keeps_equal_ones_where_they_are(project: Write) -> None:
    lines = [f"2024-{1 + i // 28 % 12:02d}-{1 + i % 28:02d},{i % 5},{i % 3}" for i in range(336)]
    settings = {"task": "tabular-classification", "train": "all.csv", "answer": "won"}
    folder = project({"all.csv": "day,site,won\n" + "\n".join(lines)}, **settings, time="day")
    found = look(folder)
    assert found.dataset.split == "time"
    assert [column.role for column in found.dataset.columns] == ["input", "answer", "time"]
    days = {part: rows_of(folder, found, part)["day"].to_pylist() for part in ("train", "validation", "test")}
    assert max(days["train"]) < min(days["validation"]) <= max(days["validation"]) < min(days["test"])


def test_all_wrong_columns_are_told_at_once_with_a_guess(project: Write) -> None:
    folder = project({"all.csv": messages(50)}, train="all.csv", input=["mesage", "colour"], answer="Team", drop=["id"])
    with pytest.raises(ProjectError) as caught:
        look(folder)
    told = [(str(fault.where), str(fault.hint)) for fault in caught.value.faults]
    assert told == [
        ("data.input", "did you mean message?"),
        ("data.input", "its columns are: message, team"),
        ("data.answer", "did you mean team?"),
        ("data.drop", "its columns are: message, team"),
    ]


def test_a_column_that_the_test_file_lacks_is_told(project: Write) -> None:
    files = {"train.csv": messages(60), "test.csv": messages(20, 1).replace("message,team", "text,team")}
    with pytest.raises(ProjectError, match=r"no column message in test\.csv"):
        look(project(files, train="train.csv", test="test.csv", input="message", answer="team"))


@pytest.mark.parametrize("data", [
    {"input": ["message", "team"], "answer": "team"},
    {"answer": "team", "drop": ["team"]},
    {"input": "message", "answer": "team", "drop": ["message"]},
    {"answer": "team", "drop": ["message"]},
])
def test_columns_named_for_two_things_are_refused(project: Write, data: dict) -> None:
    with pytest.raises(ProjectError):
        look(project({"all.csv": messages(50)}, train="all.csv", **data))


def bad(rows: int, change: Callable[[list[str]], list[str]]) -> str:
    lines = messages(rows).splitlines()
    return "\n".join([lines[0], *change(lines[1:])])


BLOCKED = {
    "one class": (bad(60, lambda rows: [row.split(",")[0] + ",billing" for row in rows]), "every answer is billing"),
    "a class of one row": (bad(60, lambda rows: [*rows, "where is it,legal"]), "single row: legal"),
    "no answers": (bad(60, lambda rows: [row.rsplit(",", 1)[0] + "," for row in rows]), "team is empty"),
    "no inputs": (bad(60, lambda rows: ["," + row.rsplit(",", 1)[1] for row in rows]), "message is empty"),
}


@pytest.mark.parametrize("case", BLOCKED)
def test_what_makes_a_run_meaningless_blocks_and_keeps_no_rows(project: Write, case: str) -> None:
    content, words = BLOCKED[case]
    folder = project({"all.csv": content}, train="all.csv", input="message", answer="team")
    found = look(folder)
    assert found.blocked
    assert found.dataset is None
    assert any(words in what for what in blocking(found))
    assert not list((folder / ".breakeven" / "data").iterdir())


def test_a_label_only_in_test_blocks(project: Write) -> None:
    files = {"train.csv": messages(60), "test.csv": messages(20, 1) + "hello there,legal\n"}
    found = look(project(files, train="train.csv", test="test.csv", input="message", answer="team"))
    assert "legal" in blocking(found)[0]


def test_numbers_that_are_none_block(project: Write) -> None:
    lines = [f"{i % 17},{i * 0.5}" for i in range(100)]
    lines[4] = "3,nan"
    content = "size,price\n" + "\n".join(lines)
    found = look(project({"all.csv": content}, task="regression", train="all.csv", answer="price"))
    assert any(finding.rows == (5,) and finding.level == "blocking" for finding in found.findings)


def test_files_that_cannot_be_read_are_told_in_three_lines(project: Write) -> None:
    cases = {
        "missing.csv": None, "empty.csv": "", "header.csv": "message,team\n", "ragged.csv": "message,team\na,b\nc\n",
        "binary.csv": bytes(range(256)) * 20, "photo.png": b"\x89PNG", "two.csv": "message,team\nhello,a\n",
    }
    for name, content in cases.items():
        folder = project({} if content is None else {name: content}, train=name, input="message", answer="team")
        with pytest.raises(DataError) as caught:
            look(folder)
        assert all(str(line) for line in caught.value.lines()), name


def test_json_lines_with_a_late_key_and_parquet_are_read_alike(project: Write) -> None:
    rows = [line.split(",") for line in messages(150).splitlines()[1:]]
    records = [{"message": message, "team": team} for message, team in rows]
    late = "\n".join(json.dumps(r | ({"extra": i} if i > 100 else {})) for i, r in enumerate(records))
    from_json = look(project({"all.jsonl": late}, train="all.jsonl", input="message", answer="team"))
    folder = project({}, train="all.parquet", input="message", answer="team")
    pq.write_table(pa.Table.from_pylist(records), folder / "all.parquet")
    from_parquet = look(folder)
    assert from_json.dataset.rows == from_parquet.dataset.rows
    assert rows_of(folder, from_json, "train").equals(rows_of(folder, from_parquet, "train"))


def test_a_column_that_comes_after_the_first_batch_is_kept(project: Write) -> None:
    records = [{"message": f"{i} {i * 7919 % 1009} parcel", "team": "ab"[i % 2]} for i in range(20_050)]
    for record in records[20_010:]:
        record["place"] = "Bonn"
    content = "\n".join(json.dumps(record) for record in records)
    folder = project({"all.jsonl": content}, train="all.jsonl", input=["message", "place"], answer="team")
    found = look(folder)
    kept = pa.concat_tables(rows_of(folder, found, part) for part in ("train", "validation", "test"))
    assert kept["place"].drop_null().to_pylist() == ["Bonn"] * 40
    assert kept.num_rows == 20_050


def test_a_place_that_cannot_be_written_is_a_storage_error(project: Write) -> None:
    folder = project({"all.csv": messages(60)}, train="all.csv", input="message", answer="team")
    (folder / ".breakeven").write_text("a file where the folder should be")
    with pytest.raises(StorageError):
        look(folder)


@pytest.mark.slow
def test_fifty_thousand_rows_take_seconds(project: Write) -> None:
    folder = project({"all.csv": messages(50_000)}, train="all.csv", input="message", answer="team")
    started = time.process_time()
    look(folder)
    assert time.process_time() - started < 5


# --- real data -----------------------------------------------------------------------------------------------


def real(project: Write, folder: Path, **data: object) -> Audit:
    given = {key: str(folder / f"{name}.csv.gz")
             for key, name in (("train", "train"), ("validation", "dev"), ("test", "test"))
             if (folder / f"{name}.csv.gz").exists()}
    task = "text-classification" if "input" in data else "tabular-classification"
    return look(project({}, task=task, **given, **data))


def test_the_headlines_that_stand_in_train_and_test_are_found(project: Write, real_data: Path) -> None:
    found = real(project, real_data / "thucnews10", input="text", answer="label")
    across = next(f for f in found.findings if f.check == "duplicates" and "test rows" in str(f.what))
    lines = {part: gzip.decompress((real_data / "thucnews10" / f"{part}.csv.gz").read_bytes()).decode().splitlines()[1:]
             for part in ("train", "test")}
    known = {line.rsplit(",", 1)[0] for line in lines["train"]}
    twice = [number for number, line in enumerate(lines["test"], 1) if line.rsplit(",", 1)[0] in known]
    assert across.count == len(twice)
    assert across.rows == tuple(twice[:10])
    assert len({lines["test"][number - 1].rsplit(",", 1)[0] for number in twice}) == 33


def test_the_failure_modes_and_the_ids_of_ai4i_are_found(project: Write, real_data: Path) -> None:
    found = real(project, real_data / "ai4i2020", answer="Machine failure")
    leaks = {finding.column: finding.level for finding in found.findings if finding.check == "leakage"}
    assert leaks == {"TWF": "blocking", "HDF": "blocking", "PWF": "blocking", "OSF": "blocking",
                     "UID": "warning", "Product ID": "warning"}
    dropped = ["UID", "Product ID", "TWF", "HDF", "PWF", "OSF", "RNF"]
    assert not real(project, real_data / "ai4i2020", answer="Machine failure", drop=dropped).blocked


@pytest.mark.parametrize(("name", "data"), [
    ("adult", {"answer": "income"}),
    ("german_credit", {"answer": "credit_risk"}),
    ("banking77", {"input": "text", "answer": "label"}),
    ("trec6", {"input": "text", "answer": "label"}),
    ("waimai10k", {"input": "text", "answer": "label"}),
])
def test_real_data_without_a_leak_is_not_accused(project: Write, real_data: Path, name: str, data: dict) -> None:
    found = real(project, real_data / name, **data)
    assert not found.blocked
    assert not [finding for finding in found.findings if finding.check in ("leakage", "schema", "labels")]


def test_the_fine_label_of_trec_is_a_leak_when_it_is_taken_for_an_input(project: Write, real_data: Path) -> None:
    found = real(project, real_data / "trec6", input=["text", "fine_label"], answer="label")
    assert [f.column for f in found.findings if f.check == "leakage"] == ["fine_label"]
