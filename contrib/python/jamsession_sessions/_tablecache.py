"""The cache before a table. It never fails a request, and a change that it has missed makes
it distrusted."""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime
from typing import Callable, Dict, Optional, Tuple

from jamsession_sessions import _entry
from jamsession_sessions._merge import Items
from jamsession_sessions._rawcache import RawCache
from jamsession_sessions._outcomes import Changed, Interrupted

# Seconds. An entry is served no longer, whatever happens: the row is read again.
LIFETIME = 300

# Seconds during which the place of an entry that was taken away, or claimed by a reader,
# cannot be claimed.
TOMBSTONE_LIFE = 30

_MAX_MISSED = 10_000

_logger = logging.getLogger("django.contrib.sessions")


class _Missed:
    """The keys whose change the cache has not heard of, until their entries are gone. All
    threads of a process share them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: Dict[str, float] = {}
        self._all_until = 0.0

    def add(self, key: str) -> None:
        until = time.monotonic() + LIFETIME
        with self._lock:
            if len(self._until) >= _MAX_MISSED:
                self._until.clear()
                self._all_until = until
            self._until[key] = until

    def remove(self, key: str) -> None:
        with self._lock:
            self._until.pop(key, None)

    def __contains__(self, key: str) -> bool:
        now = time.monotonic()
        with self._lock:
            if self._until.get(key, now) < now:
                del self._until[key]
            return key in self._until or now < self._all_until


_missed = _Missed()


class TableCache:
    """Entries of the cache as the Go library makes them: see docs/engines.md there.

    Before and after the row is changed, a tombstone takes the place of the entry. A reader
    only fills a place that is empty: it claims the place by a tombstone of its own, reads the
    row again, and puts the entry where its own tombstone still is. Whoever changes the row
    meanwhile has taken that away.
    """

    def __init__(self, raw: RawCache) -> None:
        self._raw = raw

    def get(self, key: str) -> Optional[bytes]:
        """The value, if it may be used; a tombstone if there is none that may."""
        if key in _missed and self.bury(key) is None:
            return _entry.TOMBSTONE
        try:
            return self._raw.get(key)
        except Exception:
            _complain()
            return _entry.TOMBSTONE

    def entry(self, data: str, items: Items, expiry: datetime) -> Optional[bytes]:
        """The entry for a row; None if there can be none, since it has no items."""
        try:
            entry = _entry.entry(data, self._raw.dumps(items), expiry)
            return None if entry is None else self._raw.compress(entry)
        except Exception:  # the cache's serializer lacks a type
            _complain()
            return None

    def parse(self, value: bytes) -> Optional[Tuple[str, datetime]]:
        """The data and the expiry of the row in an entry; None if it is something else."""
        try:
            return _entry.parse_entry(self._raw.decompress(value))
        except Exception:
            return None

    def claim(self, key: str, old: Optional[bytes]) -> Optional[bytes]:
        """Put a tombstone into an empty place, or in the place of an old value."""
        tombstone = _entry.unique_tombstone()
        if old is not None:
            return tombstone if self.swap(key, old, tombstone, TOMBSTONE_LIFE) else None
        return tombstone if _did(lambda: self._raw.add(key, tombstone, TOMBSTONE_LIFE)) else None

    def swap(self, key: str, old: bytes, new: bytes, ttl: float) -> bool:
        """Put a value in the place of another. Whether it certainly did."""

        def swap() -> bool:
            try:
                self._raw.swap(key, old, new, ttl)
            except (Changed, Interrupted):
                return False
            return True

        return _did(swap)

    def bury(self, key: str) -> Optional[bytes]:
        """Put a tombstone in the place of any value. If the cache takes none, the value is
        deleted; if it does not even do that, this process does not believe it for a while."""
        tombstone = _entry.unique_tombstone()

        def set() -> bool:
            self._raw.set(key, tombstone, TOMBSTONE_LIFE)
            return True

        def delete() -> bool:
            self._raw.delete(key)
            return True

        buried = _did(set)
        if buried or _did(delete):
            _missed.remove(key)
        else:
            _missed.add(key)
        return tombstone if buried else None


def _did(call: Callable[[], bool]) -> bool:
    """Whether a call certainly did what it was to do."""
    try:
        return call()
    except Exception:
        _complain()
        return False


def _complain() -> None:
    _logger.exception("jamsession_sessions: the cache fails; the database answers")
