"""A console of plain pages, for tests of what all pages share; a test of it uses the fixture `plain_console`."""

from django.contrib import admin
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from dialer.admin.base import ConsoleAdmin, ReadOnlyAdmin
from dialer.admin.navigation import Attention, Figure, Place, Section
from dialer.admin.site import ConsoleSite
from dialer.models import Account, Batch, CallRecord, Campaign, CarrierExchange, VoiceFile
from tests import factories

site = ConsoleSite()


class Plain:
    """Pages as every page is, without the templates that the real page of a model may have."""

    change_list_template = "admin/change_list.html"
    change_form_template = "admin/change_form.html"
    object_history_template = "admin/object_history.html"
    delete_confirmation_template = "admin/delete_confirmation.html"


@admin.register(Campaign, site=site)
class CampaignPage(Plain, ConsoleAdmin):
    navigation = Place(Section.OPERATE, 10, "campaigns")
    empty_help = "A campaign plays one voice file to a list of numbers."
    list_display = ("name", "state")
    search_fields = ("name",)
    list_filter = ("state",)


@admin.register(CallRecord, site=site)
class CallRecordPage(Plain, ReadOnlyAdmin):
    navigation = Place(Section.OPERATE, 20, "calls")

    def figures(self, request):
        return [Figure(label="Recordings kept", value="7")]


@admin.register(Batch, site=site)
class BatchPage(Plain, ReadOnlyAdmin):
    navigation = Place(Section.BEHIND_THE_SCENES, 10, "batches")

    def attention(self, request):
        return [
            Attention(count=120, text="Uncertain batches", remedy="Settle them.", query="state__exact=uncertain"),
            Attention(count=0, text="nothing of this", remedy="", is_alarm=True),
        ]


@admin.register(CarrierExchange, site=site)
class ExchangePage(Plain, ReadOnlyAdmin):
    pass


@admin.register(Account, site=site)
class AccountPage(Plain, ConsoleAdmin):
    navigation = Place(Section.SET_UP, 10, "accounts")
    fields = ("name", "carrier", "country", "batch_url", "token_url", "time_zone", "number_form", "batch_size")
    fields = (*fields, "app_id", "access_key")


@admin.register(VoiceFile, site=site)
class VoiceFilePage(Plain, ConsoleAdmin):
    navigation = Place(Section.OPERATE, 30, "voice")


def broken(request) -> HttpResponse:
    raise RuntimeError("broken on purpose")


urlpatterns = [path("broken/", broken), path("", site.urls)]


def logged_in_with(*permissions: str) -> Client:
    client = Client()
    client.force_login(factories.make_user(*permissions))
    return client
