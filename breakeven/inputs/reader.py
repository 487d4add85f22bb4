"""Files to rows: CSV of any delimiter and encoding that Excel writes, JSON lines, Parquet, each also gzipped.

Rows come as `pyarrow.Table` batches in which every column is text, an empty cell is null, and `_row` is the
number of the data row in its file, from 1. Nothing is guessed about types here: `007` stays `007`.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from breakeven.core.errors import DataError
from breakeven.core.words import say
from breakeven.inputs.encoding import find_encoding

ROW = "_row"
BATCH_ROWS = 20_000
BATCH_CHARS = 32_000_000
"""A batch ends at whichever comes first, so that long texts do not fill the memory."""
MOST_CHARS = 16_000_000
"""The largest cell; a larger one is nearly always a quote that was never closed."""
DELIMITERS = ",;\t|"
TEXT = "text"
"""The only column of a file of running text."""
PASSAGE_CHARS = 2_000


def read_table(path: Path) -> pa.Table:
    """All rows of a file as one table. Raises DataError with the line where it cannot be read."""
    batches = list(open_rows(path))
    if not batches:
        raise DataError(
            say("the file holds no rows"), str(path), say("it needs a header line and at least one row below it")
        )
    return pa.concat_tables(batches, promote_options="default")


def open_rows(path: Path, plain: bool = False) -> Iterator[pa.Table]:
    """The rows of a file in batches, without holding more than one. Raises DataError.

    `plain` takes .txt and .md as running text, cut into passages; otherwise .txt is a table.
    """
    with _readable(path):
        match _ending(path):
            case "txt" | "md" if plain:
                yield from _tables([TEXT], ([passage] for passage in _passages(path)))
            case "csv" | "tsv" | "txt":
                yield from _csv_batches(path)
            case "jsonl" | "ndjson" | "json":
                yield from _json_batches(path)
            case "parquet" | "pq":
                yield from _parquet_batches(path)
            case ending:
                raise DataError(
                    say("files of type {ending} cannot be read", ending=ending or "?"),
                    str(path),
                    say("give CSV, TSV, JSON lines or Parquet; each may be gzipped"),
                )


def _ending(path: Path) -> str:
    """`csv` for messages.csv and for messages.csv.gz."""
    suffixes = [suffix[1:].lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == "gz":
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turns what the system says about a file into an error with three lines."""
    try:
        yield
    except FileNotFoundError:
        raise DataError(
            say("the file does not exist"), str(path), say("paths are relative to the project file")
        ) from None
    except IsADirectoryError:
        raise DataError(say("this is a folder, not a file"), str(path), say("name a file in it")) from None
    except PermissionError:
        raise DataError(
            say("the file may not be read"), str(path), say("give yourself the right to read it: chmod u+r")
        ) from None
    except (gzip.BadGzipFile, EOFError) as fault:
        raise DataError(
            say("the gzip file is damaged: {fault}", fault=fault), str(path), say("make the file again")
        ) from None


def _open_bytes(path: Path) -> IO[bytes]:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    return path.open("rb")


@contextmanager
def _open_text(path: Path) -> Iterator[IO[str]]:
    """The file as text in the encoding that fits all of it, line ends left as they are."""
    with _open_bytes(path) as raw:
        encoding = find_encoding(raw, str(path))
    with _open_bytes(path) as raw, io.TextIOWrapper(raw, encoding=encoding, newline="") as text:
        yield text


# --- running text --------------------------------------------------------------------------------------------


def _passages(path: Path) -> Iterator[str]:
    """The text in passages of about `PASSAGE_CHARS` characters, cut behind a blank line where there is one in time,
    else behind a line, else anywhere. All passages together are the file."""
    passage = ""
    with _open_text(path) as text:
        while line := text.readline(PASSAGE_CHARS):
            if passage and len(passage) + len(line) > 2 * PASSAGE_CHARS:
                yield passage
                passage = ""
            passage += line
            if len(passage) >= PASSAGE_CHARS and line.isspace():
                yield passage
                passage = ""
    if passage:
        yield passage


# --- CSV -----------------------------------------------------------------------------------------------------


def _csv_batches(path: Path) -> Iterator[pa.Table]:
    csv.field_size_limit(MOST_CHARS)
    with _open_text(path) as text:
        delimiter = _find_delimiter(path, text)
        rows = csv.reader(text, delimiter=delimiter, strict=True)
        try:
            header = _header(next(rows, []), path)
            yield from _tables(header, _csv_rows(rows, len(header), path))
        except csv.Error as fault:
            raise _csv_error(fault, rows.line_num, path) from None


def _csv_error(fault: csv.Error, line: int, path: Path) -> DataError:
    """The module's own words for a fault of the file, with a hint for the two that people meet."""
    if "field larger" in str(fault):
        what = say("a cell holds more than {most} characters", most=MOST_CHARS)
    else:
        what = say("the line is not valid CSV: {fault}", fault=fault)
    hint = say('a cell with quotes or line breaks must be "quoted", with "" for a quote inside')
    return DataError(what, f"{path}:{line}", hint)


def _find_delimiter(path: Path, text: IO[str]) -> str:
    """The delimiter that cuts the first records into the most columns, all alike; Excel's `sep=;` line wins.

    Leaves `text` at the header.
    """
    first = text.readline(10_000)
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        return first.strip()[4]
    sample = first + text.read(50_000)
    text.seek(0)
    if _ending(path) == "tsv":
        return "\t"
    return max(DELIMITERS, key=lambda delimiter: _columns_cut(sample, delimiter))


