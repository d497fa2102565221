"""The settings of the tests. The environment names the servers:

    DATABASE   DATABASES["default"] as JSON; SQLite in memory without it
    CACHE      CACHES["default"] as JSON; tests that need one are left out without it
"""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def configure(apps, **more):
    from django.conf import settings

    settings.configure(
        SECRET_KEY="tests",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            *apps,
        ],
        DATABASES={
            "default": json.loads(
                os.environ.get("DATABASE")
                or '{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}'
            )
        },
        **({"CACHES": {"default": json.loads(os.environ["CACHE"])}} if "CACHE" in os.environ else {}),
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        USE_TZ=True,
        **more,
    )
