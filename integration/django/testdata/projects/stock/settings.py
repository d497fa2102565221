"""A site as startproject makes it."""
from base import *  # noqa: F403
