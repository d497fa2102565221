"""What all engines share: load, compare, merge, save."""

from __future__ import annotations

import random
import re
import time
from datetime import datetime, timedelta
from typing import Any, Dict, NamedTuple, Optional

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.utils import timezone

from jamsession_sessions import _login
from jamsession_sessions._merge import Items, merge, same
from jamsession_sessions._outcomes import Changed, Interrupted

# How often a save is tried. In each round at least one of the competing requests gets
# through, so that only more requests than this on one session at one moment can fail.
MAX_ROUNDS = 200

_WELL_FORMED = re.compile("[a-z0-9]{8,40}")


class Record(NamedTuple):
    """What is stored of a session."""

    key: str
    data: Any  # as it is stored; a save compares with it
    expiry: Optional[datetime]  # None if it is not known


def well_formed(key: str) -> bool:
    """Whether Django or Go could have issued the key. What databases and caches make of
    spaces, case and NUL differs, so that no other text is looked for."""
    return _WELL_FORMED.fullmatch(key) is not None


class ComparingStore(SessionBase):
    """A session whose save replaces what was loaded, and nothing else.

    If another request has saved meanwhile, its record is loaded, the items that this
    request has changed are put into it, and the save is tried again. A record that is gone
    is never written again.

    An engine gives it the five methods at the end.
    """

    def __init__(self, session_key: Optional[str] = None) -> None:
        super().__init__(session_key)
        self._record: Optional[Record] = None  # as loaded or saved last
        self._cleared = False  # whatever others have stored is to go
        self._overtaken = False  # another request has given the session another key

    # Items.

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        _login.note(self._session, {key: value})

    async def aset(self, key: Any, value: Any) -> None:
        await super().aset(key, value)
        _login.note(self._session_cache, {key: value})

    def setdefault(self, key: Any, value: Any) -> Any:
        if key not in self:
            self[key] = value  # which Django 3.2 passes by
        return self[key]

    def update(self, dict_: Dict[Any, Any]) -> None:
        items = dict(dict_)  # Django takes pairs, too
        super().update(items)
        _login.note(self._session, items)

    async def aupdate(self, dict_: Dict[Any, Any]) -> None:
        items = dict(dict_)
        await super().aupdate(items)
        _login.note(self._session_cache, items)

    async def adelete_test_cookie(self) -> None:
        await super().adelete_test_cookie()
        self.modified = True  # which Django's forgets

    def clear(self) -> None:
        super().clear()
        self._cleared = True

    # The record.

    def load(self) -> Items:
        key = self.session_key
        self._record = self._read(key) if key and well_formed(key) else None
        if self._record is None:
            self._session_key = None
            return {}
        return self._items(self._record)

    def save(self, must_create: bool = False) -> None:
        if self.session_key is None:
            if self._overtaken and _login.USER not in self._get_session(no_load=True):
                raise Interrupted
            self.create()
            return
        self._get_session(no_load=must_create)
        if self.session_key is None:
            raise Interrupted  # it was not there to be loaded
        if must_create:
            self._insert_items()
        elif not self._is_fresh():
            self._replace(self.session_key)

    def cycle_key(self) -> None:
        """Move the record to a new key, in one step where the place allows it.

        Of two requests that do so, one wins. The other may still log a visitor in who was
        anonymous: they have proved who they are, and get a session of their own.
        """
        self._get_session()
        if self.session_key is None:
            self.create()
            return
        try:
            self._replace(self._get_new_session_key())
        except Interrupted:
            if self._record is None or _login.USER in self._items(self._record):
                raise
            self._session_key = None
            self._record, self._overtaken = None, True
        self.modified = True

    def delete(self, session_key: Optional[str] = None) -> None:
        key = session_key or self.session_key
        if key and well_formed(key):
            self._remove(key)

    def flush(self) -> None:
        super().flush()
        self._record, self._overtaken = None, False

    def _insert_items(self) -> None:
        key = self.session_key
        if not well_formed(key):
            raise CreateError
        self._record = self._insert(key, self._session_cache)
        self._cleared = self._overtaken = False

    def _replace(self, key: str) -> None:
        """Put the items in the place of the record, under this key."""
        for round in range(MAX_ROUNDS):
            record = self._record or self._newest(self.session_key)
            try:
                self._record = self._swap(record, key, self._session_cache)
            except Changed:
                time.sleep(random.uniform(0, min(0.001 * round, 0.02)))
                newest = self._newest(record.key)
                self._take_over(record, newest)
                self._record = newest
            else:
                self._session_key = key  # type: ignore[assignment]
                self._cleared = False
                return
        raise UpdateError("Other requests keep saving the session.")

    def _newest(self, key: str) -> Record:
        record = self._read(key, newest=True) if well_formed(key) else None
        if record is None:
            raise Interrupted
        return record

    def _take_over(self, old: Record, new: Record) -> None:
        """Bring into the items what others have saved."""
        if self._cleared:
            return
        items = self._session_cache
        kept = self._as_kept(items)
        if kept.keys() != items.keys():  # JSON has made texts of other names
            items.clear()
            items.update(kept)
        merge(self._items(old), items, self._items(new), kept)

    def _as_kept(self, items: Items) -> Items:
        """The items as they are when they are loaded again."""
        return self.decode(self.encode(items))

    # The expiry.

    def _is_fresh(self) -> bool:
        """Whether a save for the sake of SESSION_SAVE_EVERY_REQUEST can wait."""
        record = self._record
        if self.modified or self._cleared or record is None or not settings.SESSION_SAVE_EVERY_REQUEST:
            return False
        interval = getattr(settings, "SESSION_REFRESH_INTERVAL", 0)
        expiry = self._expiry(record)
        if interval < 0 or expiry is None or not same(self._items(record), self._session_cache):
            return False
        now = timezone.now()
        deadline = self.get_expiry_date(modification=now)
        due = min(
            timedelta(seconds=interval or self.get_session_cookie_age() / 10),
            (deadline - now) / 10,
            timedelta(days=40),  # browsers forget a cookie after 400 days
        )
        moved = deadline - expiry
        return moved <= timedelta() or moved < due

    def _expiry(self, record: Record) -> Optional[datetime]:
        return record.expiry

    # Django 5.1 and newer. Its engines do these by themselves, past the methods above.

    async def aload(self) -> Items:
        return await sync_to_async(self.load)()

    async def asave(self, must_create: bool = False) -> None:
        await sync_to_async(self.save)(must_create)

    async def acreate(self) -> None:
        await sync_to_async(self.create)()

    async def aexists(self, session_key: str) -> bool:
        return await sync_to_async(self.exists)(session_key)

    async def adelete(self, session_key: Optional[str] = None) -> None:
        await sync_to_async(self.delete)(session_key)

    async def aflush(self) -> None:
        await sync_to_async(self.flush)()

    async def acycle_key(self) -> None:
        await sync_to_async(self.cycle_key)()

    # What an engine does.

    def _read(self, key: str, newest: bool = False) -> Optional[Record]:
        """The record under a key; None if there is none, or it has expired. The newest is
        to come from where it is written."""
        raise NotImplementedError

    def _items(self, record: Record) -> Items:
        """A new copy of the items of a record."""
        raise NotImplementedError

    def _insert(self, key: str, items: Items) -> Record:
        """Store a new record. CreateError: the key is taken."""
        raise NotImplementedError

    def _swap(self, record: Record, key: str, items: Items) -> Record:
        """Replace a record by one under this key. Changed: there is another. Interrupted:
        there is none."""
        raise NotImplementedError

    def _remove(self, key: str) -> None:
        """Delete the record under a key, if there is one."""
        raise NotImplementedError
