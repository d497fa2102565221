"""The values in a cache: Django's pickles, with what the Go library adds to them.

Unpickled they are what Django expects. The additions are values that the pickle pushes and
pops again:

    80 ..           PROTO
    8a 08 ........  LONG1 of 8 bytes: the expiry in Unix microseconds
    30              POP

and in an entry of cached_db also the text of the row:

    42 .... ......  BINBYTES with a length of 4 bytes
    30              POP

A tombstone is a pickled None, to Django a miss. One of cached_db begins with a text that
nobody else has.
"""

from __future__ import annotations

import pickle
import re
import secrets
import string
from datetime import datetime, timedelta, timezone
from typing import Any, Optional, Tuple

TOMBSTONE = b"\x80\x04N."

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_BASE32 = string.ascii_uppercase + "234567"
_UNIQUE_TOMBSTONE = re.compile(rb"\x80\x04\x8c\x1a.{26}0N\.", re.DOTALL)
_STAMP = re.compile(rb"\x80[\x02-\xff]\x8a\x08(.{8})0.", re.DOTALL)
_ENTRY = re.compile(rb"\x80\x04\x8a\x08(.{8})0B(.{4})", re.DOTALL)


def stamp(value: bytes, expiry: datetime) -> bytes:
    """The value with its expiry, if it is a pickle that can have one."""
    if len(value) < 3 or value[0] != 0x80 or value[1] < 2:
        return value
    return value[:2] + b"\x8a\x08" + _instant(expiry) + b"0" + value[2:]


def expiry_of(value: bytes) -> Optional[datetime]:
    """The expiry in a value; None if it says none."""
    found = _STAMP.match(value)
    try:
        return _time(found[1]) if found else None
    except OverflowError:
        return None


def entry(data: str, items: Any, expiry: datetime) -> bytes:
    """The entry of cached_db for a row with this data."""
    row = data.encode()
    return b"".join(
        [
            b"\x80\x04\x8a\x08",
            _instant(expiry),
            b"0B",
            len(row).to_bytes(4, "little"),
            row,
            b"0",
            pickle.dumps(items, 4)[2:],
        ]
    )


def parse_entry(value: bytes) -> Optional[Tuple[str, datetime]]:
    """The data and the expiry of the row in an entry; None if it is something else."""
    found = _ENTRY.match(value)
    if found is None:
        return None
    end = found.end() + int.from_bytes(found[2], "little")
    if len(value) < end + 1:
        return None
    try:
        return value[found.end() : end].decode(), _time(found[1])
    except (UnicodeDecodeError, OverflowError):
        return None


def unique_tombstone() -> bytes:
    text = "".join(secrets.choice(_BASE32) for _ in range(26))
    return b"\x80\x04\x8c\x1a" + text.encode() + b"0N."


def is_tombstone(value: bytes) -> bool:
    return value == TOMBSTONE or _UNIQUE_TOMBSTONE.fullmatch(value) is not None


def _instant(at: datetime) -> bytes:
    micro = (at - _EPOCH) // timedelta(microseconds=1)
    return micro.to_bytes(8, "little", signed=True)


def _time(instant: bytes) -> datetime:
    return _EPOCH + timedelta(microseconds=int.from_bytes(instant, "little", signed=True))
