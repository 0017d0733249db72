"""A voice file at the carriers that take files from here: uploaded and removed by a button."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.admin.doors import FORM, ORDER, back_to, door, show
from dialer.carriers.contract import CarrierError
from dialer.flow import voice_placing
from dialer.flow.mistakes import DialerError
from dialer.flow.visibility import visible_to
from dialer.models import Account, CarrierFile, VoiceFile


class VoicePlaces:
    """For the page of a voice file: its doors to the carriers."""

    log_change: Any

    def places(self, request: HttpRequest, voice_file: VoiceFile) -> list[tuple[Account, CarrierFile | None]]:
        """Accounts whose carrier takes files from here, each with the file as it lies there."""
        there = {row.account_id: row for row in voice_file.carrier_files.all()}
        accounts = Account.objects.filter(
            Q(is_enabled=True) | Q(pk__in=there), carrier__in=voice_placing.carriers_with_files()
        )
        return [(account, there.get(account.pk)) for account in visible_to(request.user, accounts)]

    @door("change_voicefile", methods=ORDER)
    def place_view(self, request: HttpRequest, voice_file: VoiceFile) -> HttpResponseBase:
        account = _account(request, request.POST.get("account", ""))
        try:
            placed = voice_placing.place(voice_file, account)
        except (CarrierError, DialerError) as error:
            messages.error(request, str(error))
            return back_to(voice_file)
        named = {"account": account, "id": placed.name_at_carrier}
        self.log_change(request, voice_file, format_lazy(_("Uploaded to {account} as {id}."), **named))
        messages.success(request, gettext("It lies at the carrier of “%(account)s” now.") % named)
        return back_to(voice_file)

    @door("change_voicefile", methods=FORM)
    def remove_view(self, request: HttpRequest, voice_file: VoiceFile) -> HttpResponseBase:
        account = _account(request, request.GET.get("account", ""))
        placed = CarrierFile.objects.filter(voice_file=voice_file, account=account).select_related("account").first()
        if placed is None:
            raise Http404
        named = {"account": account, "id": placed.name_at_carrier}
        if request.method == "POST":
            try:
                voice_placing.remove(placed)
            except (CarrierError, DialerError) as error:
                messages.error(request, str(error))
                return back_to(voice_file)
            self.log_change(request, voice_file, format_lazy(_("Removed from {account}."), **named))
            messages.success(request, gettext("It lies at the carrier of “%(account)s” no more.") % named)
            return back_to(voice_file)
        return show(
            self,  # type: ignore[arg-type]
            request,
            "admin/dialer/confirmation.html",
            voice_file,
            title=gettext("Remove from the carrier"),
            sentences=[
                gettext("The file %(id)s is deleted at the carrier of “%(account)s”.") % named,
                gettext("The voice file itself stays here, and can be uploaded again at any time."),
            ],
            button=gettext("Remove it there"),
            is_dangerous=True,
        )


def _account(request: HttpRequest, text: str) -> Account:
    """One that this user sees, whose carrier takes files from here; else 404."""
    rows = visible_to(request.user, Account.objects.all())
    account = rows.filter(pk=int(text)).first() if text.isascii() and text.isdigit() else None
    if account is None or not voice_placing.takes_files(account):
        raise Http404
    return account
