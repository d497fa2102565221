import pickle
from datetime import datetime, timedelta, timezone

from django.test import SimpleTestCase

from jamsession_sessions import _entry

AT = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=timezone.utc)


class Entry(SimpleTestCase):
    def test_a_stamp_is_gos(self):
        """As package internal/cachevalue of the Go library makes it."""
        value = bytes.fromhex("80059508000000000000007d948c0161944b01732e")
        micro = int(AT.timestamp()) * 1000000 + 123456
        want = b"\x80\x05\x8a\x08" + micro.to_bytes(8, "little") + b"0" + value[2:]
        self.assertEqual(_entry.stamp(value, AT), want)
        self.assertEqual(_entry.expiry_of(want), AT)
        self.assertEqual(pickle.loads(want), {"a": 1})

    def test_only_a_pickle_is_stamped(self):
        for value in (b"", b"{}", b"\x80", b"\x80\x01}.", b"x\x9c\x03"):
            self.assertEqual(_entry.stamp(value, AT), value)
            self.assertIsNone(_entry.expiry_of(value))

    def test_an_expiry_beyond_time_is_none(self):
        self.assertIsNone(_entry.expiry_of(b"\x80\x05\x8a\x08" + b"\xff" * 7 + b"\x7f0}."))

    def test_an_entry_is_gos_and_djangos(self):
        value = _entry.entry("data:1:sig", pickle.dumps({"a": [1, None]}), AT)
        self.assertEqual(pickle.loads(value), {"a": [1, None]})
        self.assertEqual(_entry.parse_entry(value), ("data:1:sig", AT))
        self.assertEqual(value[:4] + value[12:18], b"\x80\x04\x8a\x080B\x0a\0\0\0")

    def test_what_is_cut_off_is_no_entry(self):
        value = _entry.entry("data:1:sig", pickle.dumps({}), AT)
        for end in range(len(value) - len(pickle.dumps({})) + 2):
            self.assertIsNone(_entry.parse_entry(value[:end]), end)

    def test_tombstones_differ_and_are_misses(self):
        a, b = _entry.unique_tombstone(), _entry.unique_tombstone()
        self.assertNotEqual(a, b)
        for tombstone in (a, b, _entry.TOMBSTONE):
            self.assertTrue(_entry.is_tombstone(tombstone))
            self.assertIsNone(pickle.loads(tombstone))
            self.assertIsNone(_entry.parse_entry(tombstone))
        self.assertFalse(_entry.is_tombstone(_entry.entry("data", pickle.dumps({}), AT)))
        self.assertFalse(_entry.is_tombstone(_entry.stamp(pickle.dumps(None), AT + timedelta(1))))
