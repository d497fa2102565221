"""The pages of a site with allauth's list of logins, beside the others."""

from allauth.usersessions.internal.flows import sessions
from allauth.usersessions.models import UserSession
from django.urls import include, path

from urls import urlpatterns as others
from views import text


def listed(request):
    """What allauth's page lists: it deletes rows of sessions that are over first."""
    rows = sorted(UserSession.objects.purge_and_list(request.user), key=lambda row: row.pk)
    return text("\n".join(f"{row.pk} {row.session_key} {row.ip}{' here' * row.is_current()}" for row in rows))


def end(request):
    chosen = UserSession.objects.filter(user=request.user, pk=request.POST["id"])
    sessions.end_sessions(request, list(chosen))
    return text("ended")


def end_others(request):
    sessions.end_other_sessions(request, request.user)
    return text("ended")


urlpatterns = [
    *others,
    path("listed", listed),
    path("end", end),
    path("end-others", end_others),
    path("allauth/sessions/", include("allauth.usersessions.urls")),
    path("allauth/", include("allauth.account.urls")),
]
