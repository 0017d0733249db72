"""Yunhu at the wire: services, envelopes and recording downloads, as its pages describe them.

Whatever breaks a rule of the pages is remembered as a violation, printed and answered with an error. What an
operator may get wrong (credentials, a token that ran out, a recording that is gone) is refused without blame.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox import fates, sound, yunhu_menu
from sandbox.blame import OUTCOME, Blame
from sandbox.calls import Lines
from sandbox.facts import YUNHU, Batch, Call
from sandbox.fates import RequestFate
from sandbox.memory import Memory
from sandbox.recordings import Recordings
from sandbox.replies import Reply
from sandbox.voice_fetch import fetch_voice_file
from sandbox.yunhu_answers import (
    APPID_UNKNOWN,
    BAD_REQUEST,
    EXTENSION_EXCEPTION,
    FILE_MISSING,
    OPERATION_FAILED,
    TOKEN_INVALID,
    Failed,
    Refused,
    accepted,
    failure,
    refusal,
    success,
)
from sandbox.yunhu_bills import (
    CALL_METHOD_IVR,
    DIRECTION_OUT,
    UNUSED,
    bill,
    echoed_number,
    recording_name,
    taking_extension,
    wire_time,
)
from sandbox.yunhu_forms import (
    GET_BILL,
    GET_RECORDING,
    LOGIN,
    LOGOUT,
    PLAY_VOICE,
    SERVICES,
    Violation,
    is_voice_menu,
    read_parameters,
)

PATH = "/api/yunhu"


class Yunhu:
    """All services of the carrier."""

    def __init__(self, *, memory: Memory, lines: Lines, recordings: Recordings, blame: Blame) -> None:
        self._memory = memory
        self._lines = lines
        self._recordings = recordings
        self._blame = blame
        self._services: dict[str, Callable[[dict[str, Any]], Reply]] = {
            LOGIN: self._login,
            LOGOUT: self._logout,
            PLAY_VOICE: self._play_voice,
            GET_BILL: self._get_bill,
            GET_RECORDING: self._get_recording,
        }

    def answer(self, form: dict[str, str], *, fate: RequestFate | None) -> Reply:
        """The answer to one POST, with `fate` applied as far as the carrier itself decides it."""
        service = form.get("service", "")
        is_batch = service == PLAY_VOICE and not is_voice_menu(form)
        try:
            self._apply(fate)
            if service not in SERVICES:
                raise Violation(f"there is no service {service!r}")
            return self._services[service](read_parameters(service, form))
        except Violation as violation:
            return self.violated(service, str(violation), is_batch=is_batch)
        except Refused as refused:
            self._memory.note("refused", reason=str(refused.code))
            return self._refusal(refused, is_batch=is_batch)
        except Failed as failed:
            self._memory.note("refused", reason=failed.code)
            return failure(failed)

    def violated(self, service: str, sentence: str, *, is_batch: bool = False) -> Reply:
        """Remember and print a broken rule; the answer is a 400 in the service's envelope."""
        self._blame(carrier=YUNHU, service=service, sentence=sentence)
        answer = self._refusal(Refused(BAD_REQUEST, f"Illegal request: {sentence}"), is_batch=is_batch)
        return replace(answer, outcome=OUTCOME)

    def _apply(self, fate: RequestFate | None) -> None:
        if fate is None:
            return
        if fate.name == "refuse":
            raise Refused(int(fate.argument))
        if fate.name == "fail":
            raise Failed(str(int(fate.argument)), "ordered fail")
        if fate.name == "invalidate_tokens":
            self._memory.note("tokens_invalidated")

    def _login(self, given: dict[str, Any]) -> Reply:
        if not self._holds_key(given):
            raise Failed(OPERATION_FAILED, "Authorization failed")
        switches, now = self._memory.switches, time.time()
        token = secrets.token_hex(16)
        self._memory.note(
            "login",
            token=token,
            app=given["appid"],
            expires_at=now + switches.token_seconds,
            replaces=switches.login_replaces_token,
        )
        company = {"companycode": "9017", "companyname": "sandbox"}
        return success(
            "Authorization successful",
            {**company, "token": token, "authtime": wire_time(now), "authmodel": ""},
        )

    def _logout(self, given: dict[str, Any]) -> Reply:
        self._app_of(given["token"])
        self._memory.note("logout", token=given["token"])
        return success("logout successful")

    def _play_voice(self, given: dict[str, Any]) -> Reply:
        return self._play_menu(given) if "token" in given else self._play_batch(given)

    def _play_menu(self, given: dict[str, Any]) -> Reply:
        app, switches = self._app_of(given["token"]), self._memory.switches
        _, group = given["userid"]
        if group not in switches.extension_groups:
            raise Violation(f"userid names the extension group {group!r}, which is not there")
        if switches.extension_is_new and app not in self._memory.logged_in_again:
            raise Failed(EXTENSION_EXCEPTION, "play failed")
        self._check_voice(given)
        facts = yunhu_menu.batch_facts(given, app=app, country=switches.voice_menu_country)
        batch = self._accept(facts)
        return success("Play command sent successfully", batch_id=batch.id)

    def _play_batch(self, given: dict[str, Any]) -> Reply:
        if not self._holds_key(given):
            raise Refused(APPID_UNKNOWN)
        self._check_voice(given)
        return accepted(batch_id=self._accept(_batch_facts(given)).id)

    def _accept(self, facts: dict[str, Any]) -> Batch:
        with self._memory.lock:
            self._check_reference(facts)
            batch = self._memory.accept(facts)
        self._lines.dial(batch)
        return batch

    def _check_voice(self, given: dict[str, Any]) -> None:
        switches, name = self._memory.switches, given["voicefile"]
        if given["voicetype"] == 1:
            if name not in switches.offline_files:
                raise Violation(f"voicefile {name!r} is no offline file of the console")
        elif switches.fetch_voice_urls:
            try:
                fetch_voice_file(name)
            except sound.NotAVoiceFile as error:
                raise Violation(str(error)) from error

    def _check_reference(self, facts: dict[str, Any]) -> None:
        """The carrier itself would dial again, so the numbers of a repeated request count as dialled."""
        reference = facts["reference"]
        if not reference or (YUNHU, facts["app"], reference) not in self._memory.references:
            return
        repeated = {name: facts[name] for name in ("app", "country", "reference", "numbers")}
        self._memory.note("repeated", **repeated)
        raise Violation(f"customuuid {reference} was handed over before")

    def _get_bill(self, given: dict[str, Any]) -> Reply:
        app = self._app_of(given["token"])
        switches = self._memory.switches
        with self._memory.lock:
            bills = self._matching(given, app=app)
            if switches.bill_order == "descending":
                bills.reverse()
            start = (given["currentpage"] - 1) * given["itemsperpage"]
            page = bills[start : start + given["itemsperpage"]]
            if given["syncflag"] == 1 and page:
                self._memory.note("read", bills=[call.bill_id for call in page])
        return success(
            "get success",
            {
                "totalitems": len(bills),
                "currentpage": given["currentpage"],
                "itemsperpage": given["itemsperpage"],
                "bills": [bill(call, echo_form=switches.echo_form) for call in page],
            },
        )

    def _matching(self, given: dict[str, Any], *, app: str) -> list[Call]:
        if given["direction"] not in (DIRECTION_OUT, 3) or given["callmethod"] not in (0, CALL_METHOD_IVR):
            return []
        if given["userid"] not in ("", UNUSED) or given["memberid"] not in ("", UNUSED):
            return []
        return [call for call in self._candidates(given["customuuid"]) if self._is_match(call, given, app=app)]

    def _candidates(self, reference: str) -> list[Call]:
        if not reference:
            return list(self._memory.bills.values())
        return self._memory.bills_of_reference.get("" if reference == UNUSED else reference, [])

    def _is_match(self, call: Call, given: dict[str, Any], *, app: str) -> bool:
        if not given["starttime"] <= int(call.started_at) <= given["endtime"] or not _is_of(call, app):
            return False
        if given["syncflag"] != 3 and call.is_read != (given["syncflag"] == 2):
            return False
        if given["chengshudu"] and given["chengshudu"] != (call.batch.tag or UNUSED):
            return False
        if given["extnumber"] not in ("", taking_extension(call)):
            return False
        echoed = echoed_number(call, echo_form=self._memory.switches.echo_form)
        return given["destnumber"] in ("", call.number, echoed)

    def _get_recording(self, given: dict[str, Any]) -> Reply:
        app = self._app_of(given["token"])
        call = self._call_of_recording(given["filename"])
        if call is None or not _is_of(call, app):
            raise Violation(f"filename {given['filename']!r} was never promised to this appid")
        if not self._recordings.has_link(call):
            raise Failed(FILE_MISSING, "get fail")
        url, expires_at = self._recordings.link(call)
        return success("get success", {"downurl": url, "expiredtime": f"Expiration time:{wire_time(expires_at)}"})

    def _call_of_recording(self, name: str) -> Call | None:
        bill_id = name.removesuffix(".mp3").rpartition("_")[2]
        call = self._memory.bills.get(int(bill_id)) if bill_id.isascii() and bill_id.isdigit() else None
        return call if call and recording_name(call) == name else None

    def _holds_key(self, given: dict[str, Any]) -> bool:
        apps = self._memory.switches.apps
        if given["appid"] not in apps:
            raise Refused(APPID_UNKNOWN)
        return secrets.compare_digest(apps[given["appid"]].encode(), given["accesskey"].encode())

    def _app_of(self, token: str) -> str:
        held = self._memory.tokens.get(token)
        if held is None or time.time() >= held.expires_at:
            raise Refused(TOKEN_INVALID)
        return held.app

    def _refusal(self, refused: Refused, *, is_batch: bool) -> Reply:
        """The token services' global error, or for a batch the form that the switch chooses."""
        form = self._memory.switches.refusal_form if is_batch else "ret"
        if form == "status":
            return failure(Failed(OPERATION_FAILED, refused.message))
        return refusal(refused, key=form)


def _batch_facts(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "accepted_at": time.time(),
        "app": given["appid"],
        "country": given["nationcode"],
        "reference": given["customuuid"],
        "tag": given["chengshudu"],
        "caller_id": given["disnumber"],
        "wants_key": given["userkey"] == 1,
        "ring_limit_seconds": given["waittime"] or fates.DEFAULT_RING_LIMIT_SECONDS,
        "talk_limit_seconds": given["conntime"] or fates.DEFAULT_TALK_LIMIT_SECONDS,
        "numbers": given["destnumber"],
    }


def _is_of(call: Call, app: str) -> bool:
    return call.batch.carrier == YUNHU and call.batch.app == app
