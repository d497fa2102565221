"""What each engine does for one request."""

import os
import time
from datetime import timedelta
from unittest import mock

import django
from asgiref.sync import async_to_sync
from django.contrib.sessions.backends.base import CreateError
from django.test import override_settings
from django.utils import timezone

from engines import EngineCase, on_each_engine

HAS_ASYNC = django.VERSION >= (5, 1)


class Engine(EngineCase):
    def test_must_create(self):
        first = self.new(a=1)
        second = self.again(first)
        second["a"] = 2
        with self.assertRaises(CreateError):
            second.save(must_create=True)
        self.wantItems(first.session_key, a=1)

    def test_a_key_that_nobody_issued_is_not_looked_for(self):
        first = self.new(a=1)
        key = first.session_key
        for key in (key.upper(), key + " ", "../" + key, "a\0" * 8, "é" * 32):
            self.assertEqual(dict(self.store(key).items()), {}, key)

    def test_an_expired_session_is_gone(self):
        first = self.new(a=1)
        first.set_expiry(-1)
        first.save()
        self.wantGone(first.session_key)
        late = self.again(first)
        late["b"] = 1
        late.save()
        self.assertNotEqual(late.session_key, first.session_key)

    def test_names_that_are_not_texts(self):
        if "msgpack" in os.environ.get("CACHE", ""):
            return  # which has none
        first = self.new(a=1)
        one, two = self.loaded(first), self.loaded(first)
        two["b"] = 1
        two.save()
        one[7] = 1
        one.save()
        self.assertEqual({str(name) for name in self.again(first).keys()}, {"a", "b", "7"})

    # The time of a login.

    def test_a_login_says_when_it_was(self):
        for log_in in (
            lambda s: s.__setitem__("_auth_user_id", "7"),
            lambda s: s.update({"_auth_user_id": "7"}),
            lambda s: s.update([("_auth_user_id", "7")]),
            lambda s: s.setdefault("_auth_user_id", "7"),
        ):
            store = self.new(_login_floor=5)
            before = int(time.time())
            log_in(store)
            store.save()
            items = dict(self.again(store).items())
            self.assertGreaterEqual(items["_login_time"], before)
            self.assertLessEqual(items["_login_time"], time.time())
            self.assertIs(type(items["_login_time"]), int)
            self.assertNotIn("_login_floor", items)

    def test_a_copied_session_keeps_its_time(self):
        store = self.new(_auth_user_id="7", _login_time=12, _login_floor=5)
        self.wantItems(store.session_key, _auth_user_id="7", _login_time=12, _login_floor=5)

    # SESSION_SAVE_EVERY_REQUEST.

    def later(self, **age):
        return mock.patch.object(timezone, "now", return_value=timezone.now() + timedelta(**age))

    def writes(self, store):
        with mock.patch.object(store, "_swap", wraps=store._swap) as swap:
            store.save()
        return swap.call_count

    @override_settings(SESSION_SAVE_EVERY_REQUEST=True, SESSION_COOKIE_AGE=1000)
    def test_a_refresh_waits_for_a_tenth_of_the_age(self):
        first = self.new(a=1)
        self.assertEqual(self.writes(self.loaded(first)), 0)
        late = self.loaded(first)
        with self.later(seconds=90):
            self.assertEqual(self.writes(late), 0)
        with self.later(seconds=110):
            self.assertEqual(self.writes(late), 1)
            self.assertEqual(self.writes(late), 0)

    @override_settings(SESSION_SAVE_EVERY_REQUEST=True, SESSION_COOKIE_AGE=1000)
    def test_a_short_session_is_refreshed_more_often(self):
        first = self.new(a=1)
        first.set_expiry(50)
        first.save()
        late = self.loaded(first)
        with self.later(seconds=4):
            self.assertEqual(self.writes(late), 0)
        with self.later(seconds=6):
            self.assertEqual(self.writes(late), 1)

    def test_the_interval_is_a_setting(self):
        with override_settings(SESSION_SAVE_EVERY_REQUEST=True, SESSION_COOKIE_AGE=1000):
            first = self.new(a=1)
            for interval, after, want in ((-1, 0, 1), (20, 10, 0), (20, 30, 1), (900, 110, 1)):
                late = self.loaded(first)
                with override_settings(SESSION_REFRESH_INTERVAL=interval), self.later(seconds=after):
                    self.assertEqual(self.writes(late), want, (interval, after))
                if want:
                    first = self.new(a=1)

    @override_settings(SESSION_SAVE_EVERY_REQUEST=True)
    def test_a_change_is_not_a_refresh(self):
        first = self.new(a=[1])
        one = self.loaded(first)
        one["b"] = 1
        self.assertEqual(self.writes(one), 1)
        two = self.loaded(first)
        two["a"].append(2)  # without a word, which Django saves at each request
        self.assertEqual(self.writes(two), 1)
        self.wantItems(first.session_key, a=[1, 2], b=1)

    def test_an_explicit_save_writes(self):
        self.assertEqual(self.writes(self.loaded(self.new(a=1))), 1)

    @override_settings(SESSION_SAVE_EVERY_REQUEST=True)
    def test_a_refresh_brings_nothing_back(self):
        first = self.new(a=1)
        late = self.loaded(first)
        self.again(first).flush()
        with self.later(days=3), self.interrupted():
            late.save()
        self.wantGone(first.session_key)

    # Async.

    def test_async_methods_compare_too(self):
        if not HAS_ASYNC:
            return  # Django's sessions have none

        async def go():
            first = self.store()
            await first.aset("a", 1)
            await first.asave()
            one, two, late = (self.store(first.session_key) for _ in range(3))
            for store in (one, two, late):
                self.assertEqual(await store.aget("a"), 1)
            await one.aset("one", 1)
            await one.asave()
            await two.aupdate({"two": 2, "_auth_user_id": "7"})
            await two.acycle_key()
            await late.aset("late", 1)
            with self.interrupted():
                await late.asave()
            self.assertFalse(await late.aexists(first.session_key))
            self.assertTrue(await two.aexists(two.session_key))
            items = dict(await self.store(two.session_key).aitems())
            self.assertAlmostEqual(items.pop("_login_time"), time.time(), delta=5)
            self.assertEqual(items, {"a": 1, "one": 1, "two": 2, "_auth_user_id": "7"})
            last = self.store(two.session_key)
            await last.aget("a")
            await two.aflush()
            with self.interrupted():
                await last.acycle_key()
            third = self.store()
            await third.aset_test_cookie()
            await third.acreate()
            third = self.store(third.session_key)
            await third.adelete_test_cookie()
            self.assertTrue(third.modified)
            await third.adelete()
            self.assertFalse(await third.aexists(third.session_key))

        async_to_sync(go)()


on_each_engine(globals(), Engine)
