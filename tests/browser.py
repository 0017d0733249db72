"""Chromium for tests, as an operator sits before it: logs in, opens pages, and notes whatever the browser complains of.

A test that uses it is marked `browser` and has `pytest_plugins = ["tests.browser"]` in its module.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.factories import PASSWORD

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# What the policy forbids is told by an event that names the directive; the console names the file and line.
NOTE_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""

# What scripts draw for the width of the window comes a few frames after the window has it.
OVERHANG = """
async (longest) => {
  const overhang = () => document.documentElement.scrollWidth - window.innerWidth;
  const until = performance.now() + longest;
  while (overhang() > 0 && performance.now() < until) await new Promise(requestAnimationFrame);
  return overhang();
}
"""
LONGEST_DRAWING = 2_000  # milliseconds

BE_STILL = """
() => {
  const still = new CSSStyleSheet();
  still.replaceSync("* { transition: none !important; animation: none !important; }");
  document.adoptedStyleSheets.push(still);
}
"""


@dataclass
class Visitor:
    """Somebody at a browser. `complaints` holds what its console and the content security policy said."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Note from now on every error of scripts, loading and policy."""
        self.page.add_init_script(NOTE_VIOLATIONS)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{self.page.url}: {error}"))
        self.page.on(
            "console",
            lambda line: self.complaints.append(f"{self.page.url}: {line.text}") if line.type == "error" else None,
        )

    def open(self, path: str) -> None:
        """Open a page of the console and wait until it is loaded."""
        self.page.goto(self.address + path)

    def log_in(self, user: User) -> None:
        self.open("/login/")
        self.page.get_by_label("Username").fill(user.get_username())
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url(f"{self.address}/")

    def be_still(self) -> None:
        """Colours and outlines that are still changing are none that anybody could judge: from now on none changes."""
        self.page.evaluate(BE_STILL)

    def overhang(self) -> int:
        """Pixels by which the page stays wider than the window."""
        return self.page.evaluate(OVERHANG, LONGEST_DRAWING)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests. Skips by name if this machine has none."""
    program = _program()
    # Playwright keeps an event loop in this thread, and Django would take every query in it for a mistake.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def console(request) -> str:
    """The address of a running console."""
    # WhiteNoise warns of a folder that `collectstatic` would make; here static files come from where they are written.
    Path(settings.STATIC_ROOT).mkdir(exist_ok=True)
    return request.getfixturevalue("live_server").url


@pytest.fixture
def desk(chromium, console) -> Iterator[Visitor]:
    """Somebody at a desk: 1440 pixels, light colours."""
    yield from _visitor(chromium.new_context(viewport={"width": 1440, "height": 900}), console)


@pytest.fixture
def phone(chromium, console) -> Iterator[Visitor]:
    """Somebody on the way: 390 pixels, and fingers."""
    yield from _visitor(chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True), console)


@pytest.fixture
def traveller(chromium, console) -> Iterator[Visitor]:
    """Somebody at a desk whose computer's clock is that of Jakarta."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, timezone_id="Asia/Jakarta")
    yield from _visitor(context, console)


@pytest.fixture
def equipped(chromium, console) -> Iterator[Callable[..., Visitor]]:
    """Makes somebody at a desk whose browser was started with further switches: for a microphone, a name server."""
    with ExitStack() as stack:

        def start(*switches: str, address: str = console, **context: Any) -> Visitor:
            browser = chromium.browser_type.launch(executable_path=_program(), args=[*ARGUMENTS, *switches])
            stack.callback(browser.close)
            asked = {"viewport": {"width": 1440, "height": 900}, **context}
            return stack.enter_context(contextmanager(_visitor)(browser.new_context(**asked), address))

        yield start


def _program() -> str:
    """The browser of this machine. Skips the test by name if there is none."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        pytest.skip("Chromium is not installed: no page was walked")
    return program


def _visitor(context: BrowserContext, address: str) -> Iterator[Visitor]:
    visitor = Visitor(page=context.new_page(), address=address)
    visitor.listen()
    yield visitor
    context.close()
