"""One readable page of what the sandbox received and did."""

import time
from collections.abc import Iterable
from html import escape
from typing import Any

from sandbox.fates import ENDINGS

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; color: #1c2733 }
h1 { font-size: 1.4rem } h2 { font-size: 1.05rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #e3e8ee; vertical-align: top }
th { color: #5b6b7b; font-weight: 600 }
.wrong { color: #a4161a; font-weight: 600 } .calm { color: #5b6b7b }
"""
FIGURES = (
    "batches", "calls_total", "calls_open", "bills", "numbers_dialled", "callbacks_sent", "callbacks_failed",
    "callbacks_lost", "callbacks_waiting", "recordings_promised", "recordings_fetched",
)  # fmt: skip
CALL_COLUMNS = (
    "number", "country", "reference", "state", "started_at", "ring_seconds", "talk_seconds", "cause", "key",
    "bill", "callbacks", "is_fetched",
)  # fmt: skip


def page(*, state: dict[str, Any], calls: list[dict[str, Any]]) -> str:
    """The page as HTML; everything that came from outside is escaped."""
    sections = [
        _section("Figures", ("figure", "count"), [(_words(name), state[name]) for name in FIGURES]),
        _section("Requests", ("service", "count"), state["requests"].items()),
        _section("Dialled more than once", ("number", "times"), state["dialled_twice"].items(), is_wrong=True),
        _section("Violations", ("at", "service", "sentence"), _violations(state), is_wrong=True),
        _section("Newest calls", tuple(map(_words, CALL_COLUMNS)), map(_call, calls)),
        _section("Endings", ("last digits", "fate"), _endings()),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sandbox carrier</title>'
        f'<link rel="icon" href="data:,"><style>{STYLE}</style></head><body><h1>Sandbox carrier</h1>'
        '<p class="calm">It imitates a carrier and calls nobody.</p>' + "".join(sections) + "</body></html>"
    )


def _section(title: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]], *, is_wrong: bool = False) -> str:
    lines = "".join(_line(row, tag="td") for row in rows)
    if not lines:
        return f'<h2>{escape(title)}</h2><p class="calm">none</p>'
    style = ' class="wrong"' if is_wrong else ""
    return f"<h2{style}>{escape(title)}</h2><table>{_line(columns, tag='th')}{lines}</table>"


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


def _violations(state: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(_clock(item["at"]), item["service"], item["sentence"]) for item in reversed(state["violations"][-200:])]


def _call(call: dict[str, Any]) -> tuple[Any, ...]:
    shown = call | {"started_at": _clock(call["started_at"]) if call["started_at"] else None}
    return tuple(shown[name] for name in CALL_COLUMNS)


def _clock(epoch_seconds: float) -> str:
    return time.strftime("%H:%M:%S UTC", time.gmtime(epoch_seconds))


def _words(name: str) -> str:
    return name.replace("_", " ")
