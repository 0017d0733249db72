"""Run the sandbox carrier: `python -m sandbox --port 0 --speed 60`."""

import argparse
import ctypes
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from sandbox.app import Sandbox
from sandbox.fates import tables_as_text
from sandbox.switches import Switches, with_changes

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Serve until SIGTERM or SIGINT. Prints one line with the address."""
    arguments = _parser().parse_args()
    if arguments.fates:
        sys.stdout.write(tables_as_text())
        return
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    if arguments.with_parent:
        _end_with_parent(stopping)
    with Sandbox(port=arguments.port, switches=_switches(arguments), state_file=arguments.state_file) as sandbox:
        sys.stdout.write(f"sandbox listening on {sandbox.address}\n")
        sys.stdout.flush()
        stopping.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A carrier that calls nobody.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--speed", type=float, help="how much faster calls pass")
    parser.add_argument("--lines", type=int, help="calls at the same time")
    parser.add_argument("--callback-url", help="where bills are pushed")
    parser.add_argument("--app", action="append", metavar="APPID:ACCESSKEY", help="may be repeated")
    parser.add_argument("--laaffic", action="append", metavar="APPID:KEY:SECRET", help="may be repeated")
    parser.add_argument("--offline-file", action="append", metavar="NAME", help="may be repeated")
    parser.add_argument("--set", action="append", default=[], metavar="SWITCH=JSON", help="any other switch")
    parser.add_argument("--state-file", type=Path, help="journal: dials and open calls survive a kill")
    parser.add_argument("--with-parent", action="store_true", help="end when the starting process ends")
    parser.add_argument("--fates", action="store_true", help="print the tables of fates and leave")
    return parser


def _switches(arguments: argparse.Namespace) -> Switches:
    try:
        given: dict[str, Any] = {
            "speed": arguments.speed,
            "lines": arguments.lines,
            "callback_url": arguments.callback_url,
            "offline_files": arguments.offline_file,
            "laaffic_apps": dict(_signer(app) for app in arguments.laaffic) if arguments.laaffic else None,
            "apps": dict(_pair(app, ":") for app in arguments.app) if arguments.app else None,
        }
        given |= {name: json.loads(value) for name, value in (_pair(item, "=") for item in arguments.set)}
        return with_changes(Switches(), {name: value for name, value in given.items() if value is not None})
    except ValueError as error:
        sys.exit(f"sandbox: {error}")


def _pair(text: str, separator: str) -> tuple[str, str]:
    left, found, right = text.partition(separator)
    if not found:
        raise ValueError(f"{text!r} lacks a {separator!r}")
    return left, right


def _signer(text: str) -> tuple[str, dict[str, str]]:
    app, rest = _pair(text, ":")
    key, secret = _pair(rest, ":")
    return app, {"api_key": key, "secret": secret}


def _end_with_parent(stopping: threading.Event) -> None:
    """Ask Linux for SIGTERM at the parent's death; a parent that is gone already counts, too."""
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        stopping.set()


if __name__ == "__main__":
    main()
