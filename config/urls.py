"""Addresses: the console, and the doors for carriers and machines."""

from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("", admin.site.urls),
]
