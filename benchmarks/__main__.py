"""Run the benchmarks: each in a process of its own, on a database, a folder and a sandbox carrier of its own.

Loopback only. A part that breaks or takes longer than it may is said so, and the others run all the same.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
# Minutes that a part may take at most; on a quiet machine each takes a fraction of it.
PARTS = {
    "import_rows": 2,
    "intake": 2,
    "dispatch": 2,
    "ledger": 2,
    "archive": 3,
    "exports": 8,
    "pages": 12,
    "lists": 15,
    "overview": 8,
}


@dataclass(kw_only=True)
class Outcome:
    """What became of a part."""

    name: str
    seconds: float = 0
    trouble: str = ""
    findings: list[dict[str, str]] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.name} took {self.seconds:.0f} s" + (f": {self.trouble}" if self.trouble else "")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(PARTS)}; all if none is given")
    parser.add_argument(
        "--postgres", metavar="URL", default="", help="a server on which to make a database for each, instead of SQLite"
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(PARTS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    print(" ratio  (1.00 is the bare baseline; more is slower)")
    outcomes = [run(name, postgres=arguments.postgres) for name in arguments.names or PARTS]
    summarize(outcomes)
    return int(any(outcome.trouble for outcome in outcomes))


def run(name: str, *, postgres: str) -> Outcome:
    """Measure one part, and end it with all that it started when its time is over."""
    print(f"\n{name}", flush=True)
    home = BASE_DIR / "var"  # beside the real data, so that it is the real disk that has to keep what is written
    home.mkdir(exist_ok=True)
    outcome, started = Outcome(name=name), time.monotonic()
    with tempfile.TemporaryDirectory(dir=home, prefix="benchmarks-", ignore_cleanup_errors=True) as folder:
        findings = Path(folder, "findings")
        command = [sys.executable, "-m", "benchmarks.part", name, folder, *([postgres] if postgres else [])]
        process = subprocess.Popen(command, cwd=BASE_DIR, start_new_session=True)
        try:
            if code := process.wait(PARTS[name] * 60):
                outcome.trouble = f"it broke with {code}"
        except subprocess.TimeoutExpired:
            outcome.trouble = f"it was stopped after the {PARTS[name]} minutes that it may take"
        finally:
            _end(process)
        if findings.exists():
            outcome.findings = [json.loads(line) for line in findings.read_text().splitlines()]
    outcome.seconds = time.monotonic() - started
    print(f"        {outcome}", flush=True)
    return outcome


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Nothing that it started goes on."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def summarize(outcomes: list[Outcome]) -> None:
    """The table of docs/operations.md, and how long each part took."""
    print("\n| part | baseline | ratio |\n|---|---|---|")
    for outcome in outcomes:
        for found in outcome.findings:
            print("| {what} | {against} | {ratio} |".format(**found))
    print(f"\n{len(outcomes)} parts in {sum(outcome.seconds for outcome in outcomes):.0f} s:")
    for outcome in outcomes:
        print(f"  {outcome}")


if __name__ == "__main__":
    sys.exit(main())
