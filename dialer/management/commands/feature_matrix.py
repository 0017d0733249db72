"""`manage.py feature_matrix`: writes docs/carriers/features.md afresh."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import translation

from dialer.admin import countries
from dialer.flow import features

TARGET = settings.BASE_DIR / "docs" / "carriers" / "features.md"


def text() -> str:
    """What the page must hold now."""
    with translation.override("en"):
        return features.as_markdown(features.matrix(country_name=countries.name))


class Command(BaseCommand):
    help = "Writes the table of what the carriers can do into docs/carriers/features.md."

    def handle(self, **_: Any) -> None:
        """May be repeated; asks no carrier and no database."""
        TARGET.write_text(text(), encoding="utf-8")
        self.stdout.write(f"{TARGET.relative_to(settings.BASE_DIR)} is written.")
