"""A site with allauth's list of logins."""
from base import *  # noqa: F403

INSTALLED_APPS += ["allauth", "allauth.account", "allauth.usersessions"]  # noqa: F405
INSTALLED_APPS += ["django.contrib.humanize"]
