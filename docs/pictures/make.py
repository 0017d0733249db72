"""Take the pictures in this folder afresh: `python -m docs.pictures.make`. Takes some five minutes.

Plays the demo, then sits down as its operator and launches a second campaign in Chromium. Loopback only.
"""

import csv
import json
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from dialer import spreadsheet

HERE = Path(__file__).resolve().parent
BASE_DIR = HERE.parent.parent
LIST = BASE_DIR / "samples" / "customers-indonesia.xlsx"
CAMPAIGN = "Payment reminder, December"
MOST_BYTES = 250_000
CALLS_PER_REAL_SECOND = 12  # slow enough to see a campaign under way
PATIENCE_MILLISECONDS = 60_000
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True, kw_only=True)
class Demo:
    """What the demo tells at its end."""

    console: str
    user: str
    password: str
    sandbox: str


def main() -> None:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or sys.exit("Chromium is not installed.")
    with demo() as told, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        page = visit(browser, told, DESK)
        walk_the_path(page, told)
        take(page, "campaign")
        phone = visit(browser, told, PHONE)
        phone.goto(page.url)
        take(phone, "phone")
        look_around(page, told)
        take_in_other_looks(browser, told)
        browser.close()


@contextmanager
def demo() -> Iterator[Demo]:
    """A played demo, serving until the block ends."""
    process = subprocess.Popen([sys.executable, "-m", "config.demo"], cwd=BASE_DIR, stdout=subprocess.PIPE, text=True)
    said = ""
    for line in process.stdout or ():
        sys.stdout.write(line)
        said += line
        if "keeps serving" in line:
            break
    found = re.search(r"Console +(\S+)/ +user (\S+) +password (\S+)[\s\S]+Sandbox +(\S+)/", said)
    if not found:
        sys.exit("The demo did not come to its end.")
    console, user, password, sandbox = found.groups()
    try:
        yield Demo(console=console, user=user, password=password, sandbox=sandbox)
    finally:
        process.terminate()
        process.wait()


def visit(browser: Browser, told: Demo, size: dict[str, int], colours: str = "light") -> Page:
    """A page of somebody who is logged in."""
    context = browser.new_context(viewport=size, color_scheme=colours, has_touch=size is PHONE)
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    page = context.new_page()
    page.goto(f"{told.console}/login/")
    page.get_by_label("Username").fill(told.user)
    page.get_by_label("Password").fill(told.password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{told.console}/")
    return page


def walk_the_path(page: Page, told: Demo) -> None:
    """A second campaign, from its name to the page on which it runs."""
    page.goto(f"{told.console}/dialer/campaign/new/")
    page.get_by_label("Name").fill(CAMPAIGN)
    page.get_by_label("Account", exact=True).select_option("Sandbox Yunhu")
    take(page, "path-what")
    go_on(page)
    page.get_by_label("Voice file", exact=True).select_option(index=1)
    page.get_by_label("How it reaches the carrier").select_option("our_address")
    page.get_by_label("Collect key presses").check()
    take(page, "path-voice")
    go_on(page)
    with tempfile.TemporaryDirectory() as folder:
        people = Path(folder, f"{LIST.stem}.csv")
        write_drawable(people)
        page.get_by_label("Upload a list of numbers").set_input_files(people)
        page.get_by_role("button", name="Upload", exact=True).click()
        page.get_by_role("button", name="Take these numbers").wait_for()
    take(page, "path-columns")
    page.get_by_role("button", name="Take these numbers").click()
    page.get_by_text(re.compile("^[1-9].+ people to be called in all")).wait_for()
    take(page, "path-numbers")
    with page.expect_navigation():
        page.get_by_role("link", name="Go on").click()
    take(page, "path-when")
    for day in page.locator("[name=same_days]").all():
        day.check()
    page.fill("#id_same_opens", "00:00")
    page.fill("#id_same_closes", "00:00")
    go_on(page)
    check = page.url
    page.goto(check.replace("/launch/", "/widen/"))  # so that pictures can be taken at any hour
    page.fill("[name=because]", "The sandbox calls nobody.")
    page.get_by_role("button", name="Call beyond the law’s hours").click()
    page.goto(check)
    take(page, "path-check")
    launch(page, told)
    page.reload()  # without the message about the launch


def go_on(page: Page) -> None:
    """To the next step."""
    with page.expect_navigation():
        page.get_by_role("button", name="Save and go on").click()


def look_around(page: Page, told: Demo) -> None:
    """The pages that people open every day, with what the demo left there."""
    for name, address in (
        ("overview", "/"),
        ("calls", "/dialer/callrecord/"),
        ("recordings", "/recordings/recording/?state__exact=stored"),
    ):
        page.goto(told.console + address)
        take(page, name)
    follow(page, told, "#result_list tbody th a")
    follow(page, told, "a[href*='/callrecord/']")
    take(page, "call")
    follow(page, told, "a[href*='/contact/number/']")
    take(page, "number")


def follow(page: Page, told: Demo, link: str) -> None:
    """To where the first such link of the page's content leads."""
    page.goto(told.console + str(page.locator("#content").locator(link).first.get_attribute("href")))


def take_in_other_looks(browser: Browser, told: Demo) -> None:
    """In the dark, and in another language."""
    page = visit(browser, told, DESK, "dark")
    take(page, "dark")
    page = visit(browser, told, DESK)
    page.get_by_title("Language").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Español").click()
    take(page, "spanish")
    page.locator(".language summary").click()
    with page.expect_navigation():
        page.get_by_role("button", name="English").click()


def write_drawable(target: Path) -> None:
    """The sample without the rows for whose digits many machines have no letters to draw."""
    with target.open("w", newline="") as file:
        lines = (row.cells for row in spreadsheet.rows(LIST, has_header=False))
        csv.writer(file).writerows(cells for cells in lines if all(cell.isascii() for cell in cells))


def launch(page: Page, told: Demo) -> None:
    """The campaign runs, and somewhat more than half of it is billed."""
    urllib.request.urlopen(  # noqa: S310 - our own loopback address
        f"{told.sandbox}/_sandbox/configure", json.dumps({"speed": CALLS_PER_REAL_SECOND}).encode()
    ).close()
    page.get_by_role("button", name=re.compile("^Call .+ people$")).click()
    billed = page.locator(".parts strong").first
    expect(billed).to_have_text(re.compile(r"^([789]\d\d|1,\d{3})$"), timeout=3 * PATIENCE_MILLISECONDS)


def take(page: Page, name: str) -> None:
    """What is seen on top of the page, wherever something was clicked."""
    target = HERE / f"{name}.png"
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=target, animations="disabled")
    if target.stat().st_size > MOST_BYTES:
        sys.exit(f"{target.name} is larger than {MOST_BYTES:,} bytes.")


if __name__ == "__main__":
    main()
