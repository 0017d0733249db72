"""Imports point one way; whoever breaks that is named here."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("config", "dialer", "recordings", "sandbox")

# Lower first. A module may import its own layer and those below.
LAYERS = (
    (
        "dialer.terms",
        "dialer.phone",
        "dialer.spreadsheet",
        "dialer.audio",
        "dialer.file_responses",
        "dialer.calling_rules",
    ),
    ("dialer.carriers",),
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
    "dialer.spreadsheet": ("django",),
    "dialer.audio": ("django",),
    "dialer.phone": ("django",),
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


def test_carriers_spellings_stay_in_their_dialects() -> None:
    spellings = ("chengshudu", "disnumber", "destnumber", "billsec", "userkey", "hangupcause", "recordfilename")
    allowed = ("dialer.carriers.yunhu", "sandbox")
    wrong = [
        f"{module}: {word}"
        for module, path in modules()
        if not module.startswith(allowed)
        for word in spellings
        if word in path.read_text()
    ]

    assert wrong == []


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
