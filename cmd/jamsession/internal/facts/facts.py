# Prints facts about a Django site as JSON, for jamsession init and jamsession check:
#
#     python3 manage.py shell < facts.py > facts.json
#
# It reads settings, models, and the names and types of columns, but no row of a table. It
# changes nothing. It prints no secret: no SECRET_KEY, and no password or token of a database,
# a cache or a user.
#
# No function has an empty line, so that an interactive shell takes the script, too.
import inspect
import json
import os
import platform
import re
import uuid
from importlib import import_module

import django
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.sessions.backends.base import SessionBase
from django.core import signing
from django.core.cache.backends.base import get_key_func
from django.db import connections, models, router
from django.shortcuts import resolve_url
from django.utils.crypto import salted_hmac
from django.utils.functional import Promise
from django.utils.module_loading import import_string

# What is printed of the settings, beside what the functions below choose.
SETTINGS = """
ALLOWED_HOSTS AUTHENTICATION_BACKENDS AUTH_USER_MODEL CSRF_COOKIE_AGE CSRF_COOKIE_DOMAIN
CSRF_COOKIE_HTTPONLY CSRF_COOKIE_NAME CSRF_COOKIE_PATH CSRF_COOKIE_SAMESITE CSRF_COOKIE_SECURE
CSRF_HEADER_NAME CSRF_TRUSTED_ORIGINS CSRF_USE_SESSIONS DEFAULT_FROM_EMAIL
DEFAULT_HASHING_ALGORITHM MESSAGE_STORAGE MIDDLEWARE PASSWORD_HASHERS PASSWORD_RESET_TIMEOUT
SECURE_HSTS_INCLUDE_SUBDOMAINS SECURE_HSTS_PRELOAD SECURE_HSTS_SECONDS SECURE_PROXY_SSL_HEADER
SECURE_SSL_REDIRECT SESSION_CACHE_ALIAS SESSION_COOKIE_AGE SESSION_COOKIE_DOMAIN
SESSION_COOKIE_HTTPONLY SESSION_COOKIE_NAME SESSION_COOKIE_PATH SESSION_COOKIE_SAMESITE
SESSION_COOKIE_SECURE SESSION_ENGINE SESSION_EXPIRE_AT_BROWSER_CLOSE SESSION_FILE_PATH
SESSION_SAVE_EVERY_REQUEST SESSION_SERIALIZER SIGNING_BACKEND TIME_ZONE USE_TZ
USE_X_FORWARDED_HOST
""".split()

# Packages that have to do with logins and sessions.
PACKAGES = "allauth allauth.usersessions axes django_otp django_redis guardian hijack two_factor".split()

# What could not be found out, with the kind of the error.
PROBLEMS = {}


def dotted(thing):
    thing = thing if isinstance(thing, type) or callable(thing) else type(thing)
    return getattr(thing, "__module__", "?") + "." + getattr(thing, "__qualname__", "?")


def plain(value):
    """A value as JSON has it; of others, such as objects, only the type."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple, set)):
        return [plain(v) for v in value]
    if isinstance(value, Promise) or hasattr(value, "__fspath__"):
        return str(value)
    return {"python": dotted(value)}


def attempt(part, *args):
    """What part returns, or None after an error, whose text might hold a secret."""
    try:
        return part(*args)
    except Exception as e:
        PROBLEMS[part.__name__] = type(e).__name__
        return None


def settings_facts():
    found = {name: plain(getattr(settings, name)) for name in SETTINGS if hasattr(settings, name)}
    for name in ("LOGIN_URL", "LOGIN_REDIRECT_URL", "LOGOUT_REDIRECT_URL"):
        if getattr(settings, name):
            found[name] = attempt(resolve_url, getattr(settings, name))
    return found


def database_facts():
    alias = router.db_for_read(get_user_model())
    connection = connections[alias]
    found = {"alias": alias, "vendor": connection.vendor}
    for name in ("ENGINE", "NAME", "USER", "HOST", "PORT", "TIME_ZONE"):
        found[name.lower()] = plain(connection.settings_dict.get(name))
    if connection.vendor == "sqlite":
        found["name"] = os.path.abspath(found["name"])
    found["version"] = attempt(database_version, connection)
    if connection.vendor == "postgresql":
        found["schemas"] = attempt(search_path, connection)
    return found


def database_version(connection):
    return ask(connection, "SELECT sqlite_version()" if connection.vendor == "sqlite" else "SELECT version()")[0]


def search_path(connection):
    return ask(connection, "SELECT unnest(current_schemas(false))")


def ask(connection, sql, *params):
    """The first column of the rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [row[0] if len(row) == 1 else row for row in cursor.fetchall()]


