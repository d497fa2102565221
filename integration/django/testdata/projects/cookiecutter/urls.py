from django.urls import include, path

users = [path("~redirect/", lambda request: None, name="redirect")]
urlpatterns = [
    path("users/", include((users, "users"))),
    path("accounts/", include("allauth.urls")),
]
