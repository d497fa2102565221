"""A site with allauth's list of logins, and users with a UUID as their key."""
from base import *  # noqa: F403

INSTALLED_APPS += ["uuidkey.crew", "allauth", "allauth.account", "allauth.usersessions"]  # noqa: F405
INSTALLED_APPS += ["django.contrib.humanize"]
AUTH_USER_MODEL = "crew.Member"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USERNAME_REQUIRED = False
ACCOUNT_EMAIL_REQUIRED = True
ACCOUNT_AUTHENTICATION_METHOD = "email"
