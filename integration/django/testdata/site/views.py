"""Pages that do one thing each, and answer in plain text."""

import datetime
import json
from importlib import import_module

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.core.management import call_command
from django.http import HttpResponse
from django.middleware.csrf import get_token

User = auth.get_user_model()
FIELDS = {field.name for field in User._meta.get_fields()}


def text(value, status=200):
    return HttpResponse(value, content_type="text/plain", status=status)


def dumps(value):
    """The text that sessions are kept as."""
    return json.dumps(value, separators=(",", ":"))


def nothing(request):
    return text("nothing")


def items(request):
    """Shows all items; a POST first stores some and removes some."""
    session = request.session
    if request.method == "POST":
        for name in filter(None, request.POST.get("delete", "").split(",")):
            del session[name]
        for name, value in json.loads(request.POST.get("items", "{}")).items():
            session[name] = value
    return text(dumps(dict(session.items())))


def form(request):
    if request.method == "POST":
        return text("got " + request.POST["name"])
    return text('<input name="csrfmiddlewaretoken" value="%s">' % get_token(request))


def log_in(request):
    found = auth.authenticate(
        request, username=request.POST["username"], password=request.POST["password"]
    )
    if found is None:
        return text("no match", 401)
    auth.login(request, found)
    return text(found.get_username())


def log_out(request):
    auth.logout(request)
    return text("bye")


def me(request):
    """Says who the visitor is, and whether they may do what "perm" names."""
    answer = request.user.get_username() or "nobody"
    if "perm" in request.GET:
        answer += " may" if request.user.has_perm(request.GET["perm"]) else " may not"
    return text(answer)


def change_password(request):
    if not request.user.check_password(request.POST["old"]):
        return text("no match", 401)
    request.user.set_password(request.POST["new"])
    request.user.save()
    auth.update_session_auth_hash(request, request.user)
    return text("changed")


def user(request):
    """Makes a user, or changes the one who is there."""
    post = request.POST
    if "password" in post:
        name = post["username"]
        fields = {
            **dict.fromkeys(User.REQUIRED_FIELDS, name),
            "email": name if "@" in name else name + "@example.com",
            User.USERNAME_FIELD: name,
            "password": post["password"],
            "is_staff" if "is_staff" in FIELDS else "is_admin": "staff" in post,
            "is_superuser": "superuser" in post,
        }
        User.objects.create_user(**fields)
        return text("made")
    found = User.objects.get_by_natural_key(post["username"])
    if "active" in post:
        found.is_active = post["active"] == "1"
        found.save(update_fields=["is_active"])
    if "hash" in post:
        found.password = post["hash"]
        found.save(update_fields=["password"])
    if "grant" in post:
        found.user_permissions.add(permission(post["grant"]))
    if "revoke" in post:
        found.user_permissions.remove(permission(post["revoke"]))
    if "join" in post:
        group = Group.objects.create(name=post["join"])
        group.permissions.add(permission("auth.view_group"))
        found.groups.add(group)
    if "leave" in post:
        found.groups.clear()
    return text("changed")


def permission(name):
    app, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def password_hash(request):
    return text(User.objects.get_by_natural_key(request.GET["username"]).password)


def sessions_of_account(request):
    """The keys of a user's sessions, by the column of a model of its own."""
    user = User.objects.get_by_natural_key(request.GET["username"])
    model = import_module(settings.SESSION_ENGINE).SessionStore.get_model_class()
    return text(",".join(sorted(s.pk for s in model.objects.filter(account_id=user.pk))))


def stored(request):
    """How the value in django-redis's cache begins, which is a compressor's mark."""
    client = request.session._cache.client
    key = client.make_key(request.session.cache_key)
    return text(client.get_client().get(key)[:2].hex())


def notices(request):
    """Leaves a message, or shows and forgets all."""
    if request.method == "POST":
        messages.add_message(
            request, int(request.POST["level"]), request.POST["text"], extra_tags=request.POST["tags"]
        )
        return text("left")
    return text(dumps([[m.level, str(m), m.tags] for m in messages.get_messages(request)]))


def outbox(request):
    """The last mail to an address."""
    sent = [m for m in getattr(mail, "outbox", []) if m.to == [request.GET["to"]]]
    return text(sent[-1].body if sent else "")


def expiry(request):
    """Shows when the session ends; a POST first sets it."""
    session = request.session
    if request.method == "POST":
        value = request.POST["expiry"]
        if value == "default":
            session.set_expiry(None)
        elif value.startswith("in "):
            session.set_expiry(datetime.timedelta(seconds=int(value[3:])))
        elif value.startswith("at "):
            session.set_expiry(datetime.datetime.fromtimestamp(int(value[3:]), tz=datetime.timezone.utc))
        else:
            session.set_expiry(int(value))
        return text("set")
    return text(
        "%d %d" % (int(session.get_expiry_date().timestamp()), session.get_expire_at_browser_close())
    )


def clear_sessions(request):
    call_command("clearsessions")
    return text("cleared")
