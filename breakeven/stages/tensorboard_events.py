"""Event files of TensorBoard, written without it: TFRecords of `Event` messages in the protobuf wire format.

Formats: tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto (field numbers below) and
tensorflow/core/lib/io/record_writer.h (length, its masked CRC-32C, the message, its masked CRC-32C).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from breakeven.stages.track import Track
from breakeven.store import write_bytes

WALL_TIME, STEP, FILE_VERSION, SUMMARY = 1, 2, 3, 5
"""Fields of an Event."""
VALUE = 1
"""Of a Summary."""
TAG, SIMPLE_VALUE = 1, 2
"""Of a Summary.Value."""
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types."""
POLYNOMIAL, MASK = 0x82F63B78, 0xA282EAD8


def write_events(folder: Path, track: Track) -> None:
    """One event file in `folder` with all series of a training; an earlier one of the same training is replaced."""
    name = f"events.out.tfevents.{int(track.begun):010d}.breakeven"
    write_bytes(folder / name, b"".join(_record(event) for event in _events(track)))


def _events(track: Track) -> Iterator[bytes]:
    yield _field(WALL_TIME, FIXED64, struct.pack("<d", track.begun)) + _text(FILE_VERSION, "brain.Event:2")
    for series in track.series:
        for step, seconds, value in series.points:
            yield _event(track.begun + seconds, step, series.name, value)


def _event(time: float, step: int, tag: str, value: float) -> bytes:
    scalar = _text(TAG, tag) + _field(SIMPLE_VALUE, FIXED32, struct.pack("<f", value))
    summary = _sized(VALUE, scalar)
    return _field(WALL_TIME, FIXED64, struct.pack("<d", time)) + _field(STEP, VARINT, _varint(step)) + _sized(
        SUMMARY, summary
    )


def _field(number: int, wire: int, content: bytes) -> bytes:
    return _varint(number << 3 | wire) + content


def _sized(number: int, content: bytes) -> bytes:
    return _field(number, BYTES, _varint(len(content)) + content)


def _text(number: int, text: str) -> bytes:
    return _sized(number, text.encode())


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the high bit says that more follow."""
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def _record(message: bytes) -> bytes:
    length = struct.pack("<Q", len(message))
    return length + _checksum(length) + message + _checksum(message)


def _checksum(content: bytes) -> bytes:
    """CRC-32C, turned by 15 bits and shifted, as TFRecords keep it."""
    crc = crc32c(content)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + MASK) & 0xFFFFFFFF)


def crc32c(content: bytes) -> int:
    """CRC-32 with Castagnoli's polynomial (RFC 3720, appendix B.4)."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def _entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (POLYNOMIAL if byte & 1 else 0)
    return byte


_TABLE = tuple(_entry(byte) for byte in range(256))