def real_columns(connection, table):
    """Types and collations in the database, by column: another Django may have made the table."""
    if connection.vendor == "postgresql":
        rows = ask(connection, "SELECT attname, format_type(atttypid, atttypmod), NULL FROM pg_attribute"
                   " WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
                   connection.ops.quote_name(table))
    elif connection.vendor == "mysql":
        rows = ask(connection, "SELECT column_name, column_type, collation_name"
                   " FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = %s", table)
    else:
        rows = ask(connection, "SELECT name, type, NULL FROM pragma_table_info(%s)", table)
    return {name: (kind.lower(), collation) for name, kind, collation in rows}


def columns_of(model, connection, fields):
    real = attempt(real_columns, connection, model._meta.db_table) or {}
    return [column(f, *real.get(f.column, ((f.db_type(connection) or "").lower(), None))) for f in fields]


def column(field, kind, collation):
    found = {"name": field.name, "column": field.column, "type": kind, "null": field.null}
    if collation:
        found["collation"] = collation
    if field.max_length:
        found["max_length"] = field.max_length
    automatic = isinstance(field, models.AutoField) or getattr(field, "auto_now", False) \
        or getattr(field, "auto_now_add", False)
    if automatic:
        found["computed"] = "by Django"
    elif field.has_default() and callable(field.default):
        found["computed"] = dotted(field.default)
    elif field.has_default():
        found["default"] = plain(field.default)
    elif field.blank and field.empty_strings_allowed and not field.null:
        found["default"] = ""
    found["required"] = not (field.null or automatic or field.has_default() or field.blank)
    return found


def user_facts():
    model = get_user_model()
    owner = model._meta.get_field("password").model  # a parent, if the model inherits its table
    connection = connections[router.db_for_read(model)]
    fields = {f.name: f for f in model._meta.concrete_fields}
    own = [f.name for f in owner._meta.local_concrete_fields]
    email = model.get_email_field_name()
    return {
        "model": model._meta.label,
        "table": owner._meta.db_table,
        "key": key_facts(owner._meta.pk),
        "username": name_facts(fields[model.USERNAME_FIELD]),
        "email": name_facts(fields[email]) if email in fields else None,
        "columns": columns_of(owner, connection, owner._meta.local_concrete_fields),
        "flags": {name: attempt(flag, model, name) for name in ("is_active", "is_staff", "is_superuser")
                  if name not in own},
        "all_rows": attempt(has_all_rows, model, owner),
        "groups": link(model, "groups"),
        "permissions": link(model, "user_permissions"),
        "case": attempt(case_rule, model, connection),
        "normalizes": attempt(normalizes, model),
        "auth_hash": attempt(auth_hash, model),
    }


def key_facts(field):
    return {"field": field.name, "column": field.column, "kind": kind_of(field), "class": dotted(type(field))}


def kind_of(field):
    """What the text of a key is, which the session holds."""
    field = getattr(field, "target_field", field)
    for kind, classes in (("uuid", models.UUIDField), ("integer", (models.AutoField, models.IntegerField)),
                          ("text", (models.CharField, models.TextField))):
        if isinstance(field, classes):
            return kind
    return "other"


def name_facts(field):
    return {"field": field.name, "column": field.column, "max_length": field.max_length or 0}


def flag(model, name):
    """The column that a property such as is_staff returns, or the value that it always has; None if neither."""
    in_child = any(f.name == name for f in model._meta.concrete_fields)
    value = inspect.getattr_static(model, name, name == "is_active")
    if isinstance(value, bool) and not in_child:
        return {"value": value}
    code = getattr(getattr(value, "fget", None), "__code__", None)
    for field in model._meta.concrete_fields:
        if isinstance(field, models.BooleanField) and code and code.co_names == (field.name,) and all(
                getattr(model(**{field.name: value}), name) is value for value in (True, False)):
            return {"column": field.column}
    return None


def has_all_rows(model, owner):
    """Whether each row of the table is a user: a manager may leave some out, and a parent has more."""
    return model._meta.concrete_model is owner and not model._default_manager.all().query.where


