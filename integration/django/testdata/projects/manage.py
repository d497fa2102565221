"""manage.py of the project whose settings DJANGO_SETTINGS_MODULE names: stock.settings."""
import sys

from django.core.management import execute_from_command_line

execute_from_command_line(sys.argv)
