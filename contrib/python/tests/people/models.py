"""Session models of a site's own."""

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from jamsession_sessions import db


class AccountSession(AbstractBaseSession):
    """Django's own example."""

    account_id = models.CharField(null=True, max_length=40)
    saved = models.DateTimeField(auto_now=True)

    @classmethod
    def get_session_store_class(cls):
        return SessionStore


class Device(models.Model):
    """Something that points at a session."""

    session = models.ForeignKey(AccountSession, on_delete=models.CASCADE)


class SessionStore(db.SessionStore):
    @classmethod
    def get_model_class(cls):
        return AccountSession

    def create_model_instance(self, data):
        obj = super().create_model_instance(data)
        obj.account_id = data.get("_auth_user_id")
        return obj