def link(model, name):
    """The table that links users with their groups, or with their permissions."""
    field = {f.name: f for f in model._meta.many_to_many}.get(name)
    if field is None:
        return None
    return {"table": field.remote_field.through._meta.db_table, "user": field.m2m_column_name(),
            "other": field.m2m_reverse_name(), "to": field.related_model._meta.concrete_model._meta.label}


class Captured(Exception):
    """Carries a query that was not run."""


def case_rule(model, connection):
    """How the manager looks names up, from the query that it would make."""
    name = "Ann.Bee@Example.COM"
    def capture(execute, sql, params, many, context):
        raise Captured(sql, [p for p in params or () if isinstance(p, str)])
    try:
        with connection.execute_wrapper(capture):
            model._default_manager.get_by_natural_key(name)
    except Captured as e:
        sql, texts = e.args
    column = model._meta.get_field(model.USERNAME_FIELD).column
    if len(texts) != 1 or connection.ops.quote_name(column) not in sql.partition("WHERE")[2]:
        return "own"
    if re.search(r"\bUPPER\(|\bLOWER\(|\bI?LIKE\b", sql.partition("WHERE")[2]):
        return "ignore"
    return {name: "exact", name.lower(): "lower"}.get(texts[0], "own")


def normalizes(model):
    """What create_user does with the address of an email."""
    made = model._default_manager.normalize_email("Ann.Bee@Example.COM")
    return {"Ann.Bee@example.com": "domain", "ann.bee@example.com": "lower", "Ann.Bee@Example.COM": "nothing"}.get(made)


def auth_hash(model):
    """Whether sessions end with the password as those of Django's own model do."""
    salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
    made = model(password="!").get_session_auth_hash()
    return "django" if made in [salted_hmac(salt, "!", algorithm=a).hexdigest() for a in ("sha256", "sha1")] else "own"


def session_facts():
    store_class = import_module(settings.SESSION_ENGINE).SessionStore
    base = next((name for name in ("cached_db", "db", "cache", "file", "signed_cookies") if issubclass(
        store_class, import_module("django.contrib.sessions.backends." + name).SessionStore)), "")
    store = store_class("facts")
    found = {"engine": settings.SESSION_ENGINE, "store": dotted(store_class), "base": base,
             "salt": store.key_salt, "format": attempt(session_format, store),
             "cookie_age": plain(attempt(store.get_session_cookie_age)),
             "own_age": store_class.get_session_cookie_age is not SessionBase.get_session_cookie_age}
    if base in ("cache", "cached_db"):
        found["cache_key_prefix"] = store.cache_key_prefix
    if base in ("db", "cached_db"):
        model = store.get_model_class()
        connection = connections[router.db_for_write(model)]
        own = [f for f in model._meta.concrete_fields
               if f.name not in ("session_key", "session_data", "expire_date")]
        found.update(model=model._meta.label, table=model._meta.db_table, database=connection.alias,
                     columns=columns_of(model, connection, own),
                     filled=attempt(filled, store, own))
    return found


def session_format(store):
    """Whether the data are signed as Django signs them."""
    salt = "django.contrib.sessions.backends.signed_cookies"
    if store.key_salt != salt:
        text = store.encode({"facts": 1})
    else:
        store["facts"] = 1
        text = store._get_session_key()
    try:
        same = signing.loads(text, salt=store.key_salt, serializer=store.serializer) == {"facts": 1}
    except signing.BadSignature:
        same = False
    return "django" if same else "own"


class Recorder(dict):
    """A session that has each item that it is asked for, each with another value."""
    def __init__(self, samples):
        super().__init__()
        self.samples = samples
        self.asked = {}
    def get(self, name, default=None):
        if name.startswith("_session_"):
            return default
        return self.asked.setdefault(name, self.samples[len(self.asked)])
    def __getitem__(self, name):
        return self.get(name)
    def __contains__(self, name):
        return self.get(name) is not None


def filled(store, fields):
    """Which column of the session's model holds which item. The row is made, and not saved."""
    of = {}
    for samples in ([str(7340001 + i) for i in range(99)], [str(uuid.uuid4()) for i in range(99)]):
        data = Recorder(samples)
        store._session_cache = data
        try:
            row = store.create_model_instance(data)
        except (TypeError, ValueError):
            continue
        for field in fields:
            for item, sample in data.asked.items():
                if str(getattr(row, field.attname)) == sample:
                    of[field.column] = item
    return of


