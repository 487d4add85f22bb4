"""Many rows at once, without JSON: a body in Arrow's stream format, read against a release's own columns.

The guard is that of a JSON body: every column must be there and no other, cells are of the column's kind, numbers are
finite, and text has its limit. What could grow when it is unpacked is refused or measured before: compressed buffers,
types that name one piece of memory many times, dictionaries whose rows together are larger than a body may be.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from breakeven.inputs.values import Value, Values
from breakeven.records.dataset import Column
from breakeven.serving.limits import Limits
from breakeven.serving.reading import USER_CHARACTERS, Malformed

if TYPE_CHECKING:
    import pyarrow as pa

ARROW = b"application/vnd.apache.arrow.stream"
RECORD_BATCH, DICTIONARY_BATCH = 3, 2
"""Kinds of headers of a message (format/Message.fbs of Apache Arrow, read 2026-11-22)."""
HEADER_TYPE, HEADER = 1, 2
"""Fields of a message, by their place."""
BATCH_COMPRESSION, DICTIONARY_DATA = 3, 1
"""The place of `compression` in a record batch, and of the record batch in a dictionary batch."""


class ArrowReader:
    """Reads and writes Arrow streams for a release with these columns."""

    def __init__(self, columns: Sequence[Column], limits: Limits) -> None:
        self._columns, self._limits = {column.name: column for column in columns}, limits

    def rows(self, body: bytes) -> tuple[Values, str | None]:
        """The rows of a body, and its user, which is the entry `user` of the schema's metadata. Raises Malformed."""
        import pyarrow as pa

        try:
            _refuse_compression(body)
            with pa.ipc.open_stream(body) as stream:
                self._check_schema(stream.schema)
                table = stream.read_all()
            table.validate(full=True)
        except (pa.ArrowException, OSError, ValueError, struct.error) as fault:
            raise Malformed(f"not an Arrow stream: {fault}") from None
        self._check_size(table)
        cells = [self._cells(table.column(name), column) for name, column in self._columns.items()]
        return Values(tuple(self._columns.values()), list(zip(*cells, strict=True))), _user(table.schema)

    def _check_schema(self, schema: pa.Schema) -> None:
        """Every column once, none beside them, each of a type that its kind admits. Raises Malformed."""
        given = set(schema.names)
        for name in self._columns.keys() - given:
            raise Malformed(f"missing column `{name}`")
        for name in given - self._columns.keys():
            raise Malformed(f"unknown column `{name[:100]}`")
        if len(schema.names) != len(given):
            raise Malformed("a column is there twice")
        for field in schema:
            if not _admits(self._columns[field.name].kind, field.type):
                raise Malformed(f"the type {str(field.type)[:100]} is not taken - at `$.{field.name}`")

    def _check_size(self, table: pa.Table) -> None:
        limits = self._limits
        if not 0 < table.num_rows <= limits.bulk_items:
            raise Malformed(f"a body holds 1 to {limits.bulk_items} rows")
        if table.nbytes > limits.bulk_bytes:  # several columns may name the same memory
            raise Malformed(f"the rows are larger than {limits.bulk_bytes} bytes")

    def _cells(self, cells: pa.ChunkedArray, column: Column) -> list[Value]:
        """The values of one column (n,). Raises Malformed."""
        import pyarrow as pa
        import pyarrow.compute as pc

        kind = cells.type
        if pa.types.is_floating(kind) and pc.all(pc.is_finite(cells)).as_py() is False:
            raise Malformed(f"a number is not finite - at `$.{column.name}`")
        if pa.types.is_dictionary(kind):
            cells = pa.chunked_array([self._unpacked(chunk, column) for chunk in cells.chunks], pa.large_string())
        if _is_text(cells.type) and (pc.max(pc.utf8_length(cells)).as_py() or 0) > self._limits.text_characters:
            raise Malformed(f"a text is longer than {self._limits.text_characters} characters - at `$.{column.name}`")
        return (cells.cast(pa.string()) if pa.types.is_date32(kind) else cells).to_pylist()

    def _unpacked(self, chunk: pa.DictionaryArray, column: Column) -> pa.Array:
        """The text of each row. Raises Malformed when all of it together is larger than a body may be."""
        import pyarrow as pa
        import pyarrow.compute as pc

        each = pc.binary_length(chunk.dictionary).take(chunk.indices)
        if (pc.sum(each).as_py() or 0) > self._limits.bulk_bytes:
            raise Malformed(f"the texts are larger than {self._limits.bulk_bytes} bytes - at `$.{column.name}`")
        return chunk.dictionary.take(chunk.indices).cast(pa.large_string())


