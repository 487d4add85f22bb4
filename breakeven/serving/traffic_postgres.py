"""Traffic kept in the team's PostgreSQL: one table a kind of lines, shared by projects and machines.

    breakeven_answers, breakeven_feedback    project writer number  at id release key user seconds answer …
    breakeven_traffic                        version of these tables

The tables are made here, under a lock, and get columns that a later version adds. A line is named by its project,
writer and number, so that a batch whose acknowledgement was lost is kept once. A connection that broke is made anew
at the next try. What PostgreSQL wants to know besides the address (PGPASSWORD, a passfile, PGSSLMODE) it reads from
its own environment variables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pyarrow as pa

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.serving.traffic_store import SCHEMAS, Batch, Kind, LinesRefused, StoreAway, TrafficStore, columns_of

if TYPE_CHECKING:
    from psycopg import Connection

VERSION = 1
CONNECT_SECONDS = 5
STATEMENT_MS = 15_000
"""A statement of the log is ended by the database after so long; reading may take longer."""
AT_ONCE = 10_000
"""Rows of one deletion, and of one step of reading."""
SQL_TYPES = {
    pa.timestamp("ms", "UTC"): "timestamptz", pa.string(): "text", pa.int32(): "integer", pa.float32(): "real",
    pa.float64(): "double precision", pa.int64(): "bigint", pa.bool_(): "boolean",
}  # fmt: skip
LOCK = 0x62_72_65_61_6B
"""The advisory lock under which tables are made: two processes that start together do it one after the other."""


class PostgresTraffic(TrafficStore):
    """The lines of one project in a database. Raises UsageError where psycopg is not installed."""

    def __init__(self, address: str, project: str) -> None:
        try:
            import psycopg
        except ImportError:
            raise UsageError(
                say("PostgreSQL needs the library psycopg"), "[monitor] store", say("pip install 'breakeven[team]'")
            ) from None
        self._psycopg = psycopg
        self._settings, self._project = _settings(address), project
        self._open: Connection[Any] | None = None
        self.place = _shown(address)

    # --- the contract

    def write(self, batch: Batch) -> None:
        names = SCHEMAS[batch.kind].names
        columns = ", ".join(["project", "writer", "number", *map(_quoted, names)])
        with self._connection() as connection, connection.transaction():
            connection.execute(
                f"DELETE FROM {_table(batch.kind)} WHERE project = %s AND writer = %s AND number BETWEEN %s AND %s",
                (self._project, batch.writer, batch.first, batch.first + len(batch.lines) - 1))
            with connection.cursor().copy(f"COPY {_table(batch.kind)} ({columns}) FROM STDIN") as copy:
                for number, line in enumerate(batch.lines, batch.first):
                    copy.write_row((self._project, batch.writer, number, *(_cell(line.get(name)) for name in names)))

    def scan(self, kind: Kind, since: datetime | None = None, columns: Sequence[str] | None = None,
             ) -> Iterator[pa.Table]:  # fmt: skip
        schema = columns_of(kind, columns)
        start = datetime.combine(since.date() if since else date(1970, 1, 1), time(), UTC)
        query = (f"SELECT {', '.join(map(_quoted, schema.names))} FROM {_table(kind)} "
                 "WHERE project = %s AND at >= %s ORDER BY at, writer, number")  # fmt: skip
        with self._connection() as connection, connection.transaction():
            connection.execute("SET LOCAL statement_timeout = 0")
            with connection.cursor("reading") as cursor:
                cursor.execute(query, (self._project, start))
                while rows := cursor.fetchmany(AT_ONCE):
                    arrays = [pa.array(cells, field.type) for cells, field in
                              zip(zip(*rows, strict=True), schema, strict=True)]  # fmt: skip
                    yield pa.Table.from_arrays(arrays, schema=schema)

    def forget_user(self, digest: str) -> int:
        with self._connection() as connection, connection.transaction():
            gone = connection.execute('DELETE FROM breakeven_answers WHERE project = %s AND "user" = %s RETURNING id',
                                      (self._project, digest)).fetchall()  # fmt: skip
            connection.execute("DELETE FROM breakeven_feedback WHERE project = %s AND id = ANY(%s)",
                               (self._project, [name for (name,) in gone]))
        return len(gone)

    def forget_before(self, day: date) -> None:
        """In steps, so that no statement takes long."""
        start = datetime.combine(day, time(), UTC)
        for kind in SCHEMAS:
            table, removed = _table(kind), AT_ONCE
            while removed == AT_ONCE:
                with self._connection() as connection, connection.transaction():
                    removed = connection.execute(
                        f"DELETE FROM {table} WHERE ctid = ANY(ARRAY("
                        f"SELECT ctid FROM {table} WHERE project = %s AND at < %s LIMIT {AT_ONCE}))",
                        (self._project, start)).rowcount

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    # --- the connection

    @contextmanager
    def _connection(self) -> Iterator[Connection[Any]]:
        """The open connection, or a new one; any fault of it is StoreAway, and the next call connects anew."""
        psycopg = self._psycopg
        try:
            if self._open is None or self._open.closed:
                self._open = self._connected()
            yield self._open
        except psycopg.DataError as fault:
            raise LinesRefused(_reason(fault)) from None
        except (UnicodeError, TypeError) as fault:
            raise LinesRefused(type(fault).__name__) from None
        except psycopg.Error as fault:
            self.close()
            raise StoreAway(
                say("the traffic store cannot be used: {fault}", fault=_reason(fault)), self.place,
                say("look whether the database runs and lets you in: psql with the same address"),
            ) from None

    def _connected(self) -> Connection[Any]:
        connection = self._psycopg.connect(
            "", autocommit=True, **{
                "connect_timeout": CONNECT_SECONDS, "application_name": "breakeven", "keepalives_idle": 10,
                "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000,
                "options": f"-c statement_timeout={STATEMENT_MS} -c timezone=UTC", **self._settings},
        )  # fmt: skip
        try:
            _make_tables(connection, self.place)
        except BaseException:
            connection.close()
            raise
        return connection


def _make_tables(connection: Connection[Any], place: str) -> None:
    """Make what is missing. Raises UsageError for tables of a later version."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        connection.execute("CREATE TABLE IF NOT EXISTS breakeven_traffic (version integer NOT NULL)")
        found = connection.execute("SELECT max(version) FROM breakeven_traffic").fetchone()
        version = found[0] if found else None
        if version is not None and version > VERSION:
            raise UsageError(say("the tables of the traffic store are of a later version"), place,
                             say("install a newer breakeven"))
        if version is None:
            connection.execute("INSERT INTO breakeven_traffic VALUES (%s)", (VERSION,))
        for kind, schema in SCHEMAS.items():
            _make_table(connection, kind, schema)


