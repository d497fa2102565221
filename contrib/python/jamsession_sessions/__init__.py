"""Session engines for Django whose saves compare with what was loaded.

Name one of them in SESSION_ENGINE:

    jamsession_sessions.db
    jamsession_sessions.cache
    jamsession_sessions.cached_db
    jamsession_sessions.file

Each has the tables, keys and values of Django's engine of that name, and of the Go library
jamsession, so that all three can share sessions. README.md says what they promise.
"""

from jamsession_sessions._outcomes import Interrupted
from jamsession_sessions._version import VERSION as __version__

__all__ = ["Interrupted", "__version__"]
