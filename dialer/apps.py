"""The app, and the console in the place of Django's own admin site."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class DialerConfig(AppConfig):
    name = "dialer"
    default = True

    def ready(self) -> None:
        from django.db.models.signals import post_migrate
        from django.utils import translation as tongue

        from dialer import checks, roles, translation  # noqa: F401
        from dialer.schedule_sync import sync_after_migrate

        translation.speak_with(tongue)
        post_migrate.connect(sync_after_migrate, sender=self)
        post_migrate.connect(roles.bring_up_to_date)


class DialerAdminConfig(AdminConfig):
    default_site = "dialer.admin.site.ConsoleSite"
    default = False

    def ready(self) -> None:
        # The pages come first. If the lazy site imported its own package, they would register themselves with a
        # site that is thrown away a moment later.
        from dialer import admin  # noqa: F401
        from dialer.api import reference  # noqa: F401 - a page beside them

        super().ready()