def cache_facts(conf):
    name = conf.get("BACKEND", "")
    known = name.startswith(("django.core.cache.", "django_redis."))
    options = conf.get("OPTIONS") or {}
    return {
        "backend": name,
        "location": addresses(conf.get("LOCATION", "")) if known else [],
        "key_prefix": conf.get("KEY_PREFIX", ""),
        "version": conf.get("VERSION", 1),
        "key_function": attempt(key_function, conf.get("KEY_FUNCTION")),
        "options": {key: option(key, value) for key, value in options.items()},
        "behaviors": sorted(k for k, v in (options.get("behaviors") or {}).items() if v),
    }


def addresses(location):
    """Servers, paths or the name of a table, without users and passwords."""
    if isinstance(location, str):
        location = [re.sub("://[^/]*@", "://", location)]
        location = re.split("[;,]", location[0]) if "://" in location[0] else location
    return [address(str(l)) for l in location]


def address(text):
    scheme, separator, rest = text.strip().rpartition("://")
    if not separator:
        return rest.rpartition("@")[2]
    rest, _, query = rest.rpartition("@")[2].partition("?")
    database = re.search(r"(?:^|&)(db=\d+)(?:&|$)", query)
    if not re.match(r"^(?:\[[\da-fA-F:.]+\]|[\w.-]+)?(?::\d+)?(?:/[\w./-]*)?$", rest) or rest.startswith(":"):
        return "?"
    return scheme + "://" + rest + ("?" + database.group(1) if database else "")


def key_function(given):
    """The usual functions by name, others by their path."""
    made = get_key_func(given)("K", "P", 7)
    path = given if isinstance(given, str) else dotted(given)
    return {"P:7:K": "django", "P:K": "prefix", "K": "key"}.get(made, path)


def option(key, value):
    """Names of classes, and numbers. Of others, such as PASSWORD, only that they are there."""
    if key.lower() in ("serializer", "compressor", "serde", "client_class", "pickle_version", "max_entries"):
        return value if value is None or isinstance(value, (str, int)) else dotted(value)
    return None


def hasher_facts(path):
    hasher = import_string(path)()
    found = {"class": path, "algorithm": hasher.algorithm, "djangos": inherits_format(type(hasher))}
    if isinstance(hasher, PBKDF2PasswordHasher):
        found["iterations"] = hasher.iterations
    return found


def inherits_format(hasher):
    """Whether a hasher makes the texts that Django's class does, perhaps at another cost."""
    for name in ("encode", "verify"):
        if not getattr(hasher, name).__module__.startswith("django."):
            return False
    return True


def backend_facts(path):
    """Whether a backend finds the user of a session as Django's own does."""
    backend = import_string(path)
    same = issubclass(backend, ModelBackend) and all(
        getattr(backend, name) is getattr(ModelBackend, name) for name in ("get_user", "user_can_authenticate"))
    return {"class": path, "same_users": same}


def package_version(name):
    module = import_module(name)
    version = getattr(module, "__version__", None) or getattr(module, "VERSION", "")
    return ".".join(str(v) for v in version[:3]) if isinstance(version, tuple) else str(version)


def installed():
    found = {}
    for name in PACKAGES:
        if apps.is_installed(name) or any(conf.get("BACKEND", "").startswith(name + ".")
                                          for conf in settings.CACHES.values()):
            found[name] = attempt(package_version, name)
    return found


def facts():
    return {
        "facts": 1,
        "django": django.get_version(),
        "python": platform.python_version(),
        "settings": settings_facts(),
        "secret_key_fallbacks": len(getattr(settings, "SECRET_KEY_FALLBACKS", [])),
        "database": attempt(database_facts),
        "user": attempt(user_facts),
        "session": attempt(session_facts),
        "caches": {alias: cache_facts(conf) for alias, conf in settings.CACHES.items()},
        "hashers": [attempt(hasher_facts, path) for path in settings.PASSWORD_HASHERS],
        "backends": [attempt(backend_facts, path) for path in settings.AUTHENTICATION_BACKENDS],
        "installed": installed(),
        "problems": PROBLEMS,
    }


print("\n" + json.dumps(facts(), indent=1))
