"""Memcached, by pymemcache or pylibmc, with clients of our own that leave bytes alone."""

from __future__ import annotations

import pickle
import sys
from typing import Any, Optional, Tuple
from weakref import WeakKeyDictionary

from asgiref.local import Local
from django.core.cache.backends import memcached
from django.core.cache.backends.base import BaseCache
from django.core.signals import request_finished

from jamsession_sessions._entry import TOMBSTONE
from jamsession_sessions._merge import Items
from jamsession_sessions._outcomes import Changed, Interrupted
from jamsession_sessions._rawcache import RawCache

TOMBSTONE_LIFE = 60  # seconds, longer than any save takes

_PICKLE = 1  # the flags of a pickle, in both libraries
_MARK = b"\0flags"  # begins no pickle


class Memcached(RawCache):
    """One or more servers. A value with other flags than those of a pickle begins with them."""

    def __init__(self, cache: Any) -> None:
        super().__init__(cache)
        clients = _clients_of_this_thread()
        if cache not in clients:
            clients[cache] = self._connect()
        self._client = clients[cache]

    def get(self, key: str) -> Optional[bytes]:
        return self._gets(key)[0]

    def set(self, key: str, value: bytes, ttl: float) -> None:
        if not self._client.set(self._key(key), value, self._ttl(ttl)):
            self.delete(key)

    def add(self, key: str, value: bytes, ttl: float) -> bool:
        return bool(self._client.add(self._key(key), value, self._ttl(ttl)))

    def swap(self, key: str, old: bytes, new: bytes, ttl: float) -> None:
        stored, cas = self._gets(key)
        if stored is None:
            raise Interrupted
        if stored != old or not self._cas(key, new, cas, self._ttl(ttl)):
            raise Changed

    def move(self, key: str, old: bytes, to: str, new: bytes, ttl: float) -> None:
        if not self.add(to, new, ttl):
            raise Changed
        try:
            self.swap(key, old, TOMBSTONE, TOMBSTONE_LIFE)
        except BaseException:
            self.delete(to)  # nobody knows it yet
            raise

    def end(self, key: str) -> None:
        self.set(key, TOMBSTONE, TOMBSTONE_LIFE)

    def delete(self, key: str) -> None:
        self._client.delete(self._key(key))

    def _key(self, key: str) -> Any:
        return self.cache.make_key(key)

    def _ttl(self, ttl: float) -> int:
        return int(self.cache.get_backend_timeout(int(ttl)))

    def _gets(self, key: str) -> Tuple[Optional[bytes], Any]:
        return self._client.gets(self._key(key))

    def _connect(self) -> Any:
        """A client that takes and returns bytes."""
        raise NotImplementedError

    def _cas(self, key: str, value: bytes, cas: Any, ttl: int) -> bool:
        raise NotImplementedError


# pymemcache answers "not found" for a server that does not answer: if it is to ignore errors, and
# without that for a second after the first. A logout would not be done, and nobody would hear of
# it. It would also ask another server for the keys of one that failed twice, and the first again
# after a minute, which has not heard of the logouts in between.
_NEVER_SILENT = {"ignore_exc": False, "retry_attempts": sys.maxsize, "retry_timeout": -1}


class PyMemcache(Memcached):
    """django.core.cache.backends.memcached.PyMemcacheCache."""

    cache: Any

    def dumps(self, items: Items) -> bytes:
        return _join(*self._serde.serialize("session", items))

    def loads(self, value: bytes) -> Items:
        return self._serde.deserialize("session", *_split(value))

    @property
    def _serde(self) -> Any:
        return self.cache._options["serde"]

    def _connect(self) -> Any:
        return self.cache._class(
            self.cache.client_servers, **{**self.cache._options, **_NEVER_SILENT, "serde": _Bytes()}
        )

    def _cas(self, key: str, value: bytes, cas: Any, ttl: int) -> bool:
        return bool(self._client.cas(self._key(key), value, cas, ttl, noreply=False))


class _Bytes:
    """The serde of a client that takes and returns bytes."""

    def serialize(self, key: Any, value: bytes) -> Tuple[bytes, int]:
        return _split(value)

    def deserialize(self, key: Any, value: bytes, flags: int) -> bytes:
        return _join(value, flags)


class PyLibMC(Memcached):
    """django.core.cache.backends.memcached.PyLibMCCache."""

    cache: Any

    def dumps(self, items: Items) -> bytes:
        return pickle.dumps(items, pickle.HIGHEST_PROTOCOL)

    def loads(self, value: bytes) -> Items:
        data, flags = _split(value)
        if flags != _PICKLE:
            raise ValueError("the value is not a pickle")
        return pickle.loads(data)

    def _key(self, key: str) -> bytes:
        # pylibmc 1.6 makes bytes of a text, and its gets frees them before it asks: another
        # thread could put its own key there.
        return self.cache.make_key(key).encode()

    def _connect(self) -> Any:
        codec = {
            "serialize": lambda client, value: _split(value),
            "deserialize": lambda client, value, flags: _join(value, flags),
        }
        options = dict(self.cache._options)
        behaviors = {**(options.get("behaviors") or {}), "cas": True}
        for name in ("remove_failed", "auto_eject"):  # see _NEVER_SILENT
            behaviors.pop(name, None)
        options["behaviors"] = behaviors
        return type("Client", (self.cache._class,), codec)(self.cache.client_servers, **options)

    def _cas(self, key: str, value: bytes, cas: Any, ttl: int) -> bool:
        try:
            return bool(self._client.cas(self._key(key), value, cas, ttl))
        except self.cache.LibraryValueNotFoundException:
            return False


def open_cache(cache: BaseCache) -> Optional[RawCache]:
    """The cache, if it is one of these."""
    if isinstance(cache, memcached.PyMemcacheCache):
        return PyMemcache(cache)
    if isinstance(cache, memcached.PyLibMCCache):
        return PyLibMC(cache)
    return None


def _join(value: bytes, flags: int) -> bytes:
    return value if flags == _PICKLE else _MARK + flags.to_bytes(4, "big") + value


def _split(value: bytes) -> Tuple[bytes, int]:
    if not value.startswith(_MARK):
        return value, _PICKLE
    begin = len(_MARK) + 4
    return value[begin:], int.from_bytes(value[len(_MARK) : begin], "big")


_local: Any = Local()


def _clients_of_this_thread() -> Any:
    """Clients by Django's caches, which are one for each thread, too."""
    if not hasattr(_local, "clients"):
        _local.clients = WeakKeyDictionary()
    return _local.clients


def _close(**kwargs: Any) -> None:
    """Close the connections when Django closes those of its caches. pylibmc keeps its own."""
    for cache, client in list(_clients_of_this_thread().items()):
        if isinstance(cache, memcached.PyMemcacheCache):
            client.close()


request_finished.connect(_close)
