import pickle
from decimal import Decimal

from django.contrib.auth.models import Group
from django.test import SimpleTestCase

from jamsession_sessions._merge import changed, merge, same


class Merge(SimpleTestCase):
    def test_names_of_what_was_set_changed_and_deleted(self):
        base = {"same": [1, {"a": None}], "changed": [1], "deleted": 0, "typed": 1}
        mine = {"same": [1, {"a": None}], "changed": [1, 2], "set": None, "typed": True}
        self.assertEqual(changed(base, mine), {"changed", "deleted", "set", "typed"})

    def test_others_changes_come_in_where_nothing_of_mine_is(self):
        base = {"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}
        mine = {"a": 2, "c": 1, "d": 1, "e": 1, "mine": 1}  # without b
        theirs = {"a": 3, "b": 4, "c": 5, "e": 1, "theirs": 1}  # without d
        merge(base, mine, theirs)
        self.assertEqual(list(mine.items()), [("a", 2), ("c", 5), ("e", 1), ("theirs", 1), ("mine", 1)])

    def test_what_nobody_changed_stays_the_same_object(self):
        cart = ["pen"]
        mine = {"cart": cart, "mine": 1}
        merge({"cart": ["pen"]}, mine, {"cart": ["pen"], "theirs": 1})
        self.assertIs(mine["cart"], cart)

    def test_same_knows_types_and_nan(self):
        nan = float("nan")
        for a, b in [(nan, float("nan")), ([1.5], [1.5]), ({"a": (1,)}, {"a": (1,)}), (None, None)]:
            self.assertTrue(same(a, b), (a, b))
        numbers = [(1, True), (0, False), (1, 1.0), ("1", 1), ({"a": 1}, {"a": True})]
        for a, b in [*numbers, ([1], (1,)), ([], [1])]:
            self.assertFalse(same(a, b), (a, b))

    def test_objects_are_the_same_if_their_state_is(self):
        """Whatever their class calls equal."""
        text = "x" * 9
        for a, b in [
            (Group(pk=1, name=text), Group(pk=1, name=text)),
            ([Plain(text, text)], [Plain(text, "x" * 9)]),
            ({1, 2}, {2, 1}),
            (Decimal("1.0"), Decimal("1.0")),
        ]:
            loaded = pickle.loads(pickle.dumps(a))
            self.assertTrue(same(loaded, pickle.loads(pickle.dumps(b))), (a, b))
        for a, b in [
            (Group(pk=1, name="a"), Group(pk=1, name="b")),
            (Plain(1, 2), Plain(1, 3)),
            (Decimal("1.0"), Decimal("1.00")),
            ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ]:
            self.assertFalse(same(a, b), (a, b))

    def test_what_is_stored_in_another_form_is_no_change(self):
        mine = {"pair": (1, 2), "mine": 1}
        merge({"pair": [1, 2]}, mine, {"pair": [3], "theirs": 1}, {"pair": [1, 2], "mine": 1})
        self.assertEqual(mine, {"pair": [3], "theirs": 1, "mine": 1})


class Plain:
    def __init__(self, *values):
        self.values = values
