"""Plays random schedules of kills and prints what became of everybody: `python -m tests.chaos --schedules 2000`.

Ends with 1 if anybody was called twice or lost. Each schedule follows from its own seed, so one is played again by
`--seed N --schedules 1`.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from time import monotonic

from tests.chaos import lane as lanes
from tests.chaos.outcome import Played


def main() -> int:
    """Exit code 0 if the promise was kept in every schedule."""
    arguments = _parser().parse_args()
    seed = random.SystemRandom().randrange(10**9) if arguments.seed is None else arguments.seed
    _say(f"CHAOS_SEED={seed}: {arguments.schedules:,} schedules on {arguments.database}")
    folder = Path(tempfile.mkdtemp(prefix="dialer-chaos-"))
    sums: Counter[str] = Counter()
    deaths: Counter[str] = Counter()
    started = monotonic()
    with _template(folder, arguments.database) as template:
        for played in _played(folder, template, range(seed, seed + arguments.schedules), count=arguments.lanes):
            _add(sums, played)
            deaths.update(played.deaths)
            for problem in played.verdict.problems:
                _say(f"seed {played.seed}: {problem}")
    _say(_table(sums, deaths, seconds=monotonic() - started))
    if sums["broken"]:
        _say(f"What broken schedules left is in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Kill everything, lose nobody.")
    parser.add_argument("--schedules", type=int, default=200)
    parser.add_argument(
        "--seed", type=int, default=int(os.environ["CHAOS_SEED"]) if "CHAOS_SEED" in os.environ else None
    )
    parser.add_argument("--lanes", type=int, default=3, help="schedules at the same time")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    return parser


@contextmanager
def _template(folder: Path, database: str) -> Iterator[str]:
    """The address of an empty database with all tables."""
    name = f"chaos_{os.getpid()}"
    address = lanes.migrated_sqlite(folder) if database == "sqlite" else f"{lanes.POSTGRES}/{name}"
    if database == "postgres":
        lanes.drop_postgres(name)
        lanes.on_postgres(f'CREATE DATABASE "{name}"')
    environment = {"DATABASE_URL": address, "DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "tests.chaos.settings"}
    try:
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(command, env={**os.environ, **environment}, check=True)
        if database == "sqlite":
            lanes.seal(folder / "template.sqlite3")
        yield address
    finally:
        if database == "postgres":
            lanes.drop_postgres_with_copies(name)


def _played(folder: Path, template: str, seeds: range, *, count: int) -> Iterator[Played]:
    """Each schedule as it ends."""
    pool = ProcessPoolExecutor(
        max_workers=count, mp_context=get_context("spawn"), initializer=lanes.open_lane, initargs=(folder, template)
    )
    with pool:
        for future in as_completed([pool.submit(lanes.play, seed) for seed in seeds]):
            yield future.result()


def _add(sums: Counter[str], played: Played) -> None:
    sums["schedules"] += 1
    sums["kills"] += played.kills
    sums["people"] += played.verdict.people
    sums["recordings"] += played.verdict.recordings
    sums["dialled twice"] += played.verdict.dialled_twice
    sums["lost"] += played.verdict.lost
    sums["left uncertain"] += played.verdict.uncertain
    sums["broken"] += bool(played.verdict.problems)


def _table(sums: Counter[str], deaths: Counter[str], *, seconds: float) -> str:
    rows = ("schedules", "kills", "people", "recordings", "dialled twice", "lost", "left uncertain")
    lines = [f"{row:16}{sums[row]:10,}" for row in rows]
    lines += [f"{'broken':16}{sums['broken']:10,}   schedules with any other fault among them"]
    lines += ["", f"places of death {len(deaths):10,}   different ones", f"seconds {seconds:18,.0f}"]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
