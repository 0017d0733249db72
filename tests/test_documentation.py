"""What the documents promise is compared with what the code does."""

import ast
import os
import re
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from config.keys import with_fresh_secrets
from dialer import first_administrator
from dialer.flow import lifecycle
from dialer.models import Account, Campaign
from dialer.models.secret import EncryptedTextField
from dialer.terms import CarrierName
from sandbox.laaffic_orders import SEND
from sandbox.yunhu_forms import SERVICES, VOICE_MENU
from tests.factories import make_campaign, make_contact, make_user

EXAMPLE = (settings.BASE_DIR / ".env.example").read_text(encoding="utf-8")
SETTINGS = ast.parse((settings.BASE_DIR / "config" / "settings.py").read_text(encoding="utf-8"))
READ_ONCE_AT_FIRST_START = {first_administrator.USERNAME, first_administrator.PASSWORD, first_administrator.EMAIL}


def readings() -> list[ast.Call]:
    """The calls of `env(...)` and `env.something("NAME", ...)` in the settings."""
    found = []
    for node in ast.walk(SETTINGS):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            reader = node.func.value if isinstance(node.func, ast.Attribute) else node.func
            if isinstance(reader, ast.Name) and reader.id == "env":
                found.append(node)
    return found


def documented() -> dict[str, str]:
    return dict(re.findall(r"^#?([A-Z_]+)=(.*)$", EXAMPLE, flags=re.MULTILINE))


def written_as_in_a_file(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_the_example_documents_each_variable_and_no_other():
    assert {call.args[0].value for call in readings()} | READ_ONCE_AT_FIRST_START == set(documented())


def test_each_variable_is_read_once():
    names = [call.args[0].value for call in readings()]

    assert sorted(names) == sorted(set(names))


def test_each_variable_is_documented_once():
    names = re.findall(r"^#?([A-Z_]+)=", EXAMPLE, flags=re.MULTILINE)

    assert sorted(names) == sorted(set(names))


def test_the_example_shows_the_true_defaults():
    shown = documented()
    for call in readings():
        default = next((word.value for word in call.keywords if word.arg == "default"), None)
        if default is None or any(isinstance(node, ast.Name | ast.List) for node in ast.walk(default)):
            continue  # computed from other settings; described in words
        value = eval(compile(ast.Expression(default), "settings.py", "eval"), {"__builtins__": {}})  # noqa: S307
        assert shown[call.args[0].value] == written_as_in_a_file(value), call.args[0].value


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_KEYS"])
def test_the_example_holds_no_secret(name):
    assert documented()[name] == ""


def test_fresh_secrets_are_fresh_and_nothing_else_changes():
    first, second = with_fresh_secrets(EXAMPLE), with_fresh_secrets(EXAMPLE)

    assert first != second
    assert re.sub(r"^(SECRET_KEY|FIELD_KEYS)=.+$", r"\1=", first, flags=re.MULTILINE) == EXAMPLE


def test_a_printed_env_file_with_every_default_taken_starts_django(tmp_path):
    command = [sys.executable, "-m", "config.keys"]
    printed = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True).stdout
    with_defaults = re.sub(r"^#([A-Z_]+=.+)$", r"\1", printed, flags=re.MULTILINE)
    (tmp_path / ".env").write_text(with_defaults)

    told = django_says(tmp_path / ".env", tmp_path, "from django.conf import settings as s; print(*s.FIELD_KEYS)")

    assert Fernet(told.strip())


@pytest.mark.parametrize(
    ("carrier", "parameters"),
    [
        ("laaffic", {*SEND} - {f"text{place}" for place in range(2, 10)}),
        ("yunhu", {name for service in (*SERVICES.values(), VOICE_MENU) for name in service}),
    ],
)
def test_a_carriers_page_tells_of_each_parameter_that_its_imitation_insists_on(carrier, parameters):
    page = (settings.BASE_DIR / "docs" / "carriers" / f"{carrier}.md").read_text(encoding="utf-8")

    assert sorted(name for name in parameters if not re.search(rf"`{name}`", page)) == []


