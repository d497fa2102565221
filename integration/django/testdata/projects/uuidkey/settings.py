"""Users with a UUID as their key, an email as their name, and a table of another shape."""
from base import *  # noqa: F403

INSTALLED_APPS += ["uuidkey.crew"]  # noqa: F405
AUTH_USER_MODEL = "crew.Member"
