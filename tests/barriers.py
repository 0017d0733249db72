"""Barriers of a page, as axe-core finds them in the browser: put there from outside, so that the page's own policy
stays as strict as it is. A visitor's page gets `AXE_SCRIPT` as its init script."""

from collections.abc import Iterator

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

__all__ = ["AXE_SCRIPT", "IN_BOTH_THEMES", "barriers"]

MOST_PLACES = 3  # of one kind are told for each page
BARRIERS = {"serious", "critical"}
# Colours are looked at in both themes, all else in one.
IN_BOTH_THEMES = ["color-contrast", "link-in-text-block"]
FIND = """
async (rules) => {
  const options = rules ? {runOnly: {type: "rule", values: rules}} : {};
  const found = await axe.run(document, {resultTypes: ["violations"], preload: false, ...options});
  return found.violations.map((one) => ({
    rule: one.id,
    impact: one.impact,
    places: one.nodes.map((node) => `${node.target.join(" ")}: ${node.html.slice(0, 200)}`),
  }));
}
"""


def barriers(page: Page, rules: list[str] | None = None) -> Iterator[str]:
    """What keeps somebody from using the page, as sentences."""
    for found in page.evaluate(FIND, rules):
        if found["impact"] in BARRIERS:
            for place in found["places"][:MOST_PLACES]:
                yield f"{found['rule']} ({found['impact']}): {place}"
