"""Sessions in the database, with a cache before it: Django's engine cached_db, with saves
that compare, and a cache that serves no session again that has ended.

Redis and Memcached are supported, as by jamsession_sessions.cache. If the cache fails, the
database answers.
"""

from __future__ import annotations

from typing import Optional

from django.conf import settings
from django.contrib.sessions.backends import cached_db
from django.db import connections, transaction
from django.utils import timezone

from jamsession_sessions import _entry, db
from jamsession_sessions._instants import aware, djangos
from jamsession_sessions._merge import Items
from jamsession_sessions._rawcache import open_cache
from jamsession_sessions._store import Record, well_formed
from jamsession_sessions._tablecache import LIFETIME, TableCache


class SessionStore(db.SessionStore, cached_db.SessionStore):
    """A session in the table of a model, and a copy of it in a cache."""

    def __init__(self, session_key: Optional[str] = None) -> None:
        super().__init__(session_key)
        self._table_cache = TableCache(open_cache(settings.SESSION_CACHE_ALIAS))

    def _at(self, key: str) -> str:
        return self.cache_key_prefix + key

    def exists(self, session_key: str) -> bool:
        if not session_key or not well_formed(session_key):
            return False
        value = self._table_cache.get(self._at(session_key))
        if self._live(session_key, value) is not None:
            return True
        return self.model.objects.filter(session_key=session_key).exists()

    def _read(self, key: str, newest: bool = False) -> Optional[Record]:
        if newest:
            return super()._read(key, newest=True)
        value = self._table_cache.get(self._at(key))
        cached = self._live(key, value)
        if cached is not None:
            return cached
        record = super()._read(key)
        if value is not None and _entry.is_tombstone(value):
            return record
        if record is not None:
            self._fill(record, value)
        elif value is not None:
            self._table_cache.bury(self._at(key))  # so that a plain Django does not serve it
        return record

    def _live(self, key: str, value: Optional[bytes]) -> Optional[Record]:
        """The record in an entry, if it is one of ours and has not expired. Those of a plain
        Django are not believed: its refill can restore a session after its logout."""
        found = self._table_cache.parse(value) if value is not None else None
        if found is None or found[1] <= aware(timezone.now()):
            return None
        return Record(key, found[0], djangos(found[1]))

    def _fill(self, record: Record, foreign: Optional[bytes]) -> None:
        """Put a row that was just found into the cache, where nothing of ours is."""
        at = self._at(record.key)
        claim = self._table_cache.claim(at, foreign)
        if claim is None:
            return
        now = super()._read(record.key, newest=True)
        if now is not None:
            self._put(at, claim, now)

    def _put(self, at: str, tombstone: bytes, record: Record) -> bool:
        expiry = aware(record.expiry or timezone.now())
        ttl = min(LIFETIME, (expiry - aware(timezone.now())).total_seconds())
        entry = self._table_cache.entry(record.data, self._items(record), expiry)
        return entry is not None and ttl > 0 and self._table_cache.swap(at, tombstone, entry, ttl)

    def _swap(self, record: Record, key: str, items: Items) -> Record:
        at = self._at(record.key)
        tombstone = self._table_cache.bury(at)
        new = super()._swap(record, key, items)
        moved, committed = key != record.key, not connections[self._writer()].in_atomic_block
        if moved or tombstone is None or not committed or not self._put(at, tombstone, new):
            # Or another request has changed the cache. Its entry may be older than this change.
            self._bury_at_commit(at)
        return new

    def _remove(self, key: str) -> None:
        at = self._at(key)
        self._table_cache.bury(at)
        super()._remove(key)
        self._bury_at_commit(at)

    def _bury_at_commit(self, at: str) -> None:
        """Take an entry away now, or when others see what this transaction has done: until then
        the first tombstone stands, unless it takes long."""
        transaction.on_commit(lambda: self._table_cache.bury(at), using=self._writer())
