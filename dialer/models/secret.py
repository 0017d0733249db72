"""Text that is encrypted at rest."""

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


@lru_cache
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


class EncryptedTextField(models.TextField):
    """Plain text in Python, Fernet text in the database; FIELD_KEYS: the first encrypts, all decrypt.

    The empty text stays empty, so "not set" can be asked for in queries; nothing else can.
    """

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        if not value:
            return value
        try:
            return _cipher(tuple(settings.FIELD_KEYS)).decrypt(value.encode()).decode()
        except InvalidToken as error:
            raise ImproperlyConfigured(
                "A stored credential can't be decrypted: FIELD_KEYS lacks the key it was saved with."
            ) from error

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return _cipher(tuple(settings.FIELD_KEYS)).encrypt(text.encode()).decode() if text else text
