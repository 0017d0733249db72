"""Random schedules of kills, each from its own seed; the first seed is printed, and CHAOS_SEED plays it again."""

import os
import random
import socket
import subprocess
import sys

import pytest
from django.conf import settings

from tests.chaos import lane

pytestmark = pytest.mark.cluster

SCHEDULES = int(os.environ.get("CHAOS_SCHEDULES", "200"))
SCHEDULES_ON_POSTGRES = 12


def chaos(*options: str) -> "subprocess.CompletedProcess[str]":
    seed = os.environ.get("CHAOS_SEED") or str(random.SystemRandom().randrange(10**9))
    return subprocess.run(
        [sys.executable, "-m", "tests.chaos", "--seed", seed, *options],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


def postgres_is_there() -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(lane.POSTGRES_ADDRESS) == 0


def test_nobody_is_called_twice_and_nobody_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    ended = chaos("--schedules", str(SCHEDULES))

    with capsys.disabled():
        print(f"\n{ended.stdout}")  # noqa: T201 - the seed and the table are wanted in every log
    assert ended.returncode == 0, f"{ended.stdout[-10_000:]}\n{ended.stderr[-5_000:]}"


def test_nor_on_postgresql(capsys: pytest.CaptureFixture[str]) -> None:
    if not postgres_is_there():
        pytest.skip("no PostgreSQL server answers at {}:{}".format(*lane.POSTGRES_ADDRESS))

    ended = chaos("--schedules", str(SCHEDULES_ON_POSTGRES), "--database", "postgres")

    with capsys.disabled():
        print(f"\n{ended.stdout}")  # noqa: T201 - as above
    assert ended.returncode == 0, f"{ended.stdout[-10_000:]}\n{ended.stderr[-5_000:]}"
