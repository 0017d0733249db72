"""What an operator writes into .env: taken as it stands, and a slip is named in one sentence."""

import os
import re
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.environment import Environment, networks, time_zone


class OneVariable(Environment):
    ENVIRON = {}


def reading(**variables: str) -> Environment:
    environment = OneVariable()
    environment.ENVIRON = variables
    return environment


def test_a_secret_may_begin_with_a_dollar():
    assert reading(SECRET_KEY="$ecret")("SECRET_KEY") == "$ecret"


def test_networks_and_time_zones_are_understood():
    assert networks("10.0.0.0/8, 192.0.2.7,") == [ip_network("10.0.0.0/8"), ip_network("192.0.2.7")]
    assert reading(ZONE="Asia/Shanghai")("ZONE", cast=time_zone, default="UTC") == "Asia/Shanghai"
    assert reading()("ZONE", cast=time_zone, default="UTC") == "UTC"


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda env: env.int("NAME", default=1), "two"),
        (lambda env: env("NAME", cast=networks, default=[]), "10.0.0.300"),
        (lambda env: env("NAME", cast=time_zone, default="UTC"), "Mars/Base"),
        (lambda env: env("NAME", cast=time_zone, default="UTC"), "../etc"),
    ],
)
def test_a_wrong_value_is_named_and_not_repeated(read, value):
    with pytest.raises(ImproperlyConfigured, match=r"^NAME can't be understood") as raised:
        read(reading(NAME=value))

    assert value not in str(raised.value)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("", "SECRET_KEY is missing"),
        ("SECRET_KEY=", "SECRET_KEY setting must not be empty"),
        ("SECRET_KEY=x\nFIELD_KEYS=x\nQUEUE_WORKERS=two", "QUEUE_WORKERS can't be understood"),
        ("SECRET_KEY=x\nDATA_DIR=/dev/null/var", "DATA_DIR /dev/null/var can't be a folder"),
    ],
)
def test_a_start_with_a_broken_file_says_one_sentence(tmp_path, line, complaint):
    ended = started(tmp_path, f"DATA_DIR={tmp_path}\nFIELD_KEYS=x\n{line}\n", "manage.py", "migrate")

    assert ended.returncode == 1
    assert re.fullmatch(rf"The settings are wrong\. .*{complaint}.*\n", ended.stderr)


def test_what_is_left_empty_is_the_default(tmp_path):
    tell = "from config import settings; print(settings.DATA_DIR, settings.DATABASES['default']['NAME'])"

    ended = started(tmp_path, "SECRET_KEY=x\nFIELD_KEYS=x\nDATA_DIR=\nDATABASE_URL=\n", "-c", tell)

    assert ended.stdout.split() == [str(settings.BASE_DIR / "var"), str(settings.BASE_DIR / "var" / "db.sqlite3")]


def started(folder: Path, env: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python, in a process of its own that reads this `.env`."""
    (folder / ".env").write_text(env)
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "DIALER_ENV_FILE": str(folder / ".env")},
        capture_output=True,
        text=True,
        check=False,
    )
