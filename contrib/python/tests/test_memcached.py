"""Memcached when a server does not answer."""

import logging
from importlib.util import find_spec
from unittest import skipUnless

from django.contrib.sessions.models import Session
from django.test import SimpleTestCase, TestCase, override_settings

from jamsession_sessions import _tablecache, cache, cached_db

KEY = "k" * 32


@skipUnless(find_spec("pymemcache"), "no pymemcache")
class Silence(TestCase):
    """pymemcache answers for a server that failed just now, or whose errors it is to ignore."""

    def stores(self, engine):
        for options in ({}, {"ignore_exc": True}, {"use_pooling": True, "retry_attempts": 0}):
            one = {
                "BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache",
                "LOCATION": ["127.0.0.1:1"],
                "OPTIONS": options,
            }
            with override_settings(CACHES={"default": one}):
                for _ in range(4):
                    yield engine.SessionStore(KEY)

    def test_the_request_hears_of_it(self):
        for store in self.stores(cache):
            with self.assertRaises(ConnectionError):
                store.load()
            with self.assertRaises(ConnectionError):
                store.delete()

    def test_the_database_answers_and_the_cache_is_distrusted(self):
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)
        self.addCleanup(_tablecache._missed._until.clear)
        for store in self.stores(cached_db):
            _tablecache._missed._until.clear()
            store._session_cache = {}
            store.save(must_create=True)
            self.assertEqual(store._read(KEY).key, KEY)
            store.delete()
            self.assertFalse(Session.objects.exists())
            self.assertIn(store.cache_key, _tablecache._missed)


@skipUnless(find_spec("pylibmc"), "no pylibmc")
class OtherServers(SimpleTestCase):
    def test_no_other_server_answers(self):
        backend = "django.core.cache.backends.memcached.PyLibMCCache"
        behaviors = {"remove_failed": 1, "auto_eject": True, "tcp_nodelay": True}
        one = {"BACKEND": backend, "LOCATION": ["127.0.0.1:1"], "OPTIONS": {"behaviors": behaviors}}
        with override_settings(CACHES={"default": one}):
            client = cache.SessionStore()._raw._client
        found = [client.behaviors[name] for name in ("remove_failed", "auto_eject", "tcp_nodelay")]
        self.assertEqual(found, [0, 0, 1])