GUIDE = (settings.BASE_DIR / "docs" / "adding-a-carrier.md").read_text(encoding="utf-8")
NAMED_PATHS = sorted(set(re.findall(r"`((?:[\w<>*-]+/)[\w<>*./-]*)`", GUIDE)))


@pytest.mark.parametrize("path", NAMED_PATHS)
def test_every_path_in_the_guide_to_a_new_carrier_exists_for_a_carrier_that_is_there(path):
    paths = [path.replace("<carrier>", name) for name in CarrierName.values]

    assert any(any(settings.BASE_DIR.glob(found)) for found in paths), f"{path} is nowhere"


def test_the_guide_to_a_new_carrier_names_every_file_of_each_carrier():
    patterns = [path.replace("<carrier>", name) for path in NAMED_PATHS for name in CarrierName.values]
    folders = ("config", "dialer", "docs", "recordings", "sandbox", "static", "templates", "tests")
    found = [
        path.relative_to(settings.BASE_DIR)
        for folder in folders
        for name in CarrierName.values
        for path in (settings.BASE_DIR / folder).rglob(f"*{name}*.*")
        if "__pycache__" not in path.parts and "admin" not in path.parts  # a page's tests are the page's
    ]

    assert found
    assert [str(path) for path in found if not any(path.match(pattern) for pattern in patterns)] == []


def test_the_guide_to_a_new_carrier_speaks_of_what_the_code_has():
    words = re.findall(r"`([A-Za-z_]+)`", GUIDE)
    files = [settings.BASE_DIR / path for path in NAMED_PATHS if path.endswith(".py") and "<" not in path]
    code = "".join(file.read_text(encoding="utf-8") for file in files)

    assert [word for word in words if word not in code] == []


def django_says(env_file: Path, data_dir: Path, code: str) -> str:
    """The output of the code under the real settings with this file and an otherwise empty environment."""
    environment = {
        "PATH": os.environ["PATH"],
        "DIALER_ENV_FILE": str(env_file),
        "DATA_DIR": str(data_dir),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_the_way_out_of_a_lost_key_writes_over_everything_that_it_encrypted():
    operations = (settings.BASE_DIR / "docs" / "operations.md").read_text(encoding="utf-8")
    [written_over] = re.findall(r"Account\.objects\.filter\(pk=pk\)\.update\((.+?)\)\"", operations)
    encrypted = {field.name for field in Account._meta.fields if isinstance(field, EncryptedTextField)}

    assert set(re.findall(r"(\w+)=", written_over)) == encrypted


@pytest.mark.django_db
def test_in_a_restored_database_nothing_runs_on_and_nothing_starts_by_itself():
    operations = (settings.BASE_DIR / "docs" / "operations.md").read_text(encoding="utf-8")
    [before_the_start] = [code for code in re.findall(r'-c "\n(.+?)"\n', operations, re.S) if "Restored" in code]
    running = make_campaign(state=Campaign.State.RUNNING)
    a_minute_ago = timezone.now() - timedelta(minutes=1)
    scheduled = make_campaign(state=Campaign.State.SCHEDULED, start_at=a_minute_ago, launched_by=make_user())
    make_contact(campaign=scheduled)

    call_command("shell", command=textwrap.dedent(before_the_start), no_imports=True)

    assert lifecycle.start_due() == 0
    running.refresh_from_db()
    scheduled.refresh_from_db()
    assert (running.state, scheduled.state) == (Campaign.State.PAUSED, Campaign.State.SCHEDULED)
    assert scheduled.asks_because


def test_every_picture_of_the_tour_is_there_and_every_picture_is_shown():
    pages = [settings.BASE_DIR / "README.md", *(settings.BASE_DIR / "docs").glob("*.md")]
    shown = {
        Path(name).name for page in pages for name in re.findall(r"\((\S+\.png)\)", page.read_text(encoding="utf-8"))
    }

    assert shown == {picture.name for picture in (settings.BASE_DIR / "docs" / "pictures").glob("*.png")}
