"""Runs the site on Django's own server, on a free port, which it prints.
It ends when its standard input does."""

import os
import sys
import threading

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"

import django
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application

import facts
from stores import below


def end_with_the_tests():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_the_tests, daemon=True).start()
application = get_wsgi_application()
call_command("migrate", verbosity=0)
facts.write()
server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
server.set_app(below(application))
print(server.server_port, *django.VERSION[:2], flush=True)
server.serve_forever()
