"""Sessions in files: Django's engine file, with saves that compare.

The folder must be on a local file system with locks (flock). The Go library takes the same
locks, and so do all processes of this package. The files are flushed to the disk.
"""

from __future__ import annotations

import os
import secrets
import time
from datetime import datetime, timezone as tz
from typing import ContextManager, Iterator, Optional

from django.conf import settings
from django.contrib.sessions.backends import file
from django.contrib.sessions.backends.base import CreateError
from django.utils import timezone

from jamsession_sessions._locks import locked
from jamsession_sessions._merge import Items
from jamsession_sessions._outcomes import Changed, Interrupted
from jamsession_sessions._store import ComparingStore, Record, well_formed

_TEMPORARY = "_out_"  # in the name of a file that is being written, as in Django
_LEFTOVER = 3600  # seconds until such a file, and an empty one, was left behind


class SessionStore(ComparingStore, file.SessionStore):
    """A session in a file, named by its key, with Django's content."""

    def _locked(self, *keys: str) -> ContextManager[None]:
        return locked(self.storage_path, self.file_prefix, *keys)

    def _read(self, key: str, newest: bool = False) -> Optional[Record]:
        try:
            with open(os.open(self._key_to_file(key), os.O_RDONLY | os.O_NOFOLLOW), encoding="ascii") as f:
                data = f.read()
                modified = os.fstat(f.fileno()).st_mtime
        except FileNotFoundError:
            return None
        if not data:  # somebody is about to write it
            return None
        expiry = self._expiry_of(data, datetime.fromtimestamp(modified, tz.utc if settings.USE_TZ else None))
        return Record(key, data, expiry) if expiry > timezone.now() else None

    def _expiry_of(self, data: str, modified: datetime) -> datetime:
        own = self.decode(data).get("_session_expiry")
        return self.get_expiry_date(modification=modified, expiry=own)

    def _items(self, record: Record) -> Items:
        return self.decode(record.data)

    def _insert(self, key: str, items: Items) -> Record:
        with self._locked(key):
            path = self._key_to_file(key)
            try:
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            except FileExistsError as e:
                raise CreateError from e
            try:
                record = self._write(key, items)
            except BaseException:
                os.unlink(path)
                raise
            self._flush_folder()
            return record

    def _swap(self, record: Record, key: str, items: Items) -> Record:
        with self._locked(record.key, key):
            stored = self._read(record.key)
            if stored is None:
                raise Interrupted
            if stored.data != record.data or key != record.key and os.path.lexists(self._key_to_file(key)):
                raise Changed
            new = self._write(key, items)
            if key != record.key:
                os.unlink(self._key_to_file(record.key))
            self._flush_folder()
            return new

    def _write(self, key: str, items: Items) -> Record:
        """Replace the file in one step."""
        data, modified = self.encode(items), timezone.now()
        path = self._key_to_file(key)
        temporary = path + _TEMPORARY + secrets.token_hex(8)
        try:
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(fd, "w", encoding="ascii") as f:
                f.write(data)
                f.flush()
                os.utime(fd, (modified.timestamp(), modified.timestamp()))
                os.fsync(fd)
            os.replace(temporary, path)
        except BaseException:
            if os.path.lexists(temporary):
                os.unlink(temporary)
            raise
        return Record(key, data, self._expiry_of(data, modified))

    def _remove(self, key: str) -> None:
        with self._locked(key):
            try:
                os.unlink(self._key_to_file(key))
            except FileNotFoundError:
                return
            self._flush_folder()

    def _flush_folder(self) -> None:
        """Make a change of names survive a power cut."""
        fd = os.open(self.storage_path, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    @classmethod
    def clear_expired(cls) -> None:
        """Remove the expired sessions, and what processes that died have left behind."""
        store = cls()
        for name in store._names():
            key, _, written = name[len(store.file_prefix) :].partition(_TEMPORARY)
            if well_formed(key):
                with store._locked(key):
                    store._clear(name, key, bool(written))

    def _names(self) -> Iterator[str]:
        for name in os.listdir(self.storage_path):
            if name.startswith(self.file_prefix):
                yield name

    def _clear(self, name: str, key: str, temporary: bool) -> None:
        path = os.path.join(self.storage_path, name)
        try:
            found = os.stat(path)
            if temporary or not found.st_size:
                old = time.time() - found.st_mtime > _LEFTOVER
            else:
                old = self._read(key) is None
            if old:
                os.unlink(path)
        except FileNotFoundError:
            pass
