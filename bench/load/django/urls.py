# The pages of site.go, on Django.
from django.http import HttpResponse
from django.urls import path


def answer(text):
    response = HttpResponse(text)
    response["Content-Length"] = len(response.content)  # or gunicorn sends chunks
    return response


def greet(id, username):
    return answer(
        "<!doctype html><title>Hello</title><p>Hello, %s. You are user %s.\n" % (username, id)
    )


def login(request, id):
    session = request.session
    session["_auth_user_id"] = id
    session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    session["_auth_user_hash"] = "5c4d0ff3a3a5d1a9e6e08fb6d6f2a1dcbb5fb34c4f7a54c2d51d9e2a8e0b3c71"
    session["username"] = "visitor" + id
    session["visits"] = 0
    return greet(id, session["username"])


def read(request):
    session = request.session
    return greet(session.get("_auth_user_id", ""), session.get("username", "Guest"))


def write(request):
    request.session["visits"] = request.session.get("visits", 0) + 1
    return read(request)


def untouched(request):
    return greet("0", "Guest")


def visits(request):
    return answer(str(request.session.get("visits", 0)))


urlpatterns = [
    path("login/<str:id>", login),
    path("read", read),
    path("write", write),
    path("untouched", untouched),
    path("visits", visits),
]
