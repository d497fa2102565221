"""The locks of a folder of sessions, which the Go library takes, too."""

from __future__ import annotations

import os
import stat
import time
from contextlib import ExitStack, contextmanager
from typing import Iterator

from django.core.exceptions import ImproperlyConfigured

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_FILES = 16
_LONGEST_WAIT = 5  # seconds


@contextmanager
def locked(folder: str, prefix: str, *keys: str) -> Iterator[None]:
    """Nobody else who takes the locks changes these keys meanwhile."""
    if fcntl is None:
        raise ImproperlyConfigured("jamsession_sessions.file needs locks (flock), which this system lacks.")
    with ExitStack() as stack:
        for number in sorted({_number(key) for key in keys}):  # so that no two wait for each other
            lock = _open(os.path.join(folder, ".%s.lock.%02d" % (prefix, number)))
            stack.callback(os.close, lock)  # which unlocks it
            _take(lock)
        yield


def _number(key: str) -> int:
    total = 0
    for c in key.encode():
        total = (total * 31 + c) & 0xFFFFFFFF
    return total % _FILES


def _open(path: str) -> int:
    """Open or make a lock file. One that another user can open is refused: that user could
    lock it for ever."""
    flags = os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    lock = os.open(path, flags)
    found = os.fstat(lock)
    if found.st_uid != os.geteuid() or found.st_mode & 0o077 or not stat.S_ISREG(found.st_mode):
        os.close(lock)
        raise ImproperlyConfigured(
            "The lock file %s does not belong to this site, or other users can open it." % path
        )
    return lock


def _take(lock: int) -> None:
    end, wait = time.monotonic() + _LONGEST_WAIT, 0.00005
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > end:
                raise TimeoutError("The lock of a session was not free for %d s." % _LONGEST_WAIT)
        time.sleep(wait)
        wait = min(2 * wait, 0.01)
