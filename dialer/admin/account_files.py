"""The voice files that lie at an account's carrier, and removing them from there."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.translation import gettext

from dialer.admin.doors import FORM, LOOK, address, back_to, door, show
from dialer.carriers.contract import CarrierError
from dialer.flow import voice_placing
from dialer.flow.mistakes import DialerError
from dialer.models import Account


class AccountFiles:
    """For the page of an account: its doors to the files at the carrier."""

    log_change: Any

    @door("view_voicefile", methods=LOOK)
    def files_view(self, request: HttpRequest, account: Account) -> HttpResponseBase:
        """As the carrier lists them now, beside what is known here."""
        _must_take_files(account)
        try:
            files = voice_placing.at_carrier(account)
        except CarrierError as error:
            messages.error(request, str(error))
            return back_to(account)
        may_remove = request.user.has_perm("dialer.change_voicefile")
        return show(
            self,  # type: ignore[arg-type]
            request,
            "admin/dialer/account/files.html",
            account,
            title=gettext("Files at the carrier"),
            files=files,
            may_remove=may_remove,
        )

    @door("change_voicefile", methods=FORM)
    def remove_file_view(self, request: HttpRequest, account: Account) -> HttpResponseBase:
        _must_take_files(account)
        id_at_carrier = request.GET.get("file", "")
        if not id_at_carrier:
            raise Http404
        back = address(account, "files")
        if request.method == "POST":
            try:
                was_there = voice_placing.remove_by_id(account, id_at_carrier)
            except (CarrierError, DialerError) as error:
                messages.error(request, str(error))
            else:
                if not was_there:
                    none = gettext("There is no file %(id)s at the carrier.") % {"id": id_at_carrier}
                    messages.warning(request, none)
                    return HttpResponseRedirect(back)
                self.log_change(request, account, lambda: _removed(id_at_carrier))
                messages.success(request, _removed(id_at_carrier))
            return HttpResponseRedirect(back)
        return show(
            self,  # type: ignore[arg-type]
            request,
            "admin/dialer/confirmation.html",
            account,
            title=gettext("Remove a file from the carrier"),
            sentences=[
                gettext("The file %(id)s is deleted at the carrier.") % {"id": id_at_carrier},
                gettext("A file that somebody else uploaded there can’t be brought back from here."),
            ],
            button=gettext("Remove it there"),
            is_dangerous=True,
            back_url=back,
        )


def _removed(id_at_carrier: str) -> str:
    return gettext("Removed the file %(id)s from the carrier.") % {"id": id_at_carrier}


def _must_take_files(account: Account) -> None:
    if not voice_placing.takes_files(account):
        raise Http404
