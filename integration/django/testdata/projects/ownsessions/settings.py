"""Sessions with a model and an engine of their own, as Django's documentation has them."""
from base import *  # noqa: F403

INSTALLED_APPS += ["ownsessions.mysessions"]  # noqa: F405
SESSION_ENGINE = "ownsessions.mysessions.models"