def _columns_cut(sample: str, delimiter: str) -> tuple[float, int]:
    """How well a delimiter fits: the share of records as wide as the header, then the width."""
    try:
        widths = [len(row) for row in csv.reader(io.StringIO(sample), delimiter=delimiter) if row]
    except csv.Error:
        return (0.0, 0)
    if not widths or widths[0] == 1:
        return (0.0, 0)
    whole = widths[:-1] or widths  # the sample may end inside the last record
    return (round(sum(width == widths[0] for width in whole) / len(whole), 1), widths[0])


def _header(cells: list[str], path: Path) -> list[str]:
    """The column names: trimmed; an empty one is named by its place. Raises DataError for a name twice."""
    if not any(cell.strip() for cell in cells):
        raise DataError(
            say("the file is empty"), str(path), say("it needs a header line and at least one row below it")
        )
    names = [cell.strip() or f"column_{place}" for place, cell in enumerate(cells, 1)]
    twice = sorted({name for name in names if names.count(name) > 1 or name == ROW})
    if twice:
        raise DataError(
            say("the header names a column twice: {names}", names=twice),
            f"{path}:1",
            say("give every column a name of its own; {row} is reserved", row=ROW),
        )
    return names


def _csv_rows(rows: Any, width: int, path: Path) -> Iterator[list[str | None]]:
    """The records as wide as the header; blank lines are passed over. Raises DataError at a ragged one."""
    for cells in rows:
        if len(cells) == width:
            yield cells
        elif cells:
            raise DataError(
                say("the row has {cells} cells, the header has {width}", cells=len(cells), width=width),
                f"{path}:{rows.line_num}",
                say('put "quotes" around a cell that holds the delimiter, or fill the row up'),
            )


def _tables(names: list[str], rows: Iterable[list[str | None]]) -> Iterator[pa.Table]:
    """Records to tables of text, a batch at a time."""
    batch: list[list[str | None]] = []
    start, chars = 1, 0
    for row in rows:
        batch.append(row)
        chars += sum(len(cell) for cell in row if cell)
        if len(batch) >= BATCH_ROWS or chars >= BATCH_CHARS:
            yield _table(names, batch, start)
            start, chars, batch = start + len(batch), 0, []
    if batch:
        yield _table(names, batch, start)


def _table(names: list[str], rows: list[list[str | None]], start: int) -> pa.Table:
    columns = {
        name: pa.array([cell if cell and not cell.isspace() else None for cell in cells], pa.large_string())
        for name, cells in zip(names, zip(*rows, strict=True), strict=True)
    }
    return pa.table({**columns, ROW: pa.array(range(start, start + len(rows)), pa.int64())})


# --- JSON ----------------------------------------------------------------------------------------------------


def _json_batches(path: Path) -> Iterator[pa.Table]:
    """JSON lines, or one array of objects. Batches may differ in their columns: a key may come late."""
    with _open_text(path) as text:
        whole = text.read(1) == "["
        text.seek(0)
        objects = _json_array(text, path) if whole else _json_lines(text, path)
        batch: list[dict[str, str | None]] = []
        start = 1
        for record in objects:
            batch.append(record)
            if len(batch) >= BATCH_ROWS:
                yield _object_table(batch, start)
                start, batch = start + len(batch), []
        if batch:
            yield _object_table(batch, start)


def _json_lines(text: IO[str], path: Path) -> Iterator[dict[str, str | None]]:
    for number, line in enumerate(text, 1):
        if line.strip():
            yield _object(line, f"{path}:{number}")


def _json_array(text: IO[str], path: Path) -> Iterator[dict[str, str | None]]:
    try:
        records = json.load(text)
    except json.JSONDecodeError as fault:
        raise _json_error(fault, f"{path}:{fault.lineno}") from None
    for number, record in enumerate(records, 1):
        yield _as_cells(record, f"{path}[{number}]")


def _json_error(fault: json.JSONDecodeError, where: str) -> DataError:
    return DataError(say("this is not valid JSON: {fault}", fault=fault.msg), where, say("one JSON object a line"))


def _object(line: str, where: str) -> dict[str, str | None]:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as fault:
        raise _json_error(fault, where) from None
    return _as_cells(record, where)


def _as_cells(record: Any, where: str) -> dict[str, str | None]:
    if not isinstance(record, dict):
        raise DataError(say("each record must be a JSON object"), where, say('write {{"column": "value", …}}'))
    return {str(name): _cell(value) for name, value in record.items()}


def _cell(value: Any) -> str | None:
    """A JSON value as a cell: text as it is, other values as JSON writes them, null and blank as empty."""
    if isinstance(value, str):
        return value if value and not value.isspace() else None
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _object_table(records: list[dict[str, str | None]], start: int) -> pa.Table:
    names = list(dict.fromkeys(name for record in records for name in record if name != ROW))
    return _table(names, [[record.get(name) for name in names] for record in records], start)


# --- Parquet -------------------------------------------------------------------------------------------------


def _parquet_batches(path: Path) -> Iterator[pa.Table]:
    import pyarrow.parquet as pq

    start = 1
    try:
        with path.open("rb") as raw, pq.ParquetFile(raw) as file:
            for batch in file.iter_batches(BATCH_ROWS):
                yield _text_table(batch, start)
                start += batch.num_rows
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as fault:
        raise DataError(
            say("this is not a Parquet file of plain columns: {fault}", fault=str(fault).splitlines()[0]),
            str(path),
            say("write it again, or give the rows as CSV"),
        ) from None


def _text_table(batch: pa.RecordBatch, start: int) -> pa.Table:
    """Every column cast to text; blank text becomes null."""
    import pyarrow.compute as pc

    columns = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        text = pc.cast(column, pa.large_string())
        blank = pc.equal(pc.utf8_trim_whitespace(text), "")
        columns[name] = pc.if_else(blank, pa.scalar(None, pa.large_string()), text)
    return pa.table({**columns, ROW: pa.array(range(start, start + batch.num_rows), pa.int64())})
