"""The pages of the site. The Go site has the same, but for the admin's."""

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth import urls as auth_urls
from django.urls import include, path

import races
import views

if not admin.site.is_registered(get_user_model()):
    admin.site.register(get_user_model())

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include(auth_urls)),
    path("nothing", views.nothing),
    path("items", views.items),
    path("form", views.form),
    path("login", views.log_in),
    path("logout", views.log_out),
    path("me", views.me),
    path("password", views.change_password),
    path("user", views.user),
    path("hash", views.password_hash),
    path("of-account", views.sessions_of_account),
    path("stored", views.stored),
    path("messages", views.notices),
    path("outbox", views.outbox),
    path("expiry", views.expiry),
    path("clearsessions", views.clear_sessions),
    path("slow", races.slow),
    path("late", races.late),
    path("forget", races.forget),
    path("arrived", races.arrived),
    path("release", races.release),
]
