"""Session models of a site's own, and what databases do."""

from datetime import timedelta
from unittest import mock

from django.contrib.sessions.base_session import AbstractBaseSession
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection, transaction
from django.test import TestCase, TransactionTestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jamsession_sessions import Interrupted, db
from people.models import AccountSession, Device, SessionStore


class OwnModel(TestCase):
    def row(self, store):
        return AccountSession.objects.get(session_key=store.session_key)

    def test_its_columns_are_filled_by_each_save(self):
        store = SessionStore()
        store.save()
        created = self.row(store)
        self.assertIsNone(created.account_id)
        store["_auth_user_id"] = "7"
        store.save()
        self.assertEqual(self.row(store).account_id, "7")
        self.assertGreater(self.row(store).saved, created.saved)  # auto_now
        store.cycle_key()
        self.assertEqual(self.row(store).account_id, "7")
        self.assertEqual(AccountSession.objects.count(), 1)
        self.assertEqual(Session.objects.count(), 0)

    def test_saves_compare(self):
        store = SessionStore()
        store["a"] = 1
        store.save()
        one, two = SessionStore(store.session_key), SessionStore(store.session_key)
        one["one"] = two["two"] = 1
        one.save()
        two.save()
        self.assertEqual(dict(SessionStore(store.session_key).items()), {"a": 1, "one": 1, "two": 1})
        one.flush()
        with self.assertRaises(Interrupted):
            two.save()

    def test_what_points_at_a_session_goes_with_the_old_key(self):
        """As with Django, whose cycle_key deletes the old row."""
        store = SessionStore()
        store["a"] = 1
        store.save()
        Device.objects.create(session=self.row(store))
        late = SessionStore(store.session_key)
        late["late"] = 1
        store["b"] = 1
        store.save()
        late.cycle_key()  # over a conflict
        self.assertEqual(Device.objects.count(), 0)
        self.assertEqual(AccountSession.objects.count(), 1)
        self.assertEqual(dict(SessionStore(late.session_key).items()), {"a": 1, "b": 1, "late": 1})
        with self.assertRaises(Interrupted):
            store.save()


class Database(TransactionTestCase):
    def new(self, **items):
        store = db.SessionStore()
        store.update(items)
        store.save()
        return store

    def test_a_save_is_one_statement(self):
        for step in ("save", "cycle_key"):
            store = db.SessionStore(self.new(a=1).session_key)
            store["b"] = 1
            with mock.patch.object(store, "_get_new_session_key", return_value="k" * 32):
                with CaptureQueriesContext(connection) as queries:
                    getattr(store, step)()
            kinds = [query["sql"].split()[0] for query in queries]
            self.assertEqual([kind for kind in kinds if kind not in ("BEGIN", "COMMIT")], ["UPDATE"])

    def test_a_conflict_within_a_transaction(self):
        """Which may go on to see what was there when it began, as on MySQL."""
        first = self.new(a=1)
        with transaction.atomic():
            one, two = db.SessionStore(first.session_key), db.SessionStore(first.session_key)
            one["one"] = two["two"] = 1
            one.save()
            two.save()
        self.assertEqual(dict(db.SessionStore(first.session_key).items()), {"a": 1, "one": 1, "two": 1})

    def test_an_interruption_leaves_the_transaction_sound(self):
        first = self.new(a=1)
        with transaction.atomic():
            late = db.SessionStore(first.session_key)
            late["late"] = 1
            db.SessionStore(first.session_key).delete()
            with self.assertRaises(Interrupted):
                late.save()
            self.assertEqual(Session.objects.count(), 0)

    def test_data_that_differs_in_case_only_is_other_data(self):
        """To MySQL's collations it is the same."""
        first = self.new(a=1)
        late = db.SessionStore(first.session_key)
        late["b"] = 1
        other = first._record.data.swapcase()
        Session.objects.filter(session_key=first.session_key).update(session_data=other)
        with mock.patch.object(late, "_newest", side_effect=Interrupted) as newest:
            with self.assertRaises(Interrupted):
                late.save()
        self.assertEqual(newest.call_count, 1)
        self.assertEqual(Session.objects.get().session_data, other)

    def test_a_client_that_counts_changes_only(self):
        """MySQL without CLIENT.FOUND_ROWS: a save that changes nothing affects no row."""
        first = self.new(a=1)
        late = db.SessionStore(first.session_key)
        late["a"] = 1
        rows = mock.Mock()

        def update(**columns):
            Session.objects.filter(session_key=first.session_key).update(**columns)
            return 0

        rows.update = update
        with mock.patch.object(late, "_same", return_value=rows):
            late.save()
        self.assertEqual(late["a"], 1)

    def test_a_session_that_has_expired_meanwhile_is_gone(self):
        first = self.new(a=1)
        late = db.SessionStore(first.session_key)
        late["b"] = 1
        with mock.patch.object(timezone, "now", return_value=timezone.now() + timedelta(days=15)):
            with self.assertRaises(Interrupted):
                late.save()

    def test_an_error_of_the_database_is_not_an_interruption(self):
        late = db.SessionStore(self.new(a=1).session_key)
        late["b"] = 1
        with mock.patch.object(late, "_same", side_effect=OperationalError("locked")):
            with self.assertRaises(OperationalError):
                late.save()

    @override_settings(USE_TZ=False)
    def test_without_time_zones(self):
        first = self.new(a=1)
        late = db.SessionStore(first.session_key)
        late["b"] = 1
        late.save()
        self.assertEqual(dict(db.SessionStore(first.session_key).items()), {"a": 1, "b": 1})

    def test_the_salt_is_djangos(self):
        from django.contrib.sessions.backends import db as djangos

        self.assertEqual(djangos.SessionStore(self.new(a=1).session_key)["a"], 1)
        self.assertTrue(issubclass(AccountSession, AbstractBaseSession))
