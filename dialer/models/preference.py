"""In which language and time zone somebody works."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _


def check_time_zone(name: str) -> None:
    """Raises ValidationError if no time zone has this name."""
    if name not in time_zones():
        raise ValidationError(_("There is no such time zone."))


class Preference(models.Model):
    """What one person chose. Blank is the browser's language, and the time zone of the installation."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preference")
    language = models.CharField(_("language"), max_length=12, blank=True)  # one of settings.LANGUAGES
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, validators=[check_time_zone])

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        verbose_name = _("language and time")
        verbose_name_plural = _("languages and times")

    def __str__(self) -> str:
        return f"{self.language} {self.time_zone}".strip()


@contextmanager
def as_preferred(user: AbstractBaseUser | AnonymousUser | None) -> Iterator[None]:
    """Inside, sentences and times are those of `user`; what they did not choose stays as it was."""
    try:
        chosen = user.preference  # type: ignore[union-attr]
    except (AttributeError, ObjectDoesNotExist):
        chosen = Preference()
    language = chosen.language if chosen.language in dict(settings.LANGUAGES) else translation.get_language()
    zone = ZoneInfo(chosen.time_zone) if chosen.time_zone in time_zones() else timezone.get_current_timezone()
    with translation.override(language), timezone.override(zone):
        yield


@contextmanager
def house_language() -> Iterator[None]:
    """Inside, sentences are in the installation's language: for what is stored and read by everybody."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@cache
def time_zones() -> frozenset[str]:
    """The names that are cities or UTC: those of whole regions and old spellings are left out."""
    return frozenset(
        name for name in available_timezones() if name == "UTC" or ("/" in name and not name.startswith("Etc/"))
    )
