"""Through Django's middleware, login() and the test client."""

import time

import django
from asgiref.sync import async_to_sync
from django.contrib import auth
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path

from engines import EngineCase, on_each_engine

during = []


def log_in(request):
    auth.login(request, User.objects.get())
    return HttpResponse()


async def alog_in(request):
    await auth.alogin(request, await User.objects.aget())
    return HttpResponse()


def log_out(request):
    auth.logout(request)
    return HttpResponse()


def change_password(request):
    request.user.set_password(str(time.time()))
    request.user.save()
    while during:
        during.pop()()
    auth.update_session_auth_hash(request, request.user)
    return HttpResponse()


def write(request):
    """Stores an item, after what the test does meanwhile."""
    request.session.get("a")
    while during:
        during.pop()()
    request.session["written"] = 1
    return HttpResponse(str(request.user.pk))


def read(request):
    return HttpResponse(str(request.user.pk))


urlpatterns = [path(f.__name__, f) for f in (log_in, alog_in, log_out, change_password, write, read)]

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]


class Site(EngineCase):
    def setUp(self):
        super().setUp()
        settings = override_settings(
            SESSION_ENGINE=self.store.__module__, ROOT_URLCONF="test_site", MIDDLEWARE=MIDDLEWARE
        )
        settings.enable()
        self.addCleanup(settings.disable)
        User.objects.all().delete()
        self.user = User.objects.create_user("ann", password="x")
        self.client = Client()

    def key(self):
        return self.client.cookies["sessionid"].value

    def wantRecent(self, key):
        self.assertAlmostEqual(self.store(key)["_login_time"], time.time(), delta=5)

    def test_a_login_says_when_it_was(self):
        self.client.get("/log_in")
        self.wantRecent(self.key())
        again = self.store(self.key())
        again["_login_time"], again["_login_floor"] = 1, 5
        again.save()
        self.client.get("/log_in")  # once more, as the same user
        self.wantRecent(self.key())
        self.assertNotIn("_login_floor", self.store(self.key()))

    def test_an_async_login_says_when_it_was(self):
        if django.VERSION < (5, 1):
            return  # there is none
        client = AsyncClient()
        async_to_sync(client.get)("/alog_in")
        self.wantRecent(client.cookies["sessionid"].value)

    def test_the_test_client_logs_in(self):
        self.client.force_login(self.user)
        self.assertEqual(self.client.get("/read").content, str(self.user.pk).encode())
        self.wantRecent(self.key())

    def test_a_logout_meanwhile_is_a_400(self):
        for page in ("/write", "/change_password"):
            self.client = Client(raise_request_exception=False)
            self.client.get("/log_in")
            key = self.key()
            tab = Client()
            tab.cookies["sessionid"] = key
            during.append(lambda: tab.get("/log_out"))
            self.assertEqual(self.client.get(page).status_code, 400, page)
            self.wantGone(key)

    def test_a_change_meanwhile_stays(self):
        self.client.get("/log_in")
        tab = self.store(self.key())
        tab["tab"] = 1
        during.append(tab.save)
        self.assertEqual(self.client.get("/write").content, str(self.user.pk).encode())
        items = dict(self.store(self.key()).items())
        self.assertEqual((items["tab"], items["written"]), (1, 1))

    def test_a_new_password_moves_the_session(self):
        self.client.get("/log_in")
        key = self.key()
        self.client.get("/change_password")
        self.wantGone(key)
        self.assertEqual(self.client.get("/read").content, str(self.user.pk).encode())

    @override_settings(SESSION_SAVE_EVERY_REQUEST=True)
    def test_reads_are_not_saved(self):
        self.client.get("/log_in")
        before = self.loaded(self.store(self.key()))._record
        self.assertIn("sessionid", self.client.get("/read").cookies)
        self.assertEqual(self.loaded(self.store(self.key()))._record, before)


on_each_engine(globals(), Site)
