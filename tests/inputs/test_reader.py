"""Files as people have them: Excel in China, ragged lines, late bytes, gzip, JSON, Parquet."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakeven.core.errors import DataError
from breakeven.inputs.reader import open_rows, read_table
from breakeven.inputs.writer import open_writer

ROWS = [{"留言": '你好;\r\n吗 "x"', "部门": "账单"}, {"留言": None, "部门": "退款"}]
EXCEL = '留言;部门\r\n"你好;\r\n吗 ""x""";账单\r\n;退款\r\n'


def without_numbers(table: pa.Table) -> list[dict[str, str | None]]:
    return table.drop_columns(["_row"]).to_pylist()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_excel_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(EXCEL.encode(encoding))
    assert without_numbers(read_table(file)) == ROWS
    assert read_table(file).column("_row").to_pylist() == [1, 2]


def test_a_separator_line_of_excel(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(("sep=;\r\n" + EXCEL).encode("gb18030"))
    assert without_numbers(read_table(file)) == ROWS


def test_one_late_chinese_byte_decides_the_encoding(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"text\n" + b"plain words\n" * 400_000 + "结尾\n".encode("gb18030"))
    assert read_table(file).column("text")[-1].as_py() == "结尾"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_delimiter(tmp_path: Path, delimiter: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(f'a{delimiter}b\n1{delimiter}"x, y; z"\n')
    assert without_numbers(read_table(file)) == [{"a": "1", "b": "x, y; z"}]


def test_one_column_without_any_delimiter(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("text\nhello there\nwhat, now\n".replace(",", ""))
    assert read_table(file).num_rows == 2


def test_nothing_is_guessed_about_types(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("code,n\n007,1e3\nNA,null\n")
    assert without_numbers(read_table(file)) == [{"code": "007", "n": "1e3"}, {"code": "NA", "n": "null"}]


def test_gzip_json_lines_and_parquet_say_the_same(tmp_path: Path) -> None:
    wanted = [{"a": "x", "n": "1"}, {"a": None, "n": "2"}]
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"a,n\nx,1\n,2\n"))
    (tmp_path / "a.jsonl").write_text('{"a": "x", "n": 1}\n\n{"a": null, "n": 2}\n')
    (tmp_path / "a.json").write_text(json.dumps([{"a": "x", "n": 1}, {"a": " ", "n": 2}]))
    pq.write_table(pa.table({"a": ["x", None], "n": [1, 2]}), tmp_path / "a.parquet")
    for name in ("a.csv.gz", "a.jsonl", "a.json", "a.parquet"):
        assert without_numbers(read_table(tmp_path / name)) == wanted, name


def test_a_key_that_comes_late(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text("".join(f'{{"a": "{i}"}}\n' for i in range(25_000)) + '{"a": "x", "b": "y"}\n')
    table = read_table(file)
    assert table.column("b").null_count == 25_000
    assert table.num_rows == 25_001


def test_large_files_come_in_batches(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    with file.open("w") as text:
        text.write("a,b\n")
        text.writelines(f"{i},text number {i}\n" for i in range(50_001))
    batches = list(open_rows(file))
    assert len(batches) > 1
    assert batches[1].column("_row")[0].as_py() == batches[0].num_rows + 1
    assert sum(batch.num_rows for batch in batches) == 50_001


BAD = {
    "ragged": ("a.csv", b"a,b\n1,2\n3\n", "the row has 1 cells, the header has 2", "a.csv:3"),
    "quote never closed": ("a.csv", b'a,b\n1,"2\n3,4\n', "not valid CSV", "a.csv:3"),
    "twice": ("a.csv", b"a,a\n1,2\n", "names a column twice", "a.csv:1"),
    "empty": ("a.csv", b"", "the file is empty", "a.csv"),
    "header only": ("a.csv", b"a,b\n", "holds no rows", "a.csv"),
    "binary": ("a.csv", bytes(range(256)) * 20, "not text", "a.csv"),
    "broken gzip": ("a.csv.gz", b"not gzip", "gzip file is damaged", "a.csv.gz"),
    "cut gzip": ("a.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 9999)[:60], "gzip file is damaged", "a.csv.gz"),
    "not json": ("a.jsonl", b'{"a": 1}\n{"a": \n', "not valid JSON", "a.jsonl:2"),
    "not an object": ("a.jsonl", b'{"a": 1}\n3\n', "must be a JSON object", "a.jsonl:2"),
    "not parquet": ("a.parquet", b"PAR1 not", "not a Parquet file", "a.parquet"),
    "unknown": ("a.xlsx", b"PK", "cannot be read", "a.xlsx"),
    "huge cell": ("a.csv", b"a,b\n1," + b"x" * 17_000_000 + b"\n", "more than 16000000 characters", "a.csv:2"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_an_error_with_its_place(tmp_path: Path, case: str) -> None:
    name, content, what, where = BAD[case]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_table(tmp_path / name)
    lines = [str(line) for line in caught.value.lines()]
    assert what in lines[0].replace(",", "") or what in lines[0]
    assert lines[1].endswith(where)
    assert lines[2]


def test_missing_and_unreadable(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        read_table(tmp_path / "nope.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match="folder"):
        read_table(tmp_path / "folder.csv")


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=20))
def test_what_python_writes_is_read_back(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]) -> None:
    file = tmp_path_factory.mktemp("csv") / "a.csv"
    with file.open("w", newline="", encoding="utf-8") as text:
        writer = csv.writer(text)
        writer.writerow(["first", "second"])
        writer.writerows(rows)
    found = read_table(file).select(["first", "second"]).to_pylist()
    assert [(r["first"], r["second"]) for r in found] == [
        tuple(cell if cell and not cell.isspace() else None for cell in row) for row in rows
    ]


@pytest.mark.parametrize("name", ["o.csv", "o.csv.gz", "o.jsonl", "o.parquet"])
def test_what_is_written_is_read_back(tmp_path: Path, name: str) -> None:
    table = pa.table({"text": ['你好, "x"\n', "b"], "score": [0.5, 0.25]})
    with open_writer(tmp_path / name, tmp_path / name) as write:
        write(table)
        write(table)
    found = read_table(tmp_path / name)
    assert found.column("text").to_pylist() == ['你好, "x"\n', "b"] * 2
    assert [float(cell) for cell in found.column("score").to_pylist()] == [0.5, 0.25] * 2


def test_an_unknown_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be written"), open_writer(tmp_path / "o", tmp_path / "o.doc"):
        pass


def test_running_text_is_cut_into_passages_that_are_the_file(tmp_path: Path) -> None:
    file = tmp_path / "book.txt"
    paragraph = "It was, as ever, a plain sentence; with commas.\n" * 5 + "\n"
    text = paragraph * 40 + "x" * 9_000 + "\nthe end"
    file.write_text(text, encoding="utf-8")
    rows = pa.concat_tables(open_rows(file, plain=True))
    passages = rows["text"].to_pylist()
    assert rows.column_names == ["text", "_row"]
    assert "".join(passages) == text
    assert len(passages) > 5
    assert max(map(len, passages)) <= 4_000
    assert passages[0].endswith("\n\n")
