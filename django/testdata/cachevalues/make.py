"""Records the values of django-redis' serializers and compressors, of Django's own
cache for Redis, and of the clients of Memcached: python3 make.py > values.json

It needs Debian's python3-django-redis, python3-msgpack, python3-lz4 and
python3-zstandard. The last stands for pyzstd, which Debian does not have: both are the
library zstd, and write the same kind of frame.
"""
import importlib
import importlib.util
import json
import pickle
import sys
import types

import django
import zstandard
from django.conf import settings

if importlib.util.find_spec("pyzstd") is None:
    pyzstd = types.ModuleType("pyzstd")
    pyzstd.ZstdError = zstandard.ZstdError
    pyzstd.compress = lambda value: zstandard.ZstdCompressor(level=3).compress(value)
    pyzstd.decompress = lambda value: zstandard.ZstdDecompressor().decompress(value)
    sys.modules["pyzstd"] = pyzstd

settings.configure(USE_TZ=True)
django.setup()

SESSIONS = {
    "empty": {},
    "small": {"a": 1},
    "login": {
        "_auth_user_id": "b7a1f9a0-58c1-4c43-9f0d-0a3f1f4ad3a7",
        "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
        "_auth_user_hash": "5f9c" * 16,
        "_session_expiry": 3600,
    },
    "kinds": {
        "none": None, "true": True, "false": False, "zero": 0, "minus": -1, "minus_33": -33, "minus_129": -129,
        "minus_32769": -32769, "minus_2_31": -2**31 - 1, "minus_2_63": -2**63, "127": 127, "128": 128, "256": 256,
        "65536": 65536, "2_32": 2**32, "2_63": 2**63, "2_64": 2**64 - 1, "float": 1.5, "tiny": 5e-324, "whole": 1.0,
        "text": "a \"quote\", a \\ and \u20ac \U0001f600 \x7f\x00", "list": [1, [2, [3]], {}], "dict": {"x": {"y": []}},
        "long": "0123456789" * 40, "many": list(range(20)), "names": {"n%d" % n: n for n in range(20)},
    },
    "tuple": {"a": (1, 2), "cart": [{"sku": 17, "n": 2}] * 3},
    "large": {"text": "lorem ipsum dolor " * 8000},
}
SERIALIZERS = {"pickle": "PickleSerializer", "json": "JSONSerializer", "msgpack": "MSGPackSerializer"}
COMPRESSORS = {
    "none": ("identity", "IdentityCompressor"), "zlib": ("zlib", "ZlibCompressor"),
    "gzip": ("gzip", "GzipCompressor"), "lzma": ("lzma", "LzmaCompressor"),
    "zstd": ("zstd", "ZStdCompressor"), "lz4": ("lz4", "Lz4Compressor"),
}


def gzip_compress(value):  # in django-redis since 5.3
    import gzip
    return gzip.compress(value) if len(value) > 15 else value


def compressed(name, value):
    if name == "gzip":
        return gzip_compress(value)
    module, cls = COMPRESSORS[name]
    return getattr(importlib.import_module("django_redis.compressors." + module), cls)({}).compress(value)


def serialized(name, value):
    module = importlib.import_module("django_redis.serializers." + name)
    return getattr(module, SERIALIZERS[name])({}).dumps(value)


def cases():
    for serializer in SERIALIZERS:
        for compressor in COMPRESSORS:
            for name, session in SESSIONS.items():
                if name == "large" and (serializer, compressor) not in (("json", "zstd"), ("pickle", "lz4"), ("msgpack", "lzma")):
                    continue
                value = compressed(compressor, serialized(serializer, session))
                yield serializer, compressor, name, value
    for protocol in range(6):
        yield "pickle", "protocol %d" % protocol, "kinds", pickle.dumps(SESSIONS["kinds"], protocol)


print(json.dumps({
    "sessions": SESSIONS,
    "values": [{"serializer": s, "compressor": c, "session": name, "value": value.hex()} for s, c, name, value in cases()],
}))
