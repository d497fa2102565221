"""The settings of the Django site. What differs from run to run comes from
the tests, as JSON in the environment: a dict of settings."""

import json
import os
import sys
from importlib import import_module
from pathlib import Path

import packaged

ALLOWED_HOSTS = ["*"]
DEBUG = False
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"django.server": {"level": "ERROR"}},
}
MIDDLEWARE = [
    "stores.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
# Django's hash with fewer rounds; the Go site has the same number.
PASSWORD_HASHERS = ["hashers.Quick"]
ROOT_URLCONF = "urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
TIME_ZONE = "UTC"
USE_TZ = True

globals().update(json.loads(os.environ["SITE_SETTINGS"]))
if "django_redis.compressors" in os.environ["SITE_SETTINGS"]:
    packaged.complete()

# A project of ../projects adds its models, and says which of them are the users' and the
# sessions'.
if "SITE_PROJECT" in os.environ:
    os.environ.update(SECRET_KEY=SECRET_KEY, DATABASE_NAME="")  # noqa: F821
    sys.path.append(str(Path(__file__).resolve().parents[1] / "projects"))
    project = vars(import_module(os.environ["SITE_PROJECT"] + ".settings"))
    INSTALLED_APPS = ["django.contrib.admin", *project["INSTALLED_APPS"]]
    own = ("AUTH_USER_MODEL", "SESSION_ENGINE")
    globals().update({name: v for name, v in project.items() if name in own or name.startswith("ACCOUNT_")})
