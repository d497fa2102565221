"""Sessions in the database: Django's engine db, with saves that compare.

A site with a session model of its own names it as with Django's engine:

    from jamsession_sessions import db

    class SessionStore(db.SessionStore):
        @classmethod
        def get_model_class(cls):
            return CustomSession

        def create_model_instance(self, data):
            obj = super().create_model_instance(data)
            obj.account_id = data.get("_auth_user_id")
            return obj

The class is best called SessionStore: its name is part of the salt with which the data is
signed. In async views create_model_instance is called, too.
"""

from __future__ import annotations

from typing import Any, Dict, Optional

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import CreateError
from django.db import IntegrityError, connections, models, router, transaction
from django.db.models import F, Func, TextField
from django.utils import timezone

from jamsession_sessions._merge import Items
from jamsession_sessions._outcomes import Changed, Interrupted
from jamsession_sessions._store import ComparingStore, Record


class SessionStore(ComparingStore, db.SessionStore):
    """A session in the table of a model."""

    def _read(self, key: str, newest: bool = False) -> Optional[Record]:
        rows = self.model.objects.all()
        if newest:
            using = self._writer()
            rows = rows.using(using)
            if connections[using].in_atomic_block:  # which may see what was there when it began
                rows = rows.select_for_update()
        try:
            row = rows.get(session_key=key, expire_date__gt=timezone.now())
        except self.model.DoesNotExist:
            return None
        return _record(row)

    def _items(self, record: Record) -> Items:
        return self.decode(record.data)

    def _insert(self, key: str, items: Items) -> Record:
        row = self.create_model_instance(items)
        using = self._writer(row)
        try:
            with transaction.atomic(using=using):
                row.save(force_insert=True, using=using)
        except IntegrityError as e:
            raise CreateError from e
        return _record(row)

    def _swap(self, record: Record, key: str, items: Items) -> Record:
        row = self.create_model_instance(items)
        row.session_key = key
        using = self._writer(row)
        with transaction.atomic(using=using):
            if key != record.key and self.model._meta.related_objects:
                saved = self._move_by_copy(row, record, using)
            else:
                saved = self._same(record, using).update(**_columns(row, key != record.key))
        if not saved:
            self._explain(record, row)
        return _record(row)

    def _move_by_copy(self, row: models.Model, record: Record, using: str) -> int:
        """Move a row that others may point at, as Django does: they go with the old one."""
        try:
            old = self._same(record, using).select_for_update().get()
        except self.model.DoesNotExist:
            return 0
        row.save(force_insert=True, using=using)
        old.delete(using=using)
        return 1

    def _same(self, record: Record, using: str) -> Any:
        """The row, if it is still the record."""
        rows = self.model.objects.using(using).filter(
            session_key=record.key, expire_date__gt=timezone.now()
        )
        if connections[using].vendor != "mysql":
            return rows.filter(session_data=record.data)
        # MySQL's collations do not tell upper case from lower.
        binary = Func(F("session_data"), template="BINARY %(expressions)s", output_field=TextField())
        return rows.alias(stored=binary).filter(stored=record.data)

    def _explain(self, record: Record, row: models.Model) -> None:
        """Say why no row was changed. A MySQL whose client counts changes, and not rows that
        it found, says so of a row that is already what it is to be."""
        newest = self._read(record.key, newest=True)
        if newest is None:
            raise Interrupted
        if newest != _record(row):
            raise Changed

    def _remove(self, key: str) -> None:
        self.model.objects.filter(session_key=key).delete()

    def _writer(self, row: Optional[models.Model] = None) -> str:
        return router.db_for_write(self.model, instance=row)


def _record(row: Any) -> Record:
    return Record(row.session_key, row.session_data, row.expire_date)


def _columns(row: Any, key: bool) -> Dict[str, Any]:
    """What a save of the row writes, with its key or without."""
    return {
        field.attname: field.pre_save(row, False)
        for field in row._meta.concrete_fields
        if (key or not field.primary_key) and not getattr(field, "generated", False)
    }
