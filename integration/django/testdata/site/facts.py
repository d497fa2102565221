"""Runs the script that SITE_FACTS names, which tells the facts about a site, and writes
what it prints beside it: once for each of the CACHES, as if the sessions were there."""

import os
from contextlib import redirect_stdout
from pathlib import Path

from django.conf import settings
from django.core.management import call_command


def write():
    if "SITE_FACTS" not in os.environ:
        return
    call_command("createcachetable")
    script = Path(os.environ["SITE_FACTS"])
    code = compile(script.read_text(), script, "exec")
    usual = settings.SESSION_CACHE_ALIAS
    for alias in settings.CACHES:
        settings.SESSION_CACHE_ALIAS = alias
        with open(script.with_name(alias + ".json"), "w") as out, redirect_stdout(out):
            exec(code, {"__name__": "facts"})
    settings.SESSION_CACHE_ALIAS = usual
