"""The same site with other stores of sessions: below /merging the engines of
jamsession_sessions, below /in/ALIAS Django's engine cache on another of its CACHES."""

import sys
from importlib import import_module
from pathlib import Path

from django.conf import settings
from django.contrib.sessions import middleware
from django.contrib.sessions.backends.cache import SessionStore
from django.core.cache import caches

sys.path.append(str(Path(__file__).resolve().parents[4] / "contrib" / "python"))

MERGING, IN_CACHE = "site.merges", "site.cache"


def below(application):
    """The site, and once more below each prefix."""

    def answer(environ, start_response):
        first, _, rest = environ["PATH_INFO"][1:].partition("/")
        if first == "merging":
            environ = {**environ, "PATH_INFO": "/" + rest, MERGING: True}
        elif first == "in":
            alias, _, rest = rest.partition("/")
            environ = {**environ, "PATH_INFO": "/" + rest, IN_CACHE: alias}
        return application(environ, start_response)

    return answer


class InCache(SessionStore):
    """Django's, on the cache that SESSION_CACHE_ALIAS would name."""

    def __init__(self, session_key, alias):
        super().__init__(session_key)
        self._cache = caches[alias]


class SessionMiddleware(middleware.SessionMiddleware):
    """Django's, which puts a session of the store in question into the request."""

    def process_request(self, request):
        super().process_request(request)
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if MERGING in request.META:
            engine = settings.SESSION_ENGINE.rsplit(".", 1)[-1]
            store = import_module("jamsession_sessions." + engine).SessionStore
            request.session = store(key)
        elif IN_CACHE in request.META:
            request.session = InCache(key, request.META[IN_CACHE])
