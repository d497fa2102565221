"""What JSON and MessagePack carry without showing it: they have no instructions, as pickles do.

The first name of the session stands twice, first with what is hidden, and Python keeps the
last value of a name:

    {"a":"Sj…","a":1,"b":2}

Hidden are "J1", the expiry as 8 bytes, and in an entry of cached_db the text of the row; in
JSON as base64 without padding.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Optional, Tuple

_HEADER = b"J1"
_FIRST_NAME = re.compile(rb'\{("(?:[^"\\]|\\.)*")', re.DOTALL)
_HIDDEN_TEXT = re.compile(rb'\{("(?:[^"\\]|\\.)*"):"([A-Za-z0-9+/]*)",\1:', re.DOTALL)


def hide(value: bytes, instant: bytes, row: bytes = b"") -> Optional[bytes]:
    """The value with an instant and a row; None if it is not of these forms, or is empty."""
    hidden = _HEADER + instant + row
    found = _FIRST_NAME.match(value)
    if found:
        text = base64.b64encode(hidden).rstrip(b"=")
        return b"{" + found[1] + b':"' + text + b'",' + value[1:]
    return _hide_in_map(value, hidden) if _is_map(value) else None


def reveal(value: bytes) -> Optional[Tuple[bytes, bytes]]:
    """The instant and the row in a value; None if nothing is hidden there."""
    found = _HIDDEN_TEXT.match(value)
    try:
        if found:
            hidden = base64.b64decode(found[2] + b"=" * (-len(found[2]) % 4), validate=True)
        else:
            hidden = _hidden_in_map(value) if _is_map(value) else b""
    except binascii.Error:
        return None
    return (hidden[2:10], hidden[10:]) if hidden.startswith(_HEADER) and len(hidden) >= 10 else None


def _is_map(value: bytes) -> bool:
    """Whether it begins like a map of MessagePack with a name."""
    return len(value) > 1 and (0x81 <= value[0] <= 0x8F or value[0] in (0xDE, 0xDF))


def _hide_in_map(value: bytes, hidden: bytes) -> bytes:
    import msgpack

    unpacker = msgpack.Unpacker()
    unpacker.feed(value)
    size, begin = unpacker.read_map_header(), unpacker.tell()
    unpacker.skip()
    name, rest = value[begin : unpacker.tell()], value[begin:]
    packer = msgpack.Packer(use_bin_type=True)
    return b"".join([packer.pack_map_header(size + 1), name, packer.pack(hidden), rest])


def _hidden_in_map(value: bytes) -> bytes:
    try:
        import msgpack

        unpacker = msgpack.Unpacker(raw=False)
        unpacker.feed(value)
        if unpacker.read_map_header() < 2:
            return b""
        name, hidden, again = unpacker.unpack(), unpacker.unpack(), unpacker.unpack()
    except Exception:  # each version has others; also without msgpack
        return b""
    return hidden if name == again and isinstance(hidden, bytes) else b""
