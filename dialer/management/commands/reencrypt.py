"""`manage.py reencrypt`: the second step of changing FIELD_KEYS."""

from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Model

from dialer.models.secret import EncryptedTextField


class Command(BaseCommand):
    help = "Encrypts every stored credential with the first of FIELD_KEYS, so that the other keys can be removed."

    def handle(self, **_: Any) -> None:
        """All of them or none. May be repeated, and may run while Dialer is served."""
        try:
            with transaction.atomic():
                count = sum(_reencrypt(model) for model in apps.get_models())
        except ImproperlyConfigured as error:
            raise CommandError(f"{error} Nothing was changed.") from error
        rows = "1 row" if count == 1 else f"{count} rows"
        self.stdout.write(f"The credentials of {rows} are encrypted with the first of FIELD_KEYS now.")


def _reencrypt(model: type[Model]) -> int:
    """How many rows were written. They are locked first, for a queue may be noting a token in one of them."""
    names = [field.attname for field in model._meta.concrete_fields if isinstance(field, EncryptedTextField)]
    if not names:
        return 0
    rows = list(model._default_manager.select_for_update().only(*names).order_by("pk"))
    for row in rows:
        row.save(update_fields=names)
    return len(rows)
