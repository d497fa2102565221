"""Runs Django's own tests of sessions with the engines of this package.

    python3 django_own.py FOLDER [TEST...]

FOLDER is "tests" in the source of the Django that is installed. The servers are those of
the environment, as for run.py.
"""

import sys
from pathlib import Path

import environment

# What deliberately differs, and why.
DIFFERS = {
    "CacheSessionTests.test_non_default_cache": "LocMemCache is refused: it cannot compare",
}
for case in ("CacheDBSessionTests", "CacheDBSessionWithTimeZoneTests"):
    DIFFERS[case + ".test_exists_searches_cache_first"] = "the first reader puts a session into the cache"
    for kind in ("set", "async_set"):
        # A cache that fails does not fail the request: test_cached_db.py has that.
        DIFFERS["%s.test_cache_%s_failure_non_fatal" % (case, kind)] = "its cache is a LocMemCache"


def main(folder, only):
    sys.path.insert(0, folder)
    environment.configure(["sessions_tests"])
    import django

    django.setup()
    put_in_the_place_of_djangos()
    from django.test.runner import DiscoverRunner

    class Runner(DiscoverRunner):
        def build_suite(self, *args, **kwargs):
            suite = super().build_suite(*args, **kwargs)
            return type(suite)(test for test in suite if name_of(test) not in DIFFERS)

    sys.exit(bool(Runner(verbosity=1).run_tests(only or ["sessions_tests"])))


def name_of(test):
    return test.id().split("sessions_tests.tests.")[-1]


def put_in_the_place_of_djangos():
    """From now on Django's modules have our engines."""
    from importlib import import_module

    names = "db", "cache", "cached_db", "file"
    ours = [import_module("jamsession_sessions." + name).SessionStore for name in names]
    for name, store in zip(names, ours):
        import_module("django.contrib.sessions.backends." + name).SessionStore = store


if __name__ == "__main__":
    main(str(Path(sys.argv[1]).resolve()), sys.argv[2:])
