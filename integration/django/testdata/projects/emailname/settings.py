"""The name of a user is an email, in any case."""
from base import *  # noqa: F403

INSTALLED_APPS += ["emailname.people"]  # noqa: F405
AUTH_USER_MODEL = "people.Person"
