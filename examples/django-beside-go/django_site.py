"""The Django half: the same pages as in site.go.

Settings that are Django's defaults, also those of sessions, are not repeated.
"""

import hashlib
import json
import os
import signal
import sys
import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Django</title>
<h1>Served by Django</h1>
<p>Session <code id="session">{{ fingerprint }}</code>,
user <strong id="user">{{ user.username|default:"nobody" }}</strong></p>
<table>
{% for name, value in items %}<tr><th>{{ name }}<td id="item-{{ name }}">{{ value }}
{% endfor %}</table>
<form method="post" action="/django/count">{% csrf_token %}<button>Count in Django</button></form>
{% if user.is_authenticated %}
<form method="post" action="/django/logout">{% csrf_token %}<button>Log out in Django</button></form>
{% else %}
<form method="post" action="/django/login">{% csrf_token %}
<p><label>Username <input name="username" autocomplete="username" required></label>
<p><label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<p><button>Log in in Django</button> <span id="error">{{ error }}</span></form>
{% endif %}
"""

settings.configure(
    SECRET_KEY=os.environ["SECRET_KEY"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DATABASE"]}},
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", {"page.html": PAGE})]},
    }],
    ROOT_URLCONF=__name__,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    TIME_ZONE="UTC",
)
django.setup()

# Django's modules can be imported only behind its settings.
from django.contrib.auth import authenticate, login, logout  # noqa: E402
from django.contrib.auth.hashers import PBKDF2PasswordHasher  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.shortcuts import redirect, render  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.http import require_POST  # noqa: E402


def page(request, error=""):
    items = [(k, json.dumps(v)) for k, v in request.session.items() if not k.startswith("_")]
    key = request.session.session_key
    return render(request, "page.html", {
        "fingerprint": hashlib.sha256(key.encode()).hexdigest()[:12] if key else "new",
        "user": request.user,
        "items": items,
        "error": error,
    })


@require_POST
def count(request):
    request.session["count"] = request.session.get("count", 0) + 1
    return redirect("/django/")


@require_POST
def log_in(request):
    user = authenticate(request, username=request.POST["username"], password=request.POST["password"])
    if user is None:
        return page(request, "Wrong username or password.")
    login(request, user)
    return redirect("/django/")


@require_POST
def log_out(request):
    logout(request)
    return redirect("/django/")


urlpatterns = [
    path("django/", page),
    path("django/count", count),
    path("django/login", log_in),
    path("django/logout", log_out),
]


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Handler(WSGIRequestHandler):
    def log_message(self, *args):
        pass


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program that started this one
    call_command("migrate", verbosity=0)
    User.objects.create_user(os.environ["USERNAME"], password=os.environ["PASSWORD"])
    server = make_server("127.0.0.1", 0, get_wsgi_application(), Server, Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({
        "port": server.server_port,
        "iterations": PBKDF2PasswordHasher.iterations,
        "version": django.get_version(),
    }), flush=True)
    sys.stdin.read()  # ends when the program that started this one ends, however it does


if __name__ == "__main__":
    main()
