"""Pages that stop in the middle until they are let go on."""

import json
import threading

from django.core.cache import caches

from views import dumps, text

gates = {}
lock = threading.Lock()


class Gate:
    def __init__(self):
        self.arrived = threading.Event()
        self.released = threading.Event()

    def wait(self):
        self.arrived.set()
        if not self.released.wait(30):
            raise RuntimeError("nobody opened the gate")


def gate(request):
    with lock:
        return gates.setdefault(request.GET["gate"], Gate())


def arrived(request):
    """Answers when a page has come to the gate."""
    return text("arrived" if gate(request).arrived.wait(30) else "nobody came")


def release(request):
    gate(request).released.set()
    return text("released")


def slow(request):
    """Loads the session, waits, and stores items."""
    session = request.session
    session.get("anything")
    gate(request).wait()
    for name, value in json.loads(request.POST["items"]).items():
        session[name] = value
    return text("stored")


class Waiting:
    """A cache that waits before it stores."""

    def __init__(self, cache, gate):
        self.cache, self.gate = cache, gate

    def set(self, *args, **kwargs):
        self.gate.wait()
        return self.cache.set(*args, **kwargs)

    def add(self, *args, **kwargs):
        self.gate.wait()
        return self.cache.add(*args, **kwargs)

    def __getattr__(self, name):
        return getattr(self.cache, name)


class Swapping:
    """A cache of jamsession_sessions that waits before it puts an entry in the place of
    its own tombstone."""

    def __init__(self, cache, gate):
        self.cache, self.gate = cache, gate

    def swap(self, *args):
        self.gate.wait()
        return self.cache.swap(*args)

    def __getattr__(self, name):
        return getattr(self.cache, name)


def late(request):
    """Reads the session, and at a POST stores items; but waits before the
    cache gets what was read or stored, or before the file is replaced."""
    session, at = request.session, gate(request)
    if hasattr(session, "_table_cache"):
        session._table_cache._raw = Swapping(session._table_cache._raw, at)
    elif hasattr(session, "_cache"):
        session._cache = Waiting(session._cache, at)
    else:
        encode = session.encode
        session.encode = lambda data: (at.wait(), encode(data))[1]
    answer = text(dumps(dict(session.items())))
    for name, value in json.loads(request.POST.get("items", "{}")).items():
        session[name] = value
    return answer


def forget(request):
    """Takes the session out of the cache, as a full cache does."""
    caches["default"].delete(request.session.cache_key)
    return text("forgotten")
