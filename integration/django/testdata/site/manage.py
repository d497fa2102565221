"""Runs each argument as one command line of manage.py."""

import os
import sys

from django.core.management import execute_from_command_line

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
for line in sys.argv[1:]:
    execute_from_command_line(["manage.py", *line.split()])
