"""The time of a login, for the Go site: Django does not keep it."""

from __future__ import annotations

import time
from typing import Any, Mapping, MutableMapping

USER = "_auth_user_id"
TIME = "_login_time"

# The floor of the user's logins when Go logged them in. It says nothing about a later login.
FLOOR = "_login_floor"


def note(items: MutableMapping[Any, Any], stored: Mapping[Any, Any]) -> None:
    """Write down the time, if what was just stored logs somebody in.

    A program that stores the time as well has copied a session: the login was not now.
    """
    if USER in stored and TIME not in stored:
        items[TIME] = int(time.time())
        items.pop(FLOOR, None)
