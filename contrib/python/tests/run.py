"""Runs the tests of this folder; environment.py says with which servers.

    python3 run.py [TEST...]
"""

import sys
from pathlib import Path

import environment


def main(only):
    folder = str(Path(__file__).resolve().parent)
    sys.path.insert(0, folder)
    environment.configure(["people"])
    import django

    django.setup()
    from django.test.runner import DiscoverRunner

    runner = DiscoverRunner(interactive=False, top_level=folder)
    sys.exit(bool(runner.run_tests(only or [folder])))


if __name__ == "__main__":
    main(sys.argv[1:])
