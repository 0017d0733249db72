"""Laaffic at the wire: addresses, signatures and envelopes, as its pages describe them.

Whatever breaks a rule of the pages is remembered as a violation, printed and answered with an error. What an
operator may get wrong (credentials, a clock, an empty account, a name used before) is refused without blame.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.blame import Blame
from sandbox.calls import Lines
from sandbox.facts import LAAFFIC
from sandbox.fates import RequestFate
from sandbox.laaffic_answers import PARAMETER, Envelopes, Refused, Violation
from sandbox.laaffic_files import Balance, Files
from sandbox.laaffic_history import History
from sandbox.laaffic_questions import Question
from sandbox.laaffic_signature import account_of, check_content_type
from sandbox.laaffic_tasks import Tasks
from sandbox.memory import Memory
from sandbox.recordings import Recordings
from sandbox.replies import Reply, json_reply
from sandbox.server import Request

BASE = "/v3/"
SEND = "voice/group/call/send"
CANCEL = "voice/group/call/cancel"
DETAIL = "voice/group/call/detail"
RECORD = "voice/recordGroup"
BALANCE = "getBalance"
RECORDING_URL = "voice/getRecordingFileUrl"
WITH_QUERY = (RECORDING_URL,)
WITHOUT_VERSION = f"/{CANCEL}"  # the pages print this address without the version


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where a request goes: the service, and what stands behind it in the path."""

    service: str
    id: str = ""


def address_of(path: str) -> Address | None:
    """The address behind a path, None if it is not one of this carrier."""
    if path == WITHOUT_VERSION:
        return Address(service=CANCEL)
    if not path.startswith(BASE):
        return None
    service = path.removeprefix(BASE)
    for with_id in (DETAIL, RECORD):
        if service.startswith(f"{with_id}/"):
            return Address(service=with_id, id=service.removeprefix(f"{with_id}/"))
    return Address(service=service)


class Laaffic:
    """All services of the carrier."""

    def __init__(self, *, memory: Memory, lines: Lines, recordings: Recordings, blame: Blame) -> None:
        self._memory = memory
        self._blame = blame
        self._balance = Balance(memory=memory)
        self._tasks = Tasks(memory=memory, lines=lines, balance=self._balance)
        files, history = Files(memory=memory), History(memory=memory, recordings=recordings)
        self._posts: dict[str, Callable[[Question], Any]] = {
            SEND: self._tasks.send,
            "voice/group/call/query": self._tasks.query,
            CANCEL: self._tasks.cancel,
            "voice/fileUpload": files.upload,
            "voice/fileQuery": files.query,
            "voice/fileDel": files.delete,
            "voice/recordGroupQuery": history.records,
        }
        self._gets: dict[str, Callable[[Question], Any]] = {
            DETAIL: self._tasks.detail,
            RECORD: history.one_record,
            RECORDING_URL: history.recording,
            BALANCE: self._balance.query,
        }

    def answer(self, request: Request, address: Address, *, fate: RequestFate | None) -> Reply:
        """The answer to one request, with `fate` applied as far as the carrier itself decides it."""
        service = address.service
        if service not in self._posts.keys() | self._gets.keys():
            return self._not_there(service, f"there is no address {BASE}{service}", status=404)
        services = self._posts if request.method == "POST" else self._gets
        if service not in services:
            return self._not_there(service, f"{request.method} is the wrong method for {service}", status=405)
        envelopes = Envelopes(service=service, zero=self._memory.switches.laaffic_zero)
        try:
            if fate and fate.name in ("refuse", "fail"):
                raise Refused(int(fate.argument))
            given = services[service](self._question(request, address))
        except Violation as violation:
            self._blame(carrier=LAAFFIC, service=service, sentence=str(violation))
            return envelopes.violation(violation)
        except Refused as refused:
            self._memory.note("refused", reason=refused.reason)
            return envelopes.refusal(refused)
        if service == BALANCE:
            return envelopes.success(beside=given)
        return envelopes.success(data=given, batch_id=given if service == SEND else None)

    def _question(self, request: Request, address: Address) -> Question:
        account = account_of(request.headers, switches=self._memory.switches)
        query = urlsplit(request.target).query
        if request.method == "POST":
            check_content_type(request.headers)
        elif request.body:
            raise Violation("a GET came with a body", code=PARAMETER)
        if query and address.service not in WITH_QUERY:
            raise Violation(f"{address.service} takes no query", code=PARAMETER)
        return Question(account=account, body=request.body, query=_each_once(query), id=address.id)

    def _not_there(self, service: str, sentence: str, *, status: int) -> Reply:
        self._blame(carrier=LAAFFIC, service=service, sentence=sentence)
        return json_reply({"error": sentence}, status=status, outcome="violation")


def _each_once(query: str) -> dict[str, str]:
    given = parse_qs(query, keep_blank_values=True)
    if any(len(values) > 1 for values in given.values()):
        raise Violation("a parameter is given more than once", code=PARAMETER)
    return {name: values[0] for name, values in given.items()}
