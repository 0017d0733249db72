"""The app, and the console in the place of Django's own admin site."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class DialerConfig(AppConfig):
    name = "dialer"
    default = True

    def ready(self) -> None:
        from dialer import checks  # noqa: F401


class DialerAdminConfig(AdminConfig):
    default_site = "dialer.admin.site.ConsoleSite"
    default = False
