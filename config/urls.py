"""Addresses: the doors for carriers and machines, what people listen to, and the console."""

from django.contrib import admin
from django.urls import path

from dialer import callbacks, health, voice_address
from dialer.api.service import api
from recordings import downloads

urlpatterns = [
    path("callbacks/<int:account_id>/<str:secret>/<slug:kind>", callbacks.receive, name="callback"),
    path("callbacks/<int:account_id>/<str:secret>/<slug:kind>/", callbacks.receive),  # as some consoles write it
    path("voice/<str:public_key>/<str:name>.mp3", voice_address.voice, name="voice"),
    path("voice-files/<int:voice_file_id>/original", voice_address.original, name="voice-original"),
    path("recordings/<int:recording_id>/sound", downloads.listen, name="recording"),
    path("api/v1/", api.urls),
    path("healthz", health.healthz, name="healthz"),
    path("", admin.site.urls),
]
