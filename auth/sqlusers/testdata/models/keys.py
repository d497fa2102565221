# Prints keys.json: what Django makes of keys of each type. Run it with Django on the path.
import json
import uuid
from datetime import datetime, timezone

import django
from django.conf import settings

settings.configure(SECRET_KEY="test-secret-key-0123456789abcdefghijklmnopqrstuvwxyzABCDEF", USE_TZ=True,
                   PASSWORD_RESET_TIMEOUT=259200)
django.setup()

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

FIELDS = {
    "uuid": models.UUIDField(primary_key=True), "integer": models.BigAutoField(primary_key=True),
    "text": models.CharField(primary_key=True, max_length=254),
}
ID = "2f79de82-d9ee-44f3-80dd-708eb1530da0"
TEXTS = {
    "uuid": [ID, ID.upper(), ID.replace("-", ""), ID.replace("-", "").upper(), "{" + ID + "}", "urn:uuid:" + ID,
             ID[:-1], ID + "0", ID[:-1] + "g", "", "1", " " + ID],
    "integer": ["1", "9223372036854775807", "007", "-1", "", "x", "1.0"],
    "text": ["jane", "Jane", "jane@example.com", "Jäne", "007", " "],
}


def model(kind):
    attrs = {"id": FIELDS[kind], "email": models.EmailField(), "__module__": __name__,
             "Meta": type("Meta", (), {"app_label": "keys_" + kind}), "password": "pbkdf2_sha256$1$a$b",
             "last_login": datetime(2023, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc),
             "get_email_field_name": classmethod(lambda cls: "email")}
    return type("Key", (models.Model,), attrs)


cases = []
for kind, texts in TEXTS.items():
    Model = model(kind)
    for text in texts:
        case = {"type": kind, "text": text}
        try:
            user = Model(pk=Model._meta.pk.to_python(text), email="u@example.com")
        except (ValidationError, ValueError, TypeError):
            case["valid"] = False
        else:
            tokens = PasswordResetTokenGenerator()
            case.update(valid=True, session=Model._meta.pk.value_to_string(user),
                        uidb64=urlsafe_base64_encode(force_bytes(user.pk)),
                        hash_value=tokens._make_hash_value(user, 721692800),
                        token=tokens._make_token_with_timestamp(user, 721692800)
                        if django.VERSION < (4, 1) else
                        tokens._make_token_with_timestamp(user, 721692800, tokens.secret))
        cases.append(case)
print(json.dumps(cases, indent=1, ensure_ascii=False))
