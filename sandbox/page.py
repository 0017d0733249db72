"""One readable page of what the sandbox received and did."""

import time
from collections.abc import Iterable
from html import escape
from typing import Any

from sandbox.control import Control
from sandbox.fates import ENDINGS

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; color: #1c2733 }
h1 { font-size: 1.4rem } h2 { font-size: 1.05rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #e3e8ee; vertical-align: top }
th { color: #5b6b7b; font-weight: 600 }
section { overflow-x: auto }
td { overflow-wrap: anywhere; min-width: 4rem }
.wrong { color: #a4161a; font-weight: 600 } .calm { color: #5b6b7b }
"""
FIGURES = (
    "batches", "calls_total", "calls_open", "bills", "numbers_dialled", "callbacks_sent", "callbacks_failed",
    "callbacks_lost", "callbacks_waiting", "recordings_promised", "recordings_fetched", "transferred", "sms_sent",
    "extension_events",
)  # fmt: skip
CARRIER_FIGURES = ("batches", "calls_total", "calls_open", "bills", "violations")
REQUEST_COLUMNS = ("at", "carrier", "service", "outcome")
TASK_COLUMNS = ("id", "carrier", "app", "reference", "state", "numbers", "open", "created_at", "starts_at")
EXTENSION_COLUMNS = ("at", "number", "extension", "side", "status", "outcome")
SHOWN = 100
CALL_COLUMNS = (
    "carrier", "number", "country", "reference", "state", "started_at", "ring_seconds", "talk_seconds", "cause", "key",
    "bill", "callbacks", "extension", "is_transferred", "is_fetched",
)  # fmt: skip


def page(control: Control) -> str:
    """The page as HTML; everything that came from outside is escaped."""
    state = control.state()
    sections = [
        _section("Figures", ("figure", "count"), [(_words(name), state[name]) for name in FIGURES]),
        _section("Carriers", ("figure", *state["carriers"]), _carriers(state)),
        _section("Dialled more than once", ("number", "times"), state["dialled_twice"].items(), is_wrong=True),
        _section("Violations", ("at", "carrier", "service", "sentence"), _violations(state), is_wrong=True),
        _section("Newest requests", REQUEST_COLUMNS, map(_request, control.newest_requests()[:SHOWN])),
        _section("Newest tasks", tuple(map(_words, TASK_COLUMNS)), map(_task, control.newest_tasks(SHOWN))),
        _section("Requests", ("service", "count"), state["requests"].items()),
        _section("Newest calls", tuple(map(_words, CALL_COLUMNS)), map(_call, control.newest_calls(SHOWN))),
        _section("Text messages", ("number", "task", "text"), _messages(control)),
        _section("Extensions", tuple(map(_words, EXTENSION_COLUMNS)), _extension_events(control)),
        _section("Endings", ("last digits", "fate"), _endings()),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sandbox carriers</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><style>{STYLE}</style></head><body><h1>Sandbox carriers</h1>'
        '<p class="calm">It imitates two carriers and calls nobody.</p>' + "".join(sections) + "</body></html>"
    )


def _section(title: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]], *, is_wrong: bool = False) -> str:
    lines = "".join(_line(row, tag="td") for row in rows)
    if not lines:
        return f'<section><h2>{escape(title)}</h2><p class="calm">none</p></section>'
    style = ' class="wrong"' if is_wrong else ""
    return f"<section><h2{style}>{escape(title)}</h2><table>{_line(columns, tag='th')}{lines}</table></section>"


def _line(cells: tuple[Any, ...], *, tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(_shown(cell))}</{tag}>" for cell in cells) + "</tr>"


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)


def _endings() -> list[tuple[str, str]]:
    return [(f"{rule.first:02}-{rule.last:02}", rule.says) for rule in ENDINGS]


def _carriers(state: dict[str, Any]) -> list[tuple[Any, ...]]:
    carriers = state["carriers"].values()
    return [(_words(name), *(figures[name] for figures in carriers)) for name in CARRIER_FIGURES]


def _violations(state: dict[str, Any]) -> list[tuple[str, ...]]:
    newest = reversed(state["violations"][-200:])
    return [(_clock(item["at"]), item["carrier"], item["service"], item["sentence"]) for item in newest]


def _request(request: dict[str, Any]) -> tuple[Any, ...]:
    return (_clock(request["at"]), *(request[name] for name in REQUEST_COLUMNS[1:]))


def _task(task: dict[str, Any]) -> tuple[Any, ...]:
    shown = task | {name: _clock(task[name]) if task[name] else None for name in ("created_at", "starts_at")}
    return tuple(shown[name] for name in TASK_COLUMNS)


def _messages(control: Control) -> list[tuple[str, ...]]:
    return [(item["number"], item["task_name"], item["text"]) for item in control.sms()[: -SHOWN - 1 : -1]]


def _extension_events(control: Control) -> list[tuple[Any, ...]]:
    newest = control.extension_events()[: -SHOWN - 1 : -1]
    return [(_clock(event["at"]), *(event[name] for name in EXTENSION_COLUMNS[1:])) for event in newest]


def _call(call: dict[str, Any]) -> tuple[Any, ...]:
    shown = call | {"started_at": _clock(call["started_at"]) if call["started_at"] else None}
    return tuple(shown[name] for name in CALL_COLUMNS)


def _clock(epoch_seconds: float) -> str:
    return time.strftime("%H:%M:%S UTC", time.gmtime(epoch_seconds))


def _words(name: str) -> str:
    return name.replace("_", " ")
