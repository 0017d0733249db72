"""`python -m tests.unmarked dialer/flow templates/admin` prints the sentences there that nobody could translate."""

import ast
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
# Mistakes of programmers and words for logs: no operator reads them.
FOR_PROGRAMMERS = {
    "ValueError", "TypeError", "LookupError", "KeyError", "RuntimeError", "NotImplementedError", "AssertionError",
    "ImproperlyConfigured", "debug", "info", "warning", "error", "exception", "critical", "log", "getLogger",
    "compile", "Shared", "RunSQL", "TypeVar", "NewType",
}  # fmt: skip
# Rooms whose readers sit at a terminal, and the API's document, which is in English like its names.
ENGLISH_ROOMS = (
    *("dialer/management", "dialer/checks.py", "dialer/supervisor.py", "dialer/first_administrator.py"),
    *(
        "dialer/api/service.py",
        "dialer/calling_rules/table.py",
        "dialer/flow/features.py",
        "dialer/content_security.py",
    ),
    *(
        "dialer/spreadsheet_guess.py",
        "dialer/chat_child.py",
        "dialer/callbacks.py",
    ),  # patterns, names, carriers read it
)
# What describes the API to programmers, in its document.
OF_THE_DOCUMENT = {
    "Field",
    "Query",
    "Path",
    "Header",
    "Form",
    "File",
    "Router",
    "get",
    "post",
    "patch",
    "answered_with",
}
# Said the same in every language, by the document of the API, or by rows that stand on no page.
SAID_SO = {
    "Dialer",
    "Authorization: Bearer dialer_…",
    ". One of: {}",
    "plan of {}",
    "{} calls from {}",
    "batch tallies",
}
SET_AS_WORDS = r"""(textContent|title|placeholder|"aria-label"|alert\() ?(?:\+?=|,)? ?["'`]([^"'`\s$]+)["'`]"""
WORDS = re.compile(r"[A-Za-z][a-z’']+,? [a-z’']{2,}")


def in_python(path: Path) -> Iterator[tuple[int, str]]:
    """The line and the text of each string with words that stands in no mark. Docstrings are for readers of code."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    spared = set(_spared(tree, MARKS | FOR_PROGRAMMERS | (OF_THE_DOCUMENT if path.parent.name == "api" else set())))
    for node in ast.walk(tree):
        if id(node) in spared:
            continue
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if WORDS.search(re.sub("<[^>]*>", "", text)) and text not in SAID_SO:
            yield node.lineno, text


def _spared(tree: ast.AST, calls: set[str]) -> Iterator[int]:
    for node in ast.walk(tree):
        inner: list[ast.AST] = []
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inner = [node.value]  # a docstring
        elif isinstance(node, ast.Call) and _name(node.func) in calls:
            inner = [*node.args, *(word.value for word in node.keywords)]
        elif isinstance(node, ast.keyword) and node.arg == "purpose":
            inner = [node.value]  # of an exchange: a key by which the console finds its words
        elif isinstance(node, ast.Dict):
            named = [(getattr(key, "value", ""), value) for key, value in zip(node.keys, node.values, strict=True)]
            documented = [value for key, value in named if key in ("tags", "description") and "Field" in calls]
            inner = [*filter(None, node.keys), *documented]
        elif isinstance(node, ast.Assign) and _is_header(node.targets[0]):
            inner = [node.value]
        elif isinstance(node, ast.JoinedStr):
            yield from (id(part) for part in node.values if isinstance(part, ast.Constant))
        yield from (id(part) for one in inner for part in ast.walk(one))


def _is_header(target: ast.AST) -> bool:
    key = target.slice if isinstance(target, ast.Subscript) else None
    return isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value[:1].isupper()


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


class _Page(HTMLParser):
    READ_ALOUD = {"aria-label", "title", "placeholder", "alt", "value", "data-label"}

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []

    def handle_data(self, data: str) -> None:
        said = data.strip(" \n·")
        is_attributes = re.fullmatch(r"""([a-z-]+=".*?" ?)+""", said)
        if self.cdata_elem is None and re.search(r"[A-Za-z]{2,}", said) and not is_attributes and said not in SAID_SO:
            self.found.append((self.getpos()[0], data.strip()))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in self.READ_ALOUD and re.search(r"[A-Z][a-z]+|[a-z]+ [a-z]+", value or ""):
                self.found.append((self.getpos()[0], f"{name}={value}"))


def in_template(path: Path) -> Iterator[tuple[int, str]]:
    """The words of a template outside its marks."""
    text = path.read_text(encoding="utf-8")
    for hidden in (
        r"{%\s*comment.*?endcomment\s*%}",
        r"{%\s*block (?:bodyclass|coltype)\s*%}.*?{%\s*endblock\s*%}",  # names of CSS classes
        r"{%\s*blocktrans(?:late)?\b.*?endblocktrans(?:late)?\s*%}",
        r"{#.*?#}|{%.*?%}|{{.*?}}",
    ):
        text = re.sub(hidden, lambda match: re.sub(r"[^\n]", "", match[0]), text, flags=re.DOTALL)
    page = _Page()
    page.feed(text)
    return iter(page.found)


def in_script(path: Path) -> Iterator[tuple[int, str]]:
    """The words of a script that it would show: strings with two words, and single ones that are set as words.

    Its words come from the page instead. Selectors and lists of names are not taken for words.
    """
    for line, code in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        code = re.sub(r"(^|\s)//.*|(querySelector(All)?|closest|matches)\(.*?\)|className = .*?;", "", code)
        for text in (found[2] for found in re.finditer(r"""(["'`])((?:(?!\1).)*)\1""", code)):
            words = re.sub(r"\$\{.*?\}", "{}", text)
            if WORDS.search(words) and not re.search(r"[\[\]<>=#]|^[a-z-]+(, ?[a-z-]+)+$|^use strict$", words):
                yield line, text
        yield from ((line, found[2]) for found in re.finditer(SET_AS_WORDS, code) if re.search("[a-z]{2}", found[2]))


READERS = {".py": in_python, ".html": in_template, ".js": in_script}


def unmarked(*places: str) -> Iterator[str]:
    """`path:line: text` of everything below these places that an operator would read in English whatever they chose."""
    for place in places:
        for path in sorted([ROOT / place] if (ROOT / place).is_file() else (ROOT / place).rglob("*")):
            name = path.relative_to(ROOT).as_posix()
            if name.startswith(ENGLISH_ROOMS) or "migrations" in path.parts:
                continue
            read = READERS.get(path.suffix, lambda _path: iter(()))
            yield from (f"{name}:{line}: {text[:120]}" for line, text in read(path))


if __name__ == "__main__":
    everywhere = ("dialer", "recordings", "templates", "static/dialer", "static/recordings")
    sys.stdout.write("\n".join(unmarked(*(sys.argv[1:] or everywhere))))
