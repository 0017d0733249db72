"""Each request in the language and time zone of the person behind it, without a query more."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.i18n import set_language

from dialer.models import Preference
from dialer.models.preference import as_preferred


class Backend(ModelBackend):
    """Reads who is logged in together with what they prefer."""

    def get_user(self, user_id: Any) -> User | None:
        user = User.objects.select_related("preference").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None


class PreferenceMiddleware:
    """Whoever is logged in finds the console in their own language and time zone, on whatever device."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:  # carriers and programs cost no query
            return self.get_response(request)
        with as_preferred(request.user):
            return self.get_response(request)


def choose_language(request: HttpRequest) -> HttpResponse:
    """POST language, next: the console speaks it from now on, on this device and to this person on any other."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    language = request.POST.get("language", "")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES):
        Preference.objects.update_or_create(user=request.user, defaults={"language": language})
    return set_language(request)
