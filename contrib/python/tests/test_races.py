"""Two requests with one session, whose steps alternate."""

import threading

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import connections

from engines import EngineCase, on_each_engine


class Races(EngineCase):
    def test_both_keep_what_they_changed(self):
        first = self.new(a=0, b=[1], gone=1, stays={"x": [1]})
        one, two = self.loaded(first), self.loaded(first)
        one["one"] = 1
        one["b"] = [2]
        del one["gone"]
        one.save()
        two["two"] = 2
        two["a"] = 5
        two.save()
        want = {"a": 5, "b": [2], "stays": {"x": [1]}, "one": 1, "two": 2}
        self.wantItems(first.session_key, **want)
        self.assertEqual(dict(two.items()), want)

    def test_a_nested_change_is_a_change(self):
        first = self.new(cart=[1], theirs=0)
        one, two = self.loaded(first), self.loaded(first)
        two["theirs"] = 1
        two.save()
        one["cart"].append(2)
        one.modified = True
        one.save()
        self.wantItems(first.session_key, cart=[1, 2], theirs=1)

    def test_a_view_keeps_its_object_over_a_merge(self):
        first = self.new(cart=[1])
        one, two = self.loaded(first), self.loaded(first)
        cart = one["cart"]
        two["b"] = 1
        two.save()
        one["a"] = 1
        one.save()
        cart.append(2)
        one.save()
        self.wantItems(first.session_key, cart=[1, 2], a=1, b=1)

    def test_an_equal_change_of_type_is_kept(self):
        first = self.new(a=1)
        one, two = self.loaded(first), self.loaded(first)
        two["b"] = 1
        two.save()
        one["a"] = True
        one.save()
        self.assertIs(self.again(first)["a"], True)

    def test_a_tuple_that_was_saved_is_no_change(self):
        one = self.new(pair=(1, 2))
        two = self.loaded(one)
        two["pair"] = [3]
        two.save()
        one["a"] = 1
        one.save()
        self.wantItems(one.session_key, pair=[3], a=1)

    def test_clear_takes_what_others_saved_with_it(self):
        first = self.new(a=1)
        for load in (self.again, self.loaded):
            one, two = load(first), self.loaded(first)
            two["b"] = 1
            two.save()
            one.clear()
            one["c"] = 1
            one.save()
            self.wantItems(first.session_key, c=1)

    def test_nothing_is_written_after_a_logout(self):
        for end in ("flush", "delete", "cycle_key"):
            first = self.new(a=1, _auth_user_id="7")
            key = first.session_key
            tab, late = self.loaded(first), self.loaded(first)
            getattr(tab, end)()
            late["late"] = 1
            with self.interrupted():
                late.save()
            self.wantGone(key)
            with self.interrupted():
                late.save()
            self.wantGone(key)

    def test_an_interruption_is_a_400_from_middleware_and_from_a_view(self):
        first = self.new(a=1)
        late = self.loaded(first)
        self.again(first).flush()
        for kind in (UpdateError, SessionInterrupted):
            with self.assertRaises(kind):
                late.save()

    def test_a_save_between_the_two_of_another_is_merged_again(self):
        """The other request saves each time that this one has loaded again, for a while."""
        first = self.new(n=0)
        one, other = self.loaded(first), self.loaded(first)
        rounds = []
        newest = one._newest

        def overtaken(key):
            record = newest(key)
            if len(rounds) < 3:
                rounds.append(0)
                other["n"] = len(rounds)
                other.save()
            return record

        one._newest = overtaken
        other["n"] = -1
        other.save()
        one["one"] = 1
        one.save()
        self.assertEqual(len(rounds), 3)
        self.wantItems(first.session_key, n=3, one=1)

    def test_a_logout_between_the_two_is_final(self):
        first = self.new(n=0, _auth_user_id="7")
        one, other = self.loaded(first), self.loaded(first)
        newest = one._newest

        def overtaken(key):
            record = newest(key)
            self.again(first).flush()
            return record

        one._newest = overtaken
        other["n"] = 1
        other.save()
        one["one"] = 1
        with self.interrupted():
            one.save()
        self.wantGone(first.session_key)

    def test_of_two_rotations_one_wins(self):
        first = self.new(_auth_user_id="7", _login_time=1)
        key = first.session_key
        one, two = self.loaded(first), self.loaded(first)
        one.cycle_key()
        with self.interrupted():
            two.cycle_key()
        self.wantGone(key)
        self.wantItems(one.session_key, _auth_user_id="7", _login_time=1)

    def test_of_two_rotations_without_a_user_one_wins(self):
        first = self.new(a=1)
        one, two = self.loaded(first), self.loaded(first)
        one.cycle_key()
        two.cycle_key()
        two["two"] = 1
        with self.interrupted():
            two.save()
        self.wantItems(one.session_key, a=1)

    def test_both_of_two_logins_get_a_session(self):
        """Django's login() cycles the key, and then stores who it is."""
        first = self.new(a=1)
        stores = [self.loaded(first), self.loaded(first)]
        for store in stores:
            store.cycle_key()
            store["_auth_user_id"] = "7"
            store.save()
        self.assertNotEqual(stores[0].session_key, stores[1].session_key)
        for store in stores:
            self.assertEqual(self.again(store)["a"], 1)
            self.assertEqual(self.again(store)["_auth_user_id"], "7")

    def test_a_rotation_takes_others_changes_with_it(self):
        first = self.new(a=1)
        one, two = self.loaded(first), self.loaded(first)
        two["b"] = 1
        two.save()
        one["c"] = 1
        one.cycle_key()
        self.wantGone(first.session_key)
        self.wantItems(one.session_key, a=1, b=1, c=1)

    def test_a_request_in_flight_is_no_reason_for_a_new_session(self):
        late = self.store("k" * 32)
        late["a"] = 1
        late.save()
        self.assertNotEqual(late.session_key, "k" * 32)

    def test_many_writers_lose_nothing(self):
        name = str(connections["default"].settings_dict["NAME"])
        if self.engine in ("db", "cached_db") and "memory" in name:
            self.skipTest("SQLite in memory has one connection")
        first, writers, saves = self.new(a=1), 4, 12
        start, errors = threading.Barrier(writers), []

        def write(n):
            try:
                start.wait()
                for i in range(saves):
                    store = self.again(first)
                    store["%d-%d" % (n, i)] = i
                    store.save()
            except Exception as e:
                errors.append(e)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=write, args=(n,)) for n in range(writers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])
        self.assertEqual(len(self.again(first).keys()), 1 + writers * saves)


on_each_engine(globals(), Races)
