"""Instants as Django has them, which USE_TZ decides, and as the values in a cache have them."""

from __future__ import annotations

from datetime import datetime
from typing import Optional

from django.conf import settings
from django.utils import timezone


def aware(at: datetime) -> datetime:
    """An instant of Django's, with its time zone."""
    return timezone.make_aware(at) if timezone.is_naive(at) else at


def djangos(at: Optional[datetime]) -> Optional[datetime]:
    """An instant as timezone.now() has it."""
    return at if at is None or settings.USE_TZ else timezone.make_naive(at)
