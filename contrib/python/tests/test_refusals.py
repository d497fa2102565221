"""Caches that cannot compare, and locks that cannot be trusted."""

import os
import tempfile
from importlib.util import find_spec

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.test import SimpleTestCase, override_settings

from jamsession_sessions import cache, cached_db
from jamsession_sessions._locks import _number, locked

LOCAL = "django.core.cache.backends."


class Caches(SimpleTestCase):
    def test_a_cache_without_a_step_that_compares_is_refused(self):
        for backend, reason in (
            (LOCAL + "locmem.LocMemCache", "each process has a cache of its own"),
            (LOCAL + "dummy.DummyCache", "it keeps nothing"),
            (LOCAL + "db.DatabaseCache", "jamsession_sessions.db"),
            (LOCAL + "filebased.FileBasedCache", "jamsession_sessions.file"),
            ("test_refusals.OwnCache", "no step that compares"),
        ):
            one = {"BACKEND": backend, "LOCATION": "nowhere"}
            with override_settings(CACHES={"default": settings.CACHES["default"], "sessions": one}):
                with override_settings(SESSION_CACHE_ALIAS="sessions"):
                    for engine in (cache, cached_db):
                        with self.assertRaisesRegex(ImproperlyConfigured, reason):
                            engine.SessionStore()

    def test_clients_of_django_redis_with_values_of_their_own_are_refused(self):
        if not find_spec("django_redis"):
            self.skipTest("no django-redis")
        for client in ("HerdClient", "ShardClient"):
            one = {
                "BACKEND": "django_redis.cache.RedisCache",
                "LOCATION": ["redis://127.0.0.1:1/0"],
                "OPTIONS": {"CLIENT_CLASS": "django_redis.client." + client},
            }
            with override_settings(CACHES={"default": one}), self.assertRaises(ImproperlyConfigured):
                cache.SessionStore()


class Locks(SimpleTestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def lock(self, key):
        return os.path.join(self.folder, ".sessionid.lock.%02d" % _number(key))

    def test_a_key_has_gos_lock(self):
        """As lock.go of package filestore counts."""
        keys = "0123456789abcdef", "k" * 32, "zyxwvuts"
        self.assertEqual([_number(key) for key in keys], [8, 0, 12])

    def test_a_lock_is_for_one(self):
        with locked(self.folder, "sessionid", "a" * 32):
            self.assertEqual(os.listdir(self.folder), [os.path.basename(self.lock("a" * 32))])
            import fcntl

            with open(self.lock("a" * 32)) as f, self.assertRaises(BlockingIOError):
                fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with open(self.lock("a" * 32)) as f:
            fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def test_two_keys_of_one_lock(self):
        with locked(self.folder, "sessionid", "a" * 32, "a" * 32):
            pass

    def test_a_lock_that_others_can_open_is_refused(self):
        with open(self.lock("a" * 32), "w"):
            os.chmod(self.lock("a" * 32), 0o644)
        with self.assertRaises(ImproperlyConfigured), locked(self.folder, "sessionid", "a" * 32):
            pass

    def test_a_link_is_not_followed(self):
        with tempfile.NamedTemporaryFile() as target:
            os.symlink(target.name, self.lock("a" * 32))
            with self.assertRaises(OSError), locked(self.folder, "sessionid", "a" * 32):
                pass


def OwnCache(location, params):
    from django.core.cache.backends.base import BaseCache

    return BaseCache(params)
