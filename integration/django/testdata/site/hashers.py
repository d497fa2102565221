"""Django's default hash, with fewer rounds."""

import os

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class Quick(PBKDF2PasswordHasher):
    iterations = int(os.environ["SITE_ITERATIONS"])