def arrow_stream(release: int, outputs: list[dict[str, Any]]) -> bytes:
    """Answers as an Arrow stream: a column a value, scores as `score_<label>`; `release` stands in the metadata."""
    import pyarrow as pa

    labels = outputs[0].get("scores", {})
    columns = {name: pa.array([one[name] for one in outputs]) for name in outputs[0] if name != "scores"}
    columns |= {f"score_{label}": pa.array([one["scores"][label] for one in outputs]) for label in labels}
    table = pa.table(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema.with_metadata({"release": str(release)})) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def _user(schema: pa.Schema) -> str | None:
    given = (schema.metadata or {}).get(b"user")
    if given is None:
        return None
    try:
        user = given.decode()
    except UnicodeDecodeError:
        raise Malformed("the user is not UTF-8") from None
    if len(user) > USER_CHARACTERS:
        raise Malformed(f"a user has at most {USER_CHARACTERS} characters")
    return user


def _admits(kind: str, given: pa.DataType) -> bool:
    """Whether a column of this kind may come in this type."""
    import pyarrow.types as types

    if types.is_dictionary(given):
        return kind != "number" and _is_text(given.value_type)
    if _is_text(given):
        return True
    number = types.is_integer(given) or types.is_floating(given)
    return {"text": False, "date": types.is_date32(given), "number": number,
            "category": number or types.is_boolean(given)}[kind]  # fmt: skip


def _is_text(given: pa.DataType) -> bool:
    import pyarrow.types as types

    return types.is_string(given) or types.is_large_string(given)


# --- compressed buffers are found in the headers, before anything is unpacked ------------------------------------


def _refuse_compression(body: bytes) -> None:
    """Raises Malformed for a batch with compressed buffers; what pyarrow raises for what is no stream."""
    for header in _headers(body):
        kind = _field(header, _root(header), HEADER_TYPE)
        batch = _inner(header, _root(header), HEADER)
        if kind is None or batch is None:
            continue
        kind_number = header[kind]
        if kind_number == DICTIONARY_BATCH:
            batch = _inner(header, batch, DICTIONARY_DATA)
        if kind_number in (RECORD_BATCH, DICTIONARY_BATCH) and batch and _field(header, batch, BATCH_COMPRESSION):
            raise Malformed("compressed buffers are not taken")


def _headers(body: bytes) -> Iterator[bytes]:
    """The header of each message, checked by pyarrow to be well formed."""
    import pyarrow as pa

    messages = pa.ipc.MessageReader.open_stream(body)
    while True:
        try:
            yield messages.read_next_message().metadata.to_pybytes()
        except StopIteration:
            return


def _root(header: bytes) -> int:
    (place,) = struct.unpack_from("<I", header, 0)
    return int(place)


def _field(header: bytes, table: int, number: int) -> int | None:
    """Where a table of a FlatBuffer holds a field; None where the field is left out. Raises struct.error."""
    (back,) = struct.unpack_from("<i", header, table)
    (size,) = struct.unpack_from("<H", header, table - back)
    if 4 + 2 * number >= size:
        return None
    (offset,) = struct.unpack_from("<H", header, table - back + 4 + 2 * number)
    return table + offset if offset else None


def _inner(header: bytes, table: int, number: int) -> int | None:
    """Where the table that a field names begins."""
    place = _field(header, table, number)
    return None if place is None else place + int(struct.unpack_from("<I", header, place)[0])
