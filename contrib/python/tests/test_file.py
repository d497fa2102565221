"""Files: what is left behind, and how long a session lives."""

import os
import time

from engines import EngineCase


class Files(EngineCase):
    engine = "file"

    def path(self, store):
        return store._key_to_file(store.session_key)

    def age(self, path, seconds):
        then = time.time() - seconds
        os.utime(path, (then, then))

    def test_a_file_is_for_its_owner_only(self):
        self.assertEqual(os.stat(self.path(self.new(a=1))).st_mode & 0o777, 0o600)

    def test_a_number_of_seconds_ends_a_session(self):
        """Django's engine does not end it."""
        first = self.new(a=1)
        first.set_expiry(60)
        first.save()
        self.age(self.path(first), 50)
        self.wantItems(first.session_key, a=1, _session_expiry=60)
        self.age(self.path(first), 70)
        self.wantGone(first.session_key)

    def test_an_empty_file_is_one_that_django_is_about_to_write(self):
        first = self.new(a=1)
        open(self.path(first), "w").close()
        self.wantGone(first.session_key)

    def test_a_link_is_not_followed(self):
        first, other = self.new(a=1), self.new(b=1)
        os.unlink(self.path(first))
        os.symlink(self.path(other), self.path(first))
        with self.assertRaises(OSError):
            self.again(first).get("b")

    def test_clear_expired_leaves_nothing_behind(self):
        live, dead = self.new(a=1), self.new(a=1)
        self.age(self.path(dead), 15 * 86400)
        fresh, old, empty = (self.path(live) + "_out_" + name for name in ("x", "y", "z"))
        for path in (fresh, old, self.path(live)[:-8] + "emptyone"):
            open(path, "w").close()
        empty = path
        self.age(old, 3700)
        self.age(empty, 3700)
        foreign = os.path.join(live.storage_path, "sessionid_of_nobody")
        open(foreign, "w").close()
        self.store.clear_expired()
        left = {n for n in os.listdir(live.storage_path) if not n.startswith(".")}
        self.assertEqual(left, {os.path.basename(p) for p in (self.path(live), fresh, foreign)})

    def test_a_save_that_fails_leaves_the_old_record(self):
        first = self.new(a=1)
        late = self.loaded(first)
        late["b"] = object()  # no JSON
        with self.assertRaises(TypeError):
            late.save()
        self.wantItems(first.session_key, a=1)
        store = self.store()
        store["b"] = object()
        with self.assertRaises(TypeError):
            store.save()
        self.assertEqual(len([n for n in os.listdir(first.storage_path) if not n.startswith(".")]), 1)