def _make_table(connection: Connection[Any], kind: Kind, schema: pa.Schema) -> None:
    table = _table(kind)
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {table} (project text NOT NULL, writer text NOT NULL, number bigint NOT NULL, "
        "PRIMARY KEY (project, writer, number))")
    there = {name for (name,) in connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0", (table,)).fetchall()}
    for column in schema:
        if column.name not in there:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {_quoted(column.name)} {SQL_TYPES[column.type]}")
    connection.execute(f"CREATE INDEX IF NOT EXISTS {table}_at ON {table} (project, at)")
    connection.execute(f"CREATE INDEX IF NOT EXISTS {table}_id ON {table} (project, id)")
    if "user" in schema.names:
        connection.execute(f'CREATE INDEX IF NOT EXISTS {table}_user ON {table} (project, "user")')


def _table(kind: Kind) -> str:
    return f"breakeven_{kind}"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _cell(value: Any) -> Any:
    """Text without the zero character, which PostgreSQL does not keep."""
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def _reason(fault: BaseException) -> str:
    """What the database said, in one line; the address is no part of it."""
    return " ".join(str(fault).split())[:300] or type(fault).__name__


def _settings(address: str) -> dict[str, Any]:
    """What an address says, part by part: read here, so that no fault of the database's own reader can show a part of
    a password."""
    parts = urlsplit(address)
    said: dict[str, Any] = {
        "user": parts.username, "password": parts.password, "port": parts.port, "dbname": parts.path.lstrip("/"),
        "host": parts.netloc.rpartition("@")[2].removesuffix(f":{parts.port}").strip("[]"),
    }  # fmt: skip
    texts = {name: unquote(value) if isinstance(value, str) else value for name, value in said.items() if value}
    return {**texts, **dict(parse_qsl(parts.query))}


def _shown(address: str) -> str:
    """An address without its password and options."""
    parts = urlsplit(address)
    user = f"{parts.username}@" if parts.username else ""
    return f"postgresql://{user}{parts.netloc.rpartition('@')[2]}{parts.path}"
