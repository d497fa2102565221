"""The engines under test, each with what a test needs to look behind it."""

import os
import tempfile
from contextlib import contextmanager
from importlib import import_module

from django.contrib.sessions.models import Session
from django.test import TransactionTestCase, override_settings

from jamsession_sessions import Interrupted


class EngineCase(TransactionTestCase):
    """A case that each subclass runs on one engine."""

    engine = None

    def setUp(self):
        if self.engine in ("cache", "cached_db") and "CACHE" not in os.environ:
            self.skipTest("no CACHE")
        if self.engine == "file":
            folder = tempfile.TemporaryDirectory()
            self.addCleanup(folder.cleanup)
            settings = override_settings(SESSION_FILE_PATH=folder.name)
            settings.enable()
            self.addCleanup(settings.disable)
            from django.contrib.sessions.backends import file

            self.forget_folder(file.SessionStore)
        self.store = self.store_class()

    def _fixture_teardown(self):
        """Django's own empties all tables."""
        Session.objects.all().delete()

    def store_class(self):
        if self.engine is None:
            self.skipTest("of no engine")
        found = import_module("jamsession_sessions." + self.engine).SessionStore
        self.forget_folder(found)
        return found

    def forget_folder(self, store):
        if "_storage_path" in vars(store):
            del store._storage_path

    def new(self, **items):
        """A stored session."""
        store = self.store()
        store.update(items)
        store.save()
        return store

    def again(self, store):
        """The same session in another request, not loaded yet."""
        return self.store(store.session_key)

    def loaded(self, store):
        """The same session in another request, loaded."""
        another = self.again(store)
        another.get("anything")
        return another

    def wantItems(self, key, **items):
        self.assertEqual(dict(self.store(key).items()), items)

    def wantGone(self, key):
        store = self.store(key)
        self.assertEqual(dict(store.items()), {})
        self.assertIsNone(store.session_key)

    @contextmanager
    def interrupted(self):
        with self.assertRaises(Interrupted):
            yield


def on_each_engine(namespace, case):
    """Put a subclass for each engine into a module."""
    for engine in ("db", "cache", "cached_db", "file"):
        name = case.__name__ + "On_" + engine
        namespace[name] = type(name, (case,), {"engine": engine, "__module__": case.__module__})
    del namespace[case.__name__]
