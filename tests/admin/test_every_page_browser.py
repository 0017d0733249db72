"""Every page of a console in which everything has happened: no complaint, nothing wider than the window, no barrier.

Nor is anything wider where words are longer, as they are in most languages.

Each page is opened once and then seen as on a desk and on a phone, in light and in dark colours. axe-core looks for
barriers in the browser.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize

from tests import factories
from tests.admin import everything, visits
from tests.barriers import AXE_SCRIPT, IN_BOTH_THEMES, barriers

pytest_plugins = ["tests.browser"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESK: ViewportSize = {"width": 1440, "height": 900}
WIDE_DESK: ViewportSize = {"width": 1920, "height": 1080}
PHONE: ViewportSize = {"width": 390, "height": 844}
# The words that a language of longer ones would have: each text gets 40 % more, in words like its own.
LENGTHEN = """
() => {
  const longer = (text) => `${text.trimEnd()} ${text.trim().slice(0, Math.ceil(text.trim().length * 0.4)).trim()}`;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { data, parentElement } = texts.currentNode;
    if (/[a-z]{2}/i.test(data) && !parentElement.closest("code, time, script")) texts.currentNode.data = longer(data);
  }
  for (const button of document.querySelectorAll("input[type=submit]")) button.value = longer(button.value);
}
"""
WIDEST = """
() => {
  const reach = (element) => element.getBoundingClientRect().right;
  const all = [...document.querySelectorAll("#content *, header *")];
  return all.reduce((widest, one) => (reach(one) > reach(widest) ? one : widest)).outerHTML.slice(0, 200);
}
"""


def test_every_page_can_be_used_by_everybody(desk: Any) -> None:
    boss = factories.make_user(is_superuser=True, first_name="Ana")
    everything.furnish(boss)
    desk.page.add_init_script(AXE_SCRIPT)
    desk.log_in(boss)

    flaws = [flaw for address in everything.page_addresses(visits.client_of(boss)) for flaw in flaws_of(desk, address)]

    assert not flaws, "\n".join(flaws)
    assert desk.complaints == []


def flaws_of(visitor: Any, address: str) -> Iterator[str]:
    """What is wrong with a page, as sentences with its address."""
    page = visitor.page
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="light")
    visitor.open(address)
    visitor.be_still()
    for barrier in barriers(page):
        yield f"{address} {barrier}"
    for size in (DESK, WIDE_DESK, PHONE):
        page.set_viewport_size(size)
        if (pixels := visitor.overhang()) > 0:
            yield f"{address} is {pixels} pixels wider than {size['width']}: {widest(page)}"
    page.evaluate(LENGTHEN)
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        if (pixels := visitor.overhang()) > 0:
            yield f"{address} with longer words is {pixels} pixels wider: {widest(page)}"
    page.emulate_media(color_scheme="dark")
    for barrier in barriers(page, IN_BOTH_THEMES):
        yield f"{address} in the dark {barrier}"


def widest(page: Page) -> str:
    """The beginning of the element that reaches furthest to the right."""
    return str(page.evaluate(WIDEST))
