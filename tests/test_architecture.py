"""Imports point one way; whoever breaks that is named here."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialer.terms import CarrierName

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("config", "dialer", "recordings", "sandbox")

# Lower first. A module may import its own layer and those below.
LAYERS = (
    (
        "dialer.terms",
        "dialer.translation",
        "dialer.figures",
        "dialer.phone",
        "dialer.spreadsheet",
        "dialer.audio",
        "dialer.file_responses",
        "dialer.calling_rules",
    ),
    ("dialer.carriers", "dialer.chat"),
    ("dialer.models",),
    ("dialer.flow",),
    ("dialer.",),
    ("recordings",),
    ("config",),
)
# Settings are data that every layer may read; the schedules are a part of them.
DATA = ("config.schedules",)

FORBIDDEN = {
    "sandbox": ("dialer", "recordings", "config", "django"),
    "dialer": ("recordings", "sandbox"),
    "recordings": ("sandbox",),
    "config": ("sandbox",),
    "dialer.carriers": ("django", "dialer.models"),
    "dialer.models": ("dialer.carriers", "requests"),
    "dialer.translation": ("django",),
    "dialer.figures": ("django",),
    "dialer.spreadsheet": ("django",),
    "dialer.audio": ("django",),
    "dialer.phone": ("django",),
    "dialer.chat": ("django", "dialer.models"),
    "dialer.spreadsheet_writer": ("django",),
    "dialer.calling_rules": ("django", "dialer.models"),
    "dialer.flow": ("django_q", "dialer.tasks", "requests"),
}


def modules() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer_of(module: str) -> int | None:
    for number, prefixes in enumerate(LAYERS):
        if any(module.startswith(prefix) for prefix in prefixes):
            return number
    return None


def test_imports_point_downwards() -> None:
    wrong = []
    for module, path in modules():
        mine = layer_of(module)
        for name in imports_of(path):
            theirs = layer_of(name)
            if mine is not None and theirs is not None and theirs > mine and not name.startswith(DATA):
                wrong.append(f"{module} -> {name}")

    assert wrong == []


@pytest.mark.parametrize("package", FORBIDDEN)
def test_nobody_imports_what_it_must_not_know(package: str) -> None:
    wrong = [
        f"{module} -> {name}"
        for module, path in modules()
        if module == package or module.startswith(f"{package}.")
        for name in imports_of(path)
        if any(name == forbidden or name.startswith(f"{forbidden}.") for forbidden in FORBIDDEN[package])
    ]

    assert wrong == []


def test_only_the_queues_own_modules_know_the_queue() -> None:
    knows = {module for module, path in modules() if any(name.startswith("django_q") for name in imports_of(path))}

    assert knows <= {"dialer.tasks", "dialer.schedule_sync"}


# Words by which a carrier's own language is told, and where they may stand.
SPELLINGS = {
    "yunhu": (
        "chengshudu",
        "disnumber",
        "destnumber",
        "billsec",
        "userkey",
        "hangupcause",
        "recordfilename",
        "customuuid",
        "nationcode",
        "voicetype",
        "todayonly",
        "syncflag",
    ),
    "laaffic": (
        "displayNum",
        "taskName",
        "calleeNumber",
        "numberInfoList",
        "voiceFileId",
        "terminationCode",
        "feedbackValue",
        "billPeriod",
        "recordingFileId",
        "callStatus",
        "toSeat",
        "sipGroupId",
        "hangUpSms",
        "smsContent",
        "loopCount",
        "maxCalls",
        "allowSendTime",
    ),
}


@pytest.mark.parametrize("carrier", CarrierName.values)
def test_carriers_spellings_stay_in_their_dialects(carrier: str) -> None:
    allowed = (f"dialer.carriers.{carrier}", "sandbox")
    wrong = [
        f"{module}: {word}"
        for module, path in modules()
        if not module.startswith(allowed)
        for word in SPELLINGS[carrier]
        if word in path.read_text()
    ]

    assert wrong == []


# Where a carrier's name may stand in the code: who defines it, speaks for it or imitates it, and
NAMES_A_CARRIER = (
    "dialer.terms",
    "dialer.carriers",
    "sandbox",
    "config.demo",  # which opens accounts at the sandbox
    "dialer.models.account",  # the default of a column
    "dialer.admin.account_form",  # the default of a form that every page overrides
)


def test_nobody_asks_for_a_carriers_name() -> None:
    wrong = [
        f"{module}:{line}: {word}"
        for module, path in modules()
        if not module.startswith(NAMES_A_CARRIER)
        for line, word in carriers_named_in(ast.parse(path.read_text()))
    ]

    assert wrong == []


@pytest.mark.parametrize("folder", ["templates", "static"])
def test_no_page_knows_a_carriers_name(folder: str) -> None:
    names = re.compile("|".join(CarrierName.values), re.IGNORECASE)
    files = [path for path in (ROOT / folder).rglob("*") if path.suffix in {".html", ".js", ".css", ".svg"}]

    assert files
    assert [str(path) for path in files if names.search(path.read_text())] == []


def test_a_carriers_name_is_found_in_code_and_not_in_docstrings() -> None:
    source = """
'''What Yunhu's page says.'''
from dialer.carriers import laaffic
def is_yunhu(account):
    "For Laaffic."
    return account.carrier in (CarrierName.YUNHU, "laaffic")
"""
    assert [word for _, word in carriers_named_in(ast.parse(source))] == ["laaffic", "is_yunhu", "YUNHU", "laaffic"]


def carriers_named_in(tree: ast.Module) -> list[tuple[int, str]]:
    """Lines of the code, without docstrings and comments, that name a carrier, with the word that does."""
    statements = (node.value for node in ast.walk(tree) if isinstance(node, ast.Expr))
    docstrings = {id(value) for value in statements if isinstance(value, ast.Constant)}
    words = [
        (getattr(node, "lineno", 0), word)
        for node in ast.walk(tree)
        if id(node) not in docstrings
        for word in words_of(node)
    ]
    return sorted((line, word) for line, word in words if any(name in word.lower() for name in CarrierName.values))


def words_of(node: ast.AST) -> Iterator[str]:
    """The names and texts that stand in this node itself."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.Name(id=word) | ast.Attribute(attr=word) | ast.FunctionDef(name=word) | ast.ClassDef(name=word):
            yield word
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            yield from (alias.name for alias in aliases)
            if isinstance(node, ast.ImportFrom):
                yield node.module or ""


def test_no_import_hides_inside_a_function_to_break_a_circle() -> None:
    # The app's `ready` and the demo's entry must import late: Django itself says so.
    allowed = {"dialer.apps", "config.demo.__main__"}
    wrong = [
        f"{module}:{inner.lineno}"
        for module, path in modules()
        if module not in allowed
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]

    assert wrong == []
