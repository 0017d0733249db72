"""The console: Django's admin site with our navigation."""

from django.contrib.admin import AdminSite


class ConsoleSite(AdminSite):
    site_header = "Dialer"
    site_title = "Dialer"
    index_title = "Overview"
