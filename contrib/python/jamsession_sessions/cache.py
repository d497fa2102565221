"""Sessions in Redis or Memcached: Django's engine cache, with saves that compare.

Django's API of caches has no step that compares and stores, so that other caches are
refused with ImproperlyConfigured. An error of the cache is the request's: with Django's
engine it would log the visitor out.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Optional, Tuple

from django.conf import settings
from django.contrib.sessions.backends import cache
from django.contrib.sessions.backends.base import CreateError
from django.utils import timezone

from jamsession_sessions import _entry
from jamsession_sessions._instants import aware, djangos
from jamsession_sessions._merge import Items
from jamsession_sessions._rawcache import open_cache
from jamsession_sessions._store import ComparingStore, Record, well_formed


class SessionStore(ComparingStore, cache.SessionStore):
    """A session in a cache only. Its value contains its expiry, which Django does not see."""

    def __init__(self, session_key: Optional[str] = None) -> None:
        super().__init__(session_key)
        self._raw = open_cache(settings.SESSION_CACHE_ALIAS)

    def exists(self, session_key: str) -> bool:
        return bool(session_key) and well_formed(session_key) and self._read(session_key) is not None

    def _read(self, key: str, newest: bool = False) -> Optional[Record]:
        value = self._raw.get(self.cache_key_prefix + key)
        if value is None or _entry.is_tombstone(value):
            return None
        expiry = _entry.expiry_of(self._raw.decompress(value))
        if expiry is not None and expiry <= aware(timezone.now()):
            return None
        return Record(key, value, djangos(expiry))

    def _items(self, record: Record) -> Items:
        items = self._raw.loads(self._raw.decompress(record.data))
        if not isinstance(items, dict):
            raise TypeError("The value of a session in the cache is a %s." % type(items).__name__)
        return items

    def _as_kept(self, items: Items) -> Items:
        return self._raw.loads(self._raw.dumps(items))

    def _insert(self, key: str, items: Items) -> Record:
        record, ttl = self._made_of(key, items)
        if not self._raw.add(self.cache_key_prefix + key, record.data, ttl):
            raise CreateError
        return record

    def _swap(self, record: Record, key: str, items: Items) -> Record:
        new, ttl = self._made_of(key, items)
        at, to = self.cache_key_prefix + record.key, self.cache_key_prefix + key
        if at == to:
            self._raw.swap(at, record.data, new.data, ttl)
        else:
            self._raw.move(at, record.data, to, new.data, ttl)
        return new

    def _made_of(self, key: str, items: Items) -> Tuple[Record, float]:
        ttl = self.get_expiry_age()
        expiry = timezone.now() + timedelta(seconds=ttl)
        value = _entry.stamp(self._raw.dumps(items), aware(expiry))
        return Record(key, self._raw.compress(value), expiry), ttl

    def _remove(self, key: str) -> None:
        self._raw.end(self.cache_key_prefix + key)

    def _expiry(self, record: Record) -> Optional[datetime]:
        if record.expiry is not None:
            return record.expiry
        left = self._raw.seconds_left(self.cache_key_prefix + record.key)
        return None if left is None else timezone.now() + timedelta(seconds=left)
