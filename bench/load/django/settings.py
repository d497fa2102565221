# A minimal project. What it stands on is appended.
SECRET_KEY = "a secret key of fifty characters for a benchmark.."
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "urls"
INSTALLED_APPS = ["django.contrib.sessions"]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
TIME_ZONE = "UTC"
USE_TZ = True
