"""Wrong requests by the thousand: mutations of valid ones, made by a grammar from a seed, and who sends them.

A case is the bytes that one client sends on a connection of its own. It is sent whole or in pieces; when nothing more
comes back, the client closes its half, and the server must close the other. What comes back must be answers of HTTP,
none of them a fault of the server's.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

QUIET_SECONDS = 0.1
"""A client that hears nothing for so long closes its half."""
END_SECONDS = 20.0
"""The server must have closed by then."""
MOST_PIECES = 6
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
RIGHT = {200, 400, 401, 403, 404, 405, 413, 415, 417, 422, 429, 431, 503}

SCALARS = [
    "null", "true", "0", "-0", "1", "1.0", "-1e-7", "1e308", "1e309", "-1e999", "NaN", "Infinity", "-Infinity",
    "9" * 25, "9" * 5_000, "0." + "1" * 400, "01", "+1", ".5", "1.", "0x10", '""', '" "', '"a"', '"\\u0000"',
    '"\\ud800"', '"\\udfff\\ud800"', '"\\uZZZZ"', '"\\x41"', '"\\', '"\n"', '"\x7f\x01"', '"\u202e\u0000"',
    '"' + "x" * 5_000 + '"', '"' + "\U0001f600" * 300 + '"', "[]", "{}", "[" * 40 + "]" * 40, "[" * 3_000,
    '{"a":' * 1_500 + "1" + "}" * 1_500, "undefined", "'a'", "/* c */ 1", "\ufeff1", "[1,]", '{"a":1,}', "",
]  # fmt: skip
NAMES = ["inputs", "user", "message", "input", "Inputs", "inputs ", "__proto__", "constructor", "", "\u0000", "f0",
         "a" * 10_000, "\u00e9", "id", "feedback", "truth", "$ref"]  # fmt: skip
PATHS = ["/v1/predict", "/v1/feedback", "/health", "/ready", "/metrics", "/openapi.json", "/v1/predict/", "/", "*",
         "//v1/predict", "/v1/../v1/predict", "/%2e%2e/%2e%2e/etc/passwd", "/v1/predict?x=" + "y" * 2_000,
         "/v1/predict#x", "http://x/v1/predict", "/\x00", "/\xff\xfe", "/v1/pre dict", "/v1/predict%00", "x",
         "/" + "a" * 20_000, "/v1/%zz", "/v1/predict;a=b", "\\v1\\predict"]  # fmt: skip
METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "PATCH", "get", "P\x00ST", "PRI",
           "M-SEARCH", "X" * 300, ""]  # fmt: skip
VERSIONS = ["HTTP/1.1", "HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/1.2", "HTTP/1.1.1", "HTP/1.1", "http/1.1", "",
            "HTTP/1.1 "]  # fmt: skip
HEADERS = [
    "content-length: 0", "content-length: 5", "content-length: -1", "content-length: +5", "content-length: 5, 5",
    "content-length: 0x5", "content-length: 5 5", "content-length: 99999999999999999999", "content-length:",
    "content-length: \u0665", "content-length : 5", "transfer-encoding: chunked", "transfer-encoding: identity",
    "transfer-encoding: chunked, chunked", "transfer-encoding: xchunked", "transfer-encoding : chunked",
    "transfer-encoding: gzip, chunked", "transfer-encoding:\tchunked", "Transfer-Encoding: cHuNkEd", " folded: x",
    "x: y\r\n folded", "\tx: y", "x", ": y", "x\x00: y", "x: \x00", "x: y\rz: w", "x: y\nz: w", "expect: 100-continue",
    "expect: 200-maybe", "connection: upgrade\r\nupgrade: h2c", "upgrade: websocket\r\nconnection: upgrade",
    "host: a\r\nhost: b", "host:", "authorization: Bearer", "authorization: Bearer \xff\xfe", "authorization: Basic x",
    "authorization: Bearer " + "k" * 9_000, "content-type: text/plain", "content-type:", "content-encoding: gzip",
    "content-type: application/json; charset=utf-16", "content-type: application/vnd.apache.arrow.stream",
    "x" * 20_000 + ": y", "x: " + "y" * 20_000, "cookie: a=b; c", "range: bytes=0-1", "x-http-method-override: GET",
    "connection: close, keep-alive", "keep-alive: timeout=99999", "te: trailers", "trailer: content-length",
]  # fmt: skip
SMUGGLING = [
    "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 6\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nG",
    "POST {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n5c\r\nGPOST / H",
    "POST {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ntransfer-encoding: x\r\n\r\n0\r\n\r\n{next}",
    "POST {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0;ext={long}\r\n\r\n{next}",
    "POST {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff1\r\n",
    "POST {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n\r\n{next}",
    "POST {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\n{{\n0\n\n{next}",
    "POST {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\ncontent-length: 9\r\n\r\n{next}",
    "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 0\r\n\r\n{next}",
    "POST {path} HTTP/1.1\nhost: x\ncontent-length: 2\n\n{{}}{next}",
    "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\r\n{{}}{next}",
    "GET {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 60\r\n\r\n{next}",
    "\r\n\r\n\r\n{next}", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01",
    "{{}}", "{long}{long}",
]  # fmt: skip
NEXT = "GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


@dataclass
class Cases:
    """Makes the cases of a seed. `valid` are bodies that the server takes; `key` opens it where it asks for one."""

    seed: int
    valid: Sequence[Any]
    key: str = ""
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def one(self) -> list[bytes]:
        """The pieces that a client sends."""
        kind = self.chance.choices([self.body_case, self.header_case, self.smuggling_case, self.pipelined, self.noise],
                                   [50, 25, 10, 10, 5])[0]  # fmt: skip
        content = kind()
        if self.chance.random() < 0.05:
            content = content[: self.chance.randrange(len(content) + 1)]
        if self.chance.random() < 0.9:
            return [content]
        cuts = sorted(self.chance.randrange(len(content) + 1) for _ in range(self.chance.randrange(MOST_PIECES)))
        return [content[a:b] for a, b in zip([0, *cuts], [*cuts, len(content)], strict=True)]

    # --- bodies

    def body_case(self) -> bytes:
        body = self.body()
        path = self.chance.choice(["/v1/predict"] * 4 + ["/v1/feedback"])
        return self.framed(path, body, ["content-type: application/json"])

    def body(self) -> bytes:
        text = json.dumps(self.chance.choice(self.valid), ensure_ascii=self.chance.random() < 0.5)
        for _ in range(self.chance.randrange(4)):
            text = self.chance.choice([self.other_scalar, self.other_name, self.doubled, self.cut, self.inserted])(text)
        content = text.encode("utf-8", "surrogatepass")
        return self.flipped(content) if self.chance.random() < 0.2 else content

    def other_scalar(self, text: str) -> str:
        """Something else in the place of a value."""
        places = list(re.finditer(r'(?<=[:\[,])\s*("[^"]*"|-?[\d.]+|null|true|false)', text))
        return self._replaced(text, places, self.chance.choice(SCALARS))

    def other_name(self, text: str) -> str:
        return self._replaced(text, list(re.finditer(r'"[^"]*"(?=:)', text)), json.dumps(self.chance.choice(NAMES)))

    def doubled(self, text: str) -> str:
        """A member or an item twice."""
        places = list(re.finditer(r'("[^"]*":)?\s*("[^"]*"|-?[\d.]+|null)', text))
        place = self.chance.choice(places) if places else None
        return text if place is None else f"{text[: place.end()]}, {place.group()}{text[place.end() :]}"

    def cut(self, text: str) -> str:
        start = self.chance.randrange(len(text) + 1)
        return text[:start] + text[start + self.chance.randrange(9) :]

    def inserted(self, text: str) -> str:
        place = self.chance.randrange(len(text) + 1)
        return text[:place] + self.chance.choice([*SCALARS, *'{}[],:"\\\0']) + text[place:]

    def _replaced(self, text: str, places: list[re.Match[str]], by: str) -> str:
        place = self.chance.choice(places) if places else None
        return text if place is None else text[: place.start()] + by + text[place.end() :]

    def flipped(self, content: bytes) -> bytes:
        changed = bytearray(content)
        for _ in range(self.chance.randint(1, 5) if changed else 0):
            changed[self.chance.randrange(len(changed))] = self.chance.randrange(256)
        return bytes(changed)

    # --- framing and headers

    def framed(self, path: str, body: bytes, headers: list[str], method: str = "POST") -> bytes:
        """A request with a body, by its length or in chunks; now and then the length is a lie."""
        lines = ["host: x", *headers, *([f"authorization: Bearer {self.key}"] if self.key else [])]
        if self.chance.random() < 0.7:
            lines.append("connection: close")
        if self.chance.random() < 0.2:
            lines.append("transfer-encoding: chunked")
            body = self.chunked(body)
        else:
            lie = self.chance.choice([-1, 1, 7, 10**7]) if self.chance.random() < 0.05 else 0
            lines.append(f"content-length: {max(0, len(body) + lie)}")
        head = "\r\n".join([f"{method} {path} HTTP/1.1", *lines])
        return _bytes(head) + b"\r\n\r\n" + body

    def chunked(self, body: bytes) -> bytes:
        parts, rest = [], body
        while rest and len(parts) < 20:
            size = self.chance.randint(1, max(1, len(rest)))
            stated = size if self.chance.random() < 0.97 else size + self.chance.choice([-1, 1, 1 << 40])
            extension = self.chance.choice(["", "", "", ";a=b", ";" + "e" * 500])
            parts.append(_bytes(f"{stated:x}{extension}\r\n") + rest[:size] + b"\r\n")
            rest = rest[size:]
        end = self.chance.choice(["0\r\n\r\n"] * 8 + ["0\r\nx: y\r\n\r\n", "0\r\n", "00000\r\n\r\n"])
        return b"".join(parts) + end.encode()

    def header_case(self) -> bytes:
        """A request whose line and headers are drawn from what is odd."""
        method = self.chance.choice(METHODS) if self.chance.random() < 0.3 else self.chance.choice(["GET", "POST"])
        path = self.chance.choice(PATHS) if self.chance.random() < 0.5 else "/v1/predict"
        version = self.chance.choice(VERSIONS) if self.chance.random() < 0.2 else "HTTP/1.1"
        headers = ["host: x", *self.chance.choices(HEADERS, k=self.chance.randrange(5))]
        if self.chance.random() < 0.05:
            headers += [f"h{number}: v" for number in range(self.chance.choice([120, 3_000]))]
        body = self.body() if self.chance.random() < 0.5 else b""
        if body and self.chance.random() < 0.7:
            headers.append(f"content-length: {len(body)}")
        self.chance.shuffle(headers)
        head = self.chance.choice(["\r\n"] * 15 + ["\n", "\r"]).join([f"{method} {path} {version}", *headers])
        return _bytes(head) + b"\r\n\r\n" + body

    def smuggling_case(self) -> bytes:
        template = self.chance.choice(SMUGGLING)
        return _bytes(template.format(path=self.chance.choice(PATHS[:6]), next=NEXT, long="z" * 9_000))

    def pipelined(self) -> bytes:
        kinds = self.chance.choices([self.body_case, self.header_case], k=self.chance.randint(2, 5))
        return b"".join(kind() for kind in kinds)

    def noise(self) -> bytes:
        whole = self.chance.choice([self.body_case, self.header_case])()
        return self.flipped(whole) if self.chance.random() < 0.7 else self.chance.randbytes(self.chance.randrange(300))


def _bytes(text: str) -> bytes:
    return text.encode("latin-1", "ignore")


# --- sending -----------------------------------------------------------------------------------------------------


@dataclass
class Told:
    """What came back: how often each status, and what was wrong, with the case that made it so."""

    statuses: Counter[int] = field(default_factory=Counter)
    cases: int = 0
    silent: int = 0
    """Connections that the server closed without an answer."""
    faults: list[tuple[str, list[bytes]]] = field(default_factory=list)


async def send_all(host: str, port: int, cases: Cases, count: int, at_once: int = 32,
                   each: Callable[[int], object] = lambda done: None) -> Told:  # fmt: skip
    """Send so many cases, some at a time; `each` is told how many are done."""
    told, left = Told(), iter(range(count))

    async def client() -> None:
        for _ in left:
            pieces = cases.one()
            told.cases += 1
            note(told, pieces, *await send(host, port, pieces))
            each(told.cases)

    await asyncio.gather(*(client() for _ in range(at_once)))
    return told


async def send(host: str, port: int, pieces: list[bytes]) -> tuple[bytes, bool]:
    """What comes back for a case, and whether the server closed its half."""
    reader, writer = await asyncio.open_connection(host, port, limit=1 << 24)
    try:
        for piece in pieces:
            writer.write(piece)
            if len(pieces) > 1:
                await asyncio.sleep(0.002)
        back, ended = await _heard(reader, QUIET_SECONDS)
        if not ended:
            if writer.can_write_eof() and not writer.is_closing():
                writer.write_eof()
            more, ended = await _heard(reader, END_SECONDS)
            back += more
        return back, ended
    except OSError:  # the server has closed before all was read: it may
        return b"", True
    finally:
        writer.close()


async def _heard(reader: asyncio.StreamReader, seconds: float) -> tuple[bytes, bool]:
    """What comes until the server closes, or nothing has come for so many seconds."""
    parts = []
    try:
        while part := await asyncio.wait_for(reader.read(1 << 16), seconds):
            parts.append(part)
    except TimeoutError:
        return b"".join(parts), False
    except OSError:
        pass
    return b"".join(parts), True


def note(told: Told, pieces: list[bytes], back: bytes, ended: bool) -> None:
    """Count what came back."""
    statuses = answers_in(back)
    told.statuses.update(statuses)
    told.silent += not statuses
    if not ended:
        told.faults.append(("the server did not close", pieces))
    for wrong in [status for status in statuses if status not in RIGHT]:
        told.faults.append((f"status {wrong}", pieces))


def answers_in(back: bytes) -> list[int]:
    """The statuses of the answers that follow one another; 0 for what is none. The last may be cut off."""
    found = []
    while back:
        head, _, rest = back.partition(b"\r\n\r\n")
        status = STATUS.match(head)
        if not status:
            return [*found, 0]
        if status.group(1) != b"100":
            found.append(int(status.group(1)))
        length = LENGTH.search(head + b"\r\n")
        no_body = rest.startswith(b"HTTP/1.1 ")  # the answer to HEAD
        back = rest if no_body or not length else rest[int(length.group(1)) :]
    return found
