"""Redis, by the client of Django's RedisCache or of django-redis."""

from __future__ import annotations

from typing import Any, List, Optional

from django.core.cache.backends.base import BaseCache

from jamsession_sessions._merge import Items
from jamsession_sessions._outcomes import Changed, Interrupted
from jamsession_sessions._rawcache import RawCache

# Replaces the value under KEYS[1] if it is ARGV[1] by ARGV[2], for ARGV[3] milliseconds, or
# moves it to KEYS[2]. If there is no time left it deletes the old one.
_SWAP = """
local stored = redis.call('GET', KEYS[1])
if not stored then return 1 end
if stored ~= ARGV[1] then return 2 end
if KEYS[2] then
    if redis.call('EXISTS', KEYS[2]) == 1 then return 2 end
    redis.call('DEL', KEYS[1])
end
if tonumber(ARGV[3]) > 0 then
    redis.call('SET', KEYS[2] or KEYS[1], ARGV[2], 'PX', ARGV[3])
else
    redis.call('DEL', KEYS[1])
end
return 0
"""

# Puts ARGV[1] in the place of any value. The first step makes room, if the memory is full.
_SET = """
redis.call('DEL', KEYS[1])
return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
"""


class Redis(RawCache):
    """Always on the server that is written to: a replica may not have heard of a logout."""

    def __init__(self, cache: BaseCache, client: Any) -> None:
        super().__init__(cache)
        self._client = client

    def _key(self, key: str) -> str:
        return str(self.cache.make_key(key))

    def get(self, key: str) -> Optional[bytes]:
        return self._client.get(self._key(key))

    def set(self, key: str, value: bytes, ttl: float) -> None:
        self._client.eval(_SET, 1, self._key(key), value, _milliseconds(ttl))

    def add(self, key: str, value: bytes, ttl: float) -> bool:
        if _milliseconds(ttl) <= 0:
            return not self._client.exists(self._key(key))
        return bool(self._client.set(self._key(key), value, px=_milliseconds(ttl), nx=True))

    def swap(self, key: str, old: bytes, new: bytes, ttl: float) -> None:
        self._swap([key], old, new, ttl)

    def move(self, key: str, old: bytes, to: str, new: bytes, ttl: float) -> None:
        self._swap([key, to], old, new, ttl)

    def _swap(self, keys: List[str], old: bytes, new: bytes, ttl: float) -> None:
        answer = self._client.eval(_SWAP, len(keys), *map(self._key, keys), old, new, _milliseconds(ttl))
        if answer == 1:
            raise Interrupted
        if answer != 0:
            raise Changed

    def end(self, key: str) -> None:
        self.delete(key)  # a swap does not make a value where there is none

    def delete(self, key: str) -> None:
        self._client.delete(self._key(key))

    def seconds_left(self, key: str) -> Optional[float]:
        left = self._client.pttl(self._key(key))
        return left / 1000 if left >= 0 else None


class DjangosRedis(Redis):
    """django.core.cache.backends.redis.RedisCache."""

    def dumps(self, items: Items) -> bytes:
        return self.cache._cache._serializer.dumps(items)

    def loads(self, value: bytes) -> Items:
        return self.cache._cache._serializer.loads(value)


class DjangoRedis(Redis):
    """django_redis.cache.RedisCache."""

    def dumps(self, items: Items) -> bytes:
        return self.cache.client._serializer.dumps(items)

    def loads(self, value: bytes) -> Items:
        return self.cache.client._serializer.loads(value)

    def compress(self, value: bytes) -> bytes:
        return self.cache.client._compressor.compress(value)

    def decompress(self, value: bytes) -> bytes:
        from django_redis.exceptions import CompressorError

        try:
            return self.cache.client._compressor.decompress(value)
        except CompressorError:  # a small one, which is not compressed
            return value


def open_cache(cache: BaseCache) -> Optional[RawCache]:
    """The cache, if it is one of these."""
    return _open_djangos(cache) or _open_django_redis(cache)


def _open_djangos(cache: BaseCache) -> Optional[RawCache]:
    try:
        from django.core.cache.backends.redis import RedisCache
    except ImportError:  # before Django 4.0
        return None
    if not isinstance(cache, RedisCache):
        return None
    return DjangosRedis(cache, cache._cache.get_client(write=True))


def _open_django_redis(cache: BaseCache) -> Optional[RawCache]:
    try:
        from django_redis.cache import RedisCache
        from django_redis.client import DefaultClient, HerdClient, ShardClient
    except ImportError:
        return None
    if not isinstance(cache, RedisCache) or not isinstance(cache.client, DefaultClient):
        return None
    if isinstance(cache.client, (HerdClient, ShardClient)):  # with values and keys of their own
        return None
    return DjangoRedis(cache, cache.client.get_client(write=True))


def _milliseconds(ttl: float) -> int:
    return int(ttl * 1000)
