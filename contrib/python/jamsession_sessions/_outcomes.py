"""Why a record was not replaced."""

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted


class Interrupted(UpdateError, SessionInterrupted):
    """The session was deleted, or got another key, while the request ran.

    Django answers 400, whether the middleware sees it or it leaves a view.
    """

    def __init__(self) -> None:
        super().__init__("The session was ended by another request before this one was done.")


class Changed(Exception):
    """The record is there, but is not what was loaded."""
