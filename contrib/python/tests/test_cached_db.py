"""The cache before the table: what it may serve, and what happens if it fails."""

import logging
import pickle
from datetime import timedelta
from unittest import mock

from django.contrib.sessions.backends import cached_db as djangos
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.db import transaction
from django.utils import timezone

from engines import EngineCase
from jamsession_sessions import _entry, _tablecache, db


class CachedDB(EngineCase):
    engine = "cached_db"

    def setUp(self):
        super().setUp()
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)
        self.addCleanup(_tablecache._missed._until.clear)

    def cached(self, store):
        """What the cache has of a session."""
        return store._table_cache._raw.get(store.cache_key)

    def fails(self, store, *methods):
        """Let methods of the cache fail from now on."""
        raw = store._table_cache._raw
        for method in methods:
            setattr(raw, method, mock.Mock(side_effect=OSError("down")))
        return store

    def test_reads_come_from_the_cache(self):
        first = self.new(a=1)
        self.loaded(first)
        with self.assertNumQueries(0):
            self.wantItems(first.session_key, a=1)
            self.assertTrue(first.exists(first.session_key))

    def test_it_is_an_engine_of_that_kind(self):
        self.assertIsInstance(self.new(), djangos.SessionStore)

    def test_an_entry_is_djangos_too(self):
        first = self.new(a=1)
        self.loaded(first)
        self.assertEqual(caches["default"].get(first.cache_key), {"a": 1})
        self.assertEqual(djangos.SessionStore(first.session_key)["a"], 1)

    def test_a_save_refills(self):
        first = self.new(a=1)
        one = self.loaded(first)
        one["b"] = 1
        one.save()
        with self.assertNumQueries(0):
            self.wantItems(first.session_key, a=1, b=1)

    def test_what_is_rolled_back_was_never_in_the_cache(self):
        first = self.new(a=1)
        one = self.loaded(first)
        with transaction.atomic():
            one["a"] = 2
            one.save()
            self.assertTrue(_entry.is_tombstone(self.cached(first)))
            transaction.set_rollback(True)
        self.wantItems(first.session_key, a=1)

    def test_a_commit_takes_away_what_was_read_before_it(self):
        """Although the tombstone has gone meanwhile, since the transaction took long."""
        for end in ("save", "flush", "cycle_key"):
            first = self.new(a=1)
            one, old = self.loaded(first), self.cached(first)
            one["a"] = 2
            with transaction.atomic():
                getattr(one, end)()
                one._table_cache._raw.set(first.cache_key, old, 100)
            self.assertTrue(_entry.is_tombstone(self.cached(first)), end)

    def test_an_entry_of_djangos_is_not_believed(self):
        first = self.new(a=1)
        Session.objects.all().delete()
        caches["default"].set(first.cache_key, {"a": 1, "_auth_user_id": "7"}, 100)
        self.wantGone(first.session_key)
        self.assertTrue(_entry.is_tombstone(self.cached(first)))

    def test_an_entry_of_djangos_is_replaced(self):
        first = self.new(a=1)
        caches["default"].set(first.cache_key, {"a": "old"}, 100)
        self.wantItems(first.session_key, a=1)
        with self.assertNumQueries(0):
            self.wantItems(first.session_key, a=1)

    def test_a_late_reader_fills_nothing(self):
        """A logout, a change and a move come while the reader has the row."""
        for end in ("flush", "cycle_key", "save"):
            first = self.new(a=1, _auth_user_id="7")
            tab, late = self.loaded(first), self.again(first)
            tab["b"] = 1
            tab._table_cache._raw.delete(first.cache_key)
            fill = late._fill

            def overtaken(record, foreign):
                getattr(tab, end)()
                value = self.cached(first)
                fill(record, foreign)
                self.assertEqual(self.cached(first), value)

            late._fill = overtaken
            self.assertEqual(late["a"], 1)  # that reader was first
            found = late._table_cache.parse(self.cached(first))
            if end == "save":
                self.assertEqual(late.decode(found[0])["b"], 1)
            else:
                self.assertIsNone(found)
                self.wantGone(first.session_key)

    def test_a_change_between_claim_and_entry_takes_the_place(self):
        first = self.new(a=1)
        late, tab = self.again(first), self.again(first)
        put = late._put

        def overtaken(at, tombstone, record):
            tab.flush()
            return put(at, tombstone, record)

        late._put = overtaken
        late.get("a")
        self.assertTrue(_entry.is_tombstone(self.cached(late)))
        self.wantGone(first.session_key)

    def test_a_cache_that_lost_everything_restores_nothing(self):
        first = self.new(a=1)
        late, tab = self.again(first), self.again(first)
        put = late._put

        def overtaken(at, tombstone, record):
            tab.flush()
            tab._table_cache._raw.delete(at)
            return put(at, tombstone, record)

        late._put = overtaken
        late.get("a")
        self.assertIsNone(self.cached(late))
        self.wantGone(first.session_key)

    def test_a_late_reader_of_a_cache_without_memory_fills_nothing_old(self):
        """The same, and the cache has lost what it was told."""
        for end in ("flush", "cycle_key", "save"):
            first = self.new(a=1, _auth_user_id="7")
            tab, late = self.loaded(first), self.again(first)
            tab["b"] = 1
            tab._table_cache._raw.delete(first.cache_key)
            fill = late._fill

            def overtaken(record, foreign):
                getattr(tab, end)()
                tab._table_cache._raw.delete(first.cache_key)
                fill(record, foreign)

            late._fill = overtaken
            late.get("a")
            if end == "save":
                self.assertEqual(self.again(first)["b"], 1)
            else:
                self.wantGone(first.session_key)

    def test_a_cache_that_forgets_during_a_change_hears_of_it_again(self):
        """A tombstone is there while the row changes. If it is lost, a reader fills the
        cache with the old row, which then has to go."""
        for end, step in (("flush", "_remove"), ("cycle_key", "_swap"), ("save", "_swap")):
            for forgets in (False, True):
                first = self.new(a=1, _auth_user_id="7")
                tab = self.loaded(first)
                tab["b"] = 1
                act = getattr(db.SessionStore, step)

                def overtaken(*args):
                    self.assertTrue(_entry.is_tombstone(self.cached(first)))
                    if forgets:
                        tab._table_cache._raw.delete(first.cache_key)
                        self.assertEqual(self.again(first)["a"], 1)
                    return act(*args)

                with mock.patch.object(db.SessionStore, step, overtaken):
                    getattr(tab, end)()
                if end == "save":
                    self.assertEqual(self.again(first)["b"], 1)
                else:
                    self.wantGone(first.session_key)

    def test_an_entry_that_has_expired_is_not_served(self):
        first = self.new(a=1)
        old = first._record._replace(expiry=timezone.now() - timedelta(seconds=1))
        Session.objects.all().delete()
        entry = first._table_cache.entry(old.data, {"a": 1}, old.expiry)
        first._table_cache._raw.set(first.cache_key, entry, 100)
        self.wantGone(first.session_key)

    def test_an_older_entry_does_not_hide_a_newer_save(self):
        """The first of two saves comes to the cache after the second."""
        first = self.new(a=1)
        one, two = self.loaded(first), self.loaded(first)
        put = one._put

        def overtaken(at, tombstone, record):
            two["two"] = 1
            two.save()
            return put(at, tombstone, record)

        one._put = overtaken
        one["one"] = 1
        one.save()
        self.wantItems(first.session_key, a=1, one=1, two=1)

    def test_a_cache_that_fails_fails_no_request(self):
        methods = ("get", "set", "add", "swap", "delete")
        first = self.fails(self.store(), *methods)
        first["a"] = 1
        first.save()
        again = self.fails(self.again(first), *methods)
        self.assertEqual(again["a"], 1)
        again["b"] = 1
        again.save()
        again.cycle_key()
        self.assertTrue(again.exists(again.session_key))
        again.flush()

    def test_a_logout_that_the_cache_missed_counts_in_this_process(self):
        first = self.new(a=1)
        self.loaded(first)
        old = self.cached(first)
        self.fails(self.loaded(first), "set", "delete").flush()
        self.assertEqual(self.cached(first), old)
        blind = self.fails(self.again(first), "set", "delete")
        self.assertEqual(dict(blind.items()), {})
        self.wantGone(first.session_key)  # and now the cache has heard of it
        self.assertTrue(_entry.is_tombstone(self.cached(first)))

    def test_a_full_cache_hears_of_a_logout(self):
        first = self.new(a=1)
        self.loaded(first)
        self.fails(self.loaded(first), "set").flush()
        self.assertIsNone(self.cached(first))
        self.wantGone(first.session_key)

    def test_no_pickle_is_loaded(self):
        first = self.new(a=1)
        self.loaded(first)
        with mock.patch.object(pickle, "loads", side_effect=AssertionError):
            self.wantItems(first.session_key, a=1)

    def test_a_forged_entry_is_an_empty_session(self):
        """The row's text is signed, and the entry holds it."""
        first = self.new(a=1)
        record = first._record
        forged = first._table_cache.entry("forged" + record.data, {"a": 2}, record.expiry)
        first._table_cache._raw.set(first.cache_key, forged, 100)
        self.assertEqual(dict(self.again(first).items()), {})
