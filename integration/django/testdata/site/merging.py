"""Below /merging the same site has the session engines of jamsession_sessions."""

import sys
from importlib import import_module
from pathlib import Path

from django.conf import settings
from django.contrib.sessions import middleware

sys.path.append(str(Path(__file__).resolve().parents[4] / "contrib" / "python"))

PREFIX, MARK = "/merging", "site.merges"


def below(application):
    """The site, and once more below the prefix."""

    def answer(environ, start_response):
        if environ["PATH_INFO"].startswith(PREFIX + "/"):
            environ = {**environ, "PATH_INFO": environ["PATH_INFO"][len(PREFIX) :], MARK: True}
        return application(environ, start_response)

    return answer


class SessionMiddleware(middleware.SessionMiddleware):
    """Django's, which puts a session of the engine in question into the request."""

    def process_request(self, request):
        super().process_request(request)
        if MARK in request.META:
            engine = settings.SESSION_ENGINE.rsplit(".", 1)[-1]
            store = import_module("jamsession_sessions." + engine).SessionStore
            request.session = store(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
