"""Caches by the bytes that they keep: Django's have no step that compares."""

from __future__ import annotations

from typing import Any, Dict, Optional

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.core.exceptions import ImproperlyConfigured

from jamsession_sessions._merge import Items

_REASONS: Dict[str, str] = {
    "LocMemCache": "each process has a cache of its own",
    "DummyCache": "it keeps nothing",
    "DatabaseCache": 'use "jamsession_sessions.db", which needs no cache',
    "FileBasedCache": 'use "jamsession_sessions.file"',
}


class RawCache:
    """A cache of Django's settings. Each method is one step of the server, but for those
    that say otherwise. Keys are Django's, before its KEY_PREFIX; a ttl is in seconds.

    What fails raises the exception of the client.
    """

    def __init__(self, cache: BaseCache) -> None:
        self.cache = cache

    def get(self, key: str) -> Optional[bytes]:
        raise NotImplementedError

    def set(self, key: str, value: bytes, ttl: float) -> None:
        raise NotImplementedError

    def add(self, key: str, value: bytes, ttl: float) -> bool:
        raise NotImplementedError

    def swap(self, key: str, old: bytes, new: bytes, ttl: float) -> None:
        """Replace a value. Changed: there is another. Interrupted: there is none."""
        raise NotImplementedError

    def move(self, key: str, old: bytes, to: str, new: bytes, ttl: float) -> None:
        """The same, under another key. Memcached does it in two steps: both keys are there
        in between."""
        raise NotImplementedError

    def end(self, key: str) -> None:
        """Take a value away, so that no save that has read it can write it again."""
        raise NotImplementedError

    def delete(self, key: str) -> None:
        raise NotImplementedError

    def seconds_left(self, key: str) -> Optional[float]:
        """How long the server keeps the value; None if it does not tell."""
        return None

    def dumps(self, items: Items) -> bytes:
        """The value that Django stores for some items, before it is compressed."""
        raise NotImplementedError

    def loads(self, value: bytes) -> Items:
        raise NotImplementedError

    def compress(self, value: bytes) -> bytes:
        return value

    def decompress(self, value: bytes) -> bytes:
        return value


def open_cache(alias: str) -> RawCache:
    """The cache of this name in CACHES. ImproperlyConfigured: it cannot compare."""
    cache = caches[alias]
    raw = _redis(cache) or _memcached(cache)
    if raw is None:
        raise ImproperlyConfigured(_refusal(alias, cache))
    return raw


def _redis(cache: BaseCache) -> Optional[RawCache]:
    from jamsession_sessions import _redis

    return _redis.open_cache(cache)


def _memcached(cache: BaseCache) -> Optional[RawCache]:
    from jamsession_sessions import _memcached

    return _memcached.open_cache(cache)


def _refusal(alias: str, cache: BaseCache) -> str:
    kind: Any = type(cache)
    reason = next(
        (_REASONS[c.__name__] for c in kind.__mro__ if c.__name__ in _REASONS),
        "it has no step that compares and stores, without which saves would be lost",
    )
    return (
        "CACHES[%r] is a %s.%s, which jamsession_sessions cannot use: %s. It can use Django's RedisCache, "
        "django-redis with its default or Sentinel client, PyMemcacheCache and PyLibMCCache."
        % (alias, kind.__module__, kind.__qualname__, reason)
    )
