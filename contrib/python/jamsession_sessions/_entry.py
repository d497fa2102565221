"""The values in a cache: Django's, with what the Go library adds to them.

Django's client loads from them what it expects. The additions to a pickle are values that it
pushes and pops again:

    80 ..           PROTO
    8a 08 ........  LONG1 of 8 bytes: the expiry in Unix microseconds
    30              POP

and in an entry of cached_db also the text of the row:

    42 .... ......  BINBYTES with a length of 4 bytes
    30              POP

What django-redis makes by its other serializers has them as _hidden.py says. A tombstone is
a pickled None, to Django a miss. One of cached_db begins with a text that nobody else has.
"""

from __future__ import annotations

import re
import secrets
import string
from datetime import datetime, timedelta, timezone
from typing import Optional, Tuple

from jamsession_sessions._hidden import hide, reveal

TOMBSTONE = b"\x80\x04N."

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_BASE32 = string.ascii_uppercase + "234567"
_UNIQUE_TOMBSTONE = re.compile(rb"\x80\x04\x8c\x1a.{26}0N\.", re.DOTALL)
_STAMP = re.compile(rb"\x80[\x02-\xff]\x8a\x08(.{8})0.", re.DOTALL)
_ENTRY = re.compile(rb"\x80\x04\x8a\x08(.{8})0B(.{4})", re.DOTALL)


def stamp(value: bytes, expiry: datetime) -> bytes:
    """The value with its expiry, if it has a place for it."""
    if not _is_pickle(value):
        return hide(value, _instant(expiry)) or value
    return value[:2] + b"\x8a\x08" + _instant(expiry) + b"0" + value[2:]


def expiry_of(value: bytes) -> Optional[datetime]:
    """The expiry in a value; None if it says none."""
    found = _STAMP.match(value)
    if found:
        return _time(found[1])
    revealed = reveal(value)
    return _time(revealed[0]) if revealed and not revealed[1] else None


def entry(data: str, value: bytes, expiry: datetime) -> Optional[bytes]:
    """The entry of cached_db for a row with this data, whose value would be Django's; None
    if there is no place in it, since the session is empty."""
    row = data.encode()
    if not _is_pickle(value):
        return hide(value, _instant(expiry), row)
    size = len(row).to_bytes(4, "little")
    return b"".join([b"\x80\x04\x8a\x08", _instant(expiry), b"0B", size, row, b"0", value[2:]])


def parse_entry(value: bytes) -> Optional[Tuple[str, datetime]]:
    """The data and the expiry of the row in an entry; None if it is something else."""
    found = _pickled_entry(value) or reveal(value)
    expiry = _time(found[0]) if found else None
    if found is None or expiry is None or not found[1]:
        return None
    try:
        return found[1].decode(), expiry
    except UnicodeDecodeError:
        return None


def _pickled_entry(value: bytes) -> Optional[Tuple[bytes, bytes]]:
    found = _ENTRY.match(value)
    if found is None:
        return None
    end = found.end() + int.from_bytes(found[2], "little")
    return (found[1], value[found.end() : end]) if len(value) > end else None


def unique_tombstone() -> bytes:
    text = "".join(secrets.choice(_BASE32) for _ in range(26))
    return b"\x80\x04\x8c\x1a" + text.encode() + b"0N."


def is_tombstone(value: bytes) -> bool:
    return value == TOMBSTONE or _UNIQUE_TOMBSTONE.fullmatch(value) is not None


def _is_pickle(value: bytes) -> bool:
    return len(value) > 2 and value[0] == 0x80 and value[1] >= 2


def _instant(at: datetime) -> bytes:
    micro = (at - _EPOCH) // timedelta(microseconds=1)
    return micro.to_bytes(8, "little", signed=True)


def _time(instant: bytes) -> Optional[datetime]:
    """The instant; None if there is no such time."""
    try:
        return _EPOCH + timedelta(microseconds=int.from_bytes(instant, "little", signed=True))
    except OverflowError:
        return None
