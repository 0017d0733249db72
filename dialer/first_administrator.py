"""Somebody has to be able to log in to a new installation."""

import os
import sys
from collections.abc import Callable

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

USERNAME, PASSWORD, EMAIL = "ADMIN_USERNAME", "ADMIN_PASSWORD", "ADMIN_EMAIL"
HOW_TO = (
    "There is no administrator yet, so nobody can log in. "
    f"Make one in the project's folder: {sys.executable} manage.py createsuperuser"
)


def ensure_first_administrator(say: Callable[[str], None]) -> None:
    """Make an administrator if there is none: from the environment, else by asking on a terminal, else say how.

    The variables do nothing once there is one, so they may stay or go. Raises CommandError if the values in the
    environment are no good.
    """
    if get_user_model().objects.filter(is_superuser=True, is_active=True).exists():
        return
    if os.environ.get(USERNAME) and os.environ.get(PASSWORD):
        _make(os.environ[USERNAME], os.environ[PASSWORD], os.environ.get(EMAIL, ""))
        say(f"Administrator “{os.environ[USERNAME]}” made from {USERNAME} and {PASSWORD}.")
    elif sys.stdin.isatty():
        say("There is no administrator yet. Choose a name and a password.")
        call_command("createsuperuser")
    else:
        say(HOW_TO)


def _make(username: str, password: str, email: str) -> None:
    users = get_user_model()
    user = users(username=username, email=email)
    try:
        user.full_clean(exclude=["password"])
        validate_password(password, user)
    except ValidationError as error:
        raise CommandError(
            f"No administrator can be made from {USERNAME}, {PASSWORD} and {EMAIL}: {' '.join(error.messages)}"
        ) from error
    users.objects.create_superuser(username, email, password)
