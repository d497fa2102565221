import json
from importlib.util import find_spec

from django.test import SimpleTestCase

from jamsession_sessions._hidden import hide, reveal

INSTANT = b"12345678"


class Hidden(SimpleTestCase):
    def test_json(self):
        for items in ({"a": 1, "b": [None]}, {'q"\\': 1}, {"": {"": 1}}, {"é": "ü"}):
            for row in (b"", b"data:1:sig"):
                for text in (json.dumps(items), json.dumps(items, separators=(",", ":"))):
                    value = hide(text.encode(), INSTANT, row)
                    self.assertEqual(json.loads(value), items)
                    self.assertEqual(reveal(value), (INSTANT, row))

    def test_it_is_gos(self):
        """As package internal/cachevalue of the Go library makes it."""
        self.assertEqual(
            hide(b'{"a":1,"b":2}', INSTANT, b"row"), b'{"a":"SjExMjM0NTY3OHJvdw","a":1,"b":2}'
        )

    def test_msgpack(self):
        if not find_spec("msgpack"):
            self.skipTest("no msgpack")
        import msgpack

        for items in ({"a": 1, "b": [{"c": {}}]}, {str(i): i for i in range(20)}):
            value = hide(msgpack.packb(items), INSTANT, b"row")
            self.assertEqual(msgpack.unpackb(value, raw=False), items)
            self.assertEqual(reveal(value), (INSTANT, b"row"))
        self.assertEqual(
            hide(msgpack.packb({"a": 1}), INSTANT), b"\x82\xa1a\xc4\x0aJ112345678\xa1a\x01"
        )

    def test_an_empty_session_has_no_place(self):
        for value in (b"{}", b"\x80", b"", b"x\x9c"):
            self.assertIsNone(hide(value, INSTANT))

    def test_nothing_is_revealed_where_nothing_is_hidden(self):
        for value in (
            b"",
            b"{",
            b"{}",
            b"[1,2]",
            b'{"a":1}',
            b'{"a":"SjE","a":1}',
            b'{"a":"SjExMjM0NTY3OA","b":1}',
            b'{"a":"SjExMjM0NTY3O","a":1}',
            b'{"a":"!!","a":1}',
            b'{"a":{"a":1},"a":1}',
            b"\x82\xa1a\xc4\x0aJ112345678",
            b"\x82\xa1a\xc4\x0aJ112345678\xa1b\x01",
            b"\x82\xa1a\x01\xa1a\x01",
            b"\xde\xff\xff",
        ):
            self.assertIsNone(reveal(value), value)
