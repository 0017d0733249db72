"""What each service of Laaffic is asked: the request that came, and the smaller tables of parameters."""

from dataclasses import dataclass
from typing import Any

from sandbox.laaffic_answers import PARAMETER, Violation
from sandbox.laaffic_signature import Account
from sandbox.laaffic_values import (
    Parameter,
    base64_bytes,
    file_name,
    inner,
    listed,
    local_moment,
    parse,
    read_object,
    text,
    whole,
    zoned_moment,
)

DEFAULT_SIZE = 25
TASK_STATES = (0, 1, 2, 3, 4, 5, 6)


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One signed request: its account, its body, its query, and the last part of its path."""

    account: Account
    body: bytes
    query: dict[str, str]
    id: str

    def read(self, parameters: dict[str, Parameter]) -> dict[str, Any]:
        return read_object(parse(self.body), parameters)

    def read_page(self, parameters: dict[str, Parameter]) -> dict[str, Any]:
        """As `read`, for a list in pages: their number and size may be left out, but not be empty."""
        given = parse(self.body)
        for name in ("current", "size"):
            if given.get(name, 1) in (None, ""):
                raise Violation(f"{name} is empty", code=PARAMETER)
        return read_object(given, _PAGE | parameters)


def page_of(items: list[Any], given: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The asked page, and the figures beside it."""
    current, size = given["current"], given["size"]
    figures = {"total": len(items), "size": size, "current": current, "pages": -(-len(items) // size)}
    return items[(current - 1) * size : current * size], figures


def _required(**readers: Any) -> dict[str, Parameter]:
    return {name: Parameter(read=read, is_required=True) for name, read in readers.items()}


_PAGE = {
    "current": Parameter(read=whole(1, 10**9), default=1),
    "size": Parameter(read=whole(1, 100), default=DEFAULT_SIZE),
}
_TASK_FILTERS = {
    **_required(strTime=local_moment, endTime=local_moment),
    "statusList": Parameter(read=listed(whole(TASK_STATES[0], TASK_STATES[-1]), shortest=0, longest=10)),
    "idxAppId": Parameter(read=text(1, 64)),
    "searchCondition": Parameter(read=text(0, 1000), default=""),
    "taskType": Parameter(read=whole(1, 3)),
}

TASKS = _required(params=inner(_TASK_FILTERS, where="params "))
RECORDS = _required(params=inner(_required(strTime=zoned_moment, endTime=zoned_moment), where="params "))
CANCEL = _required(taskIdList=listed(whole(1, 2**63 - 1), shortest=1, longest=100))
UPLOAD = _required(fileName=file_name, file=base64_bytes)
DELETE = _required(fileIdList=listed(text(1, 128), shortest=1, longest=100))
FILES: dict[str, Parameter] = {}
