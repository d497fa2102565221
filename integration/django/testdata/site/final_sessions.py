"""Django's cached_db, but a logout is final: what was put into the cache is
taken out again if the session's row is gone by then. It costs one more query
when the cache is filled, and one more when a session is saved."""

from django.contrib.sessions.backends import cached_db, db


class SessionStore(cached_db.SessionStore):
    def load(self):
        data = self._cache.get(self.cache_key)
        if data is None:
            row = self._get_session_from_db()
            if row is None:
                return {}
            data = self.decode(row.session_data)
            self._cache.add(self.cache_key, data, self.get_expiry_age(expiry=row.expire_date))
            self._forget_if_gone()
        return data

    def save(self, must_create=False):
        super().save(must_create)
        self._forget_if_gone()

    def _forget_if_gone(self):
        if not db.SessionStore.exists(self, self.session_key):
            self._cache.delete(self.cache_key)
