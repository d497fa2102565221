"""What Debian does not package of django-redis's compressors: the one for gzip, which
newer releases have, and the module pyzstd, whose frames the module zstandard makes, too."""

import gzip
import sys
from types import ModuleType


def module(name, **contents):
    made = ModuleType(name)
    vars(made).update(contents)
    sys.modules[name] = made


def complete():
    try:
        from django_redis.compressors.base import BaseCompressor
        from django_redis.exceptions import CompressorError
    except ImportError:
        return
    try:
        import django_redis.compressors.gzip  # noqa: F401
    except ImportError:

        class GzipCompressor(BaseCompressor):
            min_length = 15

            def compress(self, value):
                return gzip.compress(value) if len(value) > self.min_length else value

            def decompress(self, value):
                try:
                    return gzip.decompress(value)
                except gzip.BadGzipFile as e:
                    raise CompressorError from e

        GzipCompressor.__module__ = "django_redis.compressors.gzip"
        module("django_redis.compressors.gzip", GzipCompressor=GzipCompressor)
    try:
        import pyzstd  # noqa: F401
    except ImportError:
        import zstandard

        module(
            "pyzstd",
            compress=zstandard.ZstdCompressor().compress,
            decompress=lambda value: zstandard.ZstdDecompressor().decompressobj().decompress(value),
            ZstdError=zstandard.ZstdError,
        )
