"""The console by keyboard alone: wherever Tab leads, it is seen, it follows the reading, and it goes on.

The walk presses Tab from the top of a page until it is there again, and looks at each stop as somebody would.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, ViewportSize, expect

from dialer.models import Campaign
from tests import factories
from tests.admin import everything

pytest_plugins = ["tests.browser"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE: ViewportSize = {"width": 390, "height": 844}
MOST_STOPS = 400  # of a page; more is no page but a trap

# One look at what has the focus. It remembers the stop before, which by now looks as it does without the focus.
LOOK = """
() => {
  const walk = (window.walk ??= {stops: [], flaws: []});
  const over = {isOver: true, count: walk.stops.length, flaws: walk.flaws};
  const onward = {isOver: false};
  const name = (one) => one.outerHTML.replace(/\\s+/g, " ").slice(0, 120);
  const flaw = (what, ...stops) => walk.flaws.push(`${what}: ${stops.map(name).join(" then ")}`);

  // The outline and the shadow of what has the focus, or of the area that is drawn in its place.
  const look = (one) => [[one], [one, "::after"], [one.closest(".drop-area") ?? one]].map((part) => {
    const style = getComputedStyle(...part);
    const isBare = style.outlineStyle === "none" || style.outlineWidth === "0px";
    return `${isBare ? "no outline" : style.outline}, ${style.boxShadow}`;
  }).join("; ");

  const isCovered = (one) => {
    const box = one.getBoundingClientRect();
    return [[0.5, 0.5], [0.1, 0.2], [0.9, 0.2], [0.1, 0.8], [0.9, 0.8]].every(([x, y]) => {
      const hit = document.elementFromPoint(box.left + x * box.width, box.top + y * box.height);
      const own = [one, ...(one.labels ?? [])];
      return !hit || !own.some((part) => part.contains(hit) || hit.contains(part));
    });
  };

  const place = (one) => {
    const {top, bottom, left, right} = one.getBoundingClientRect();
    return {top: top + scrollY, bottom: bottom + scrollY, left, right};
  };
  const keepsItsPlace = (one) => {  // whatever is scrolled
    for (let part = one; part; part = part.parentElement) {
      if (["fixed", "sticky"].includes(getComputedStyle(part).position)) return true;
    }
    return false;
  };
  const isReadBefore = (one, other) => {  // above it, or to its left in the same line
    const isAbove = one.bottom <= other.top && one.left < other.right && other.left < one.right;
    const isBeside = one.top < other.bottom - 4 && other.top < one.bottom - 4;
    return isAbove || (isBeside && one.right <= other.left);
  };

  const stop = document.activeElement;
  const before = walk.before;
  if (before?.stop === stop) return onward;  // to the next part of a player, or of a time
  if (before?.stop.isConnected && look(before.stop) === before.look) flaw("looks alike without the focus", before.stop);
  if (!stop || stop === document.body || stop === walk.stops[0]) return over;

  const here = place(stop);
  if (here.bottom - here.top < 2 || here.right - here.left < 2) flaw("can't be seen", stop);
  else if (isCovered(stop)) flaw("lies behind something", stop);
  if (before?.stop.isConnected) {
    const isOnward = before.stop.compareDocumentPosition(stop) & Node.DOCUMENT_POSITION_FOLLOWING;
    if (!isOnward) flaw("goes back", before.stop, stop);
    const isMoved = keepsItsPlace(stop) || keepsItsPlace(before.stop);
    if (!isMoved && isReadBefore(here, before.place)) flaw("is read before", before.stop, stop);
  }
  walk.stops.push(stop);
  walk.before = {stop, look: look(stop), place: here};
  return onward;
}
"""
STOPS = """
() => {
  const kinds = "a[href], button, input, select, textarea, summary, [tabindex], audio[controls]";
  const isStop = (one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility({visibilityProperty: true});
  const ofAGroup = (one) => one.type === "radio" && document.querySelector(`[name="${one.name}"]:checked`);
  return [...document.querySelectorAll(kinds)].filter((one) => isStop(one) && (ofAGroup(one) ?? one) === one).length;
}
"""


def flaws_of_walk(visitor: Any, address: str) -> Iterator[str]:
    """What somebody without a mouse stumbles over, as sentences with the page's address."""
    visitor.open(address)
    visitor.be_still()
    expected = visitor.page.evaluate(STOPS)
    for _ in range(MOST_STOPS):
        visitor.page.keyboard.press("Tab")
        found = visitor.page.evaluate(LOOK)
        if found["isOver"]:
            yield from (f"{address} {flaw}" for flaw in found["flaws"])
            if found["count"] < expected:
                yield f"{address} has {expected} stops, of which Tab reaches {found['stops']}"
            return
    yield f"{address} does not let the focus go"


def door(campaign: Campaign, name: str) -> str:
    return reverse(f"admin:dialer_campaign_{name}", args=[campaign.pk])


def test_tab_leads_through_every_kind_of_page_and_is_always_seen(desk: Any) -> None:
    boss = factories.make_user(is_superuser=True, first_name="Ana")
    everything.furnish(boss)
    draft = Campaign.objects.filter(state=Campaign.State.DRAFT, voice_file__isnull=False).earliest("pk")
    desk.log_in(boss)

    steps = [door(draft, name) for name in ("what", "voice", "numbers", "when", "launch")]
    pages = ["/", "/dialer/callrecord/", "/dialer/campaign/", "/dialer/campaign/new/", *steps, "/preference/"]
    flaws = [flaw for address in pages for flaw in flaws_of_walk(desk, address)]

    assert not flaws, "\n".join(flaws)


@pytest.mark.parametrize("address", ["/", "/dialer/callrecord/"])
def test_escape_closes_each_drop_down_and_leads_back_to_it(desk: Any, address: str) -> None:
    desk.log_in(factories.make_user(is_superuser=True))
    factories.make_call_record()
    desk.open(address)

    drops = desk.page.locator("details.drop")
    assert drops.count() >= 2
    for drop in drops.all():
        drop.locator("> summary").focus()
        desk.page.keyboard.press("Enter")
        expect(drop).to_have_js_property("open", True)
        desk.page.keyboard.press("Escape")
        expect(drop).to_have_js_property("open", False)
        expect(drop.locator("> summary")).to_be_focused()


def test_on_a_phone_escape_closes_what_lies_over_the_page(phone: Any) -> None:
    phone.log_in(factories.make_user(is_superuser=True))
    factories.make_call_record()
    phone.open("/dialer/callrecord/")
    page: Page = phone.page

    for opener, shown in ((page.locator(".menu-button"), "#side"), (page.locator(".filters-button"), ".filters")):
        opener.focus()
        page.keyboard.press("Enter")
        expect(opener).to_have_attribute("aria-expanded", "true")
        expect(page.locator(shown).locator(":focus")).to_be_visible()
        page.keyboard.press("Escape")
        expect(opener).to_have_attribute("aria-expanded", "false")
        expect(opener).to_be_focused()


def test_whoever_goes_on_by_tab_leaves_no_drawer_open_behind(phone: Any) -> None:
    phone.log_in(factories.make_user(is_superuser=True))
    factories.make_call_record()
    phone.open("/dialer/callrecord/")
    opener = phone.page.locator(".filters-button")
    opener.focus()
    phone.page.keyboard.press("Enter")

    phone.page.locator(".filters-done").focus()
    phone.page.keyboard.press("Tab")

    expect(opener).to_have_attribute("aria-expanded", "false")
    expect(opener).not_to_be_focused()
