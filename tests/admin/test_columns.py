"""Columns say values as people do, and everything that is drawn has its picture."""

import re
from pathlib import Path

from django.conf import settings
from django.contrib import admin

from dialer.admin import columns
from dialer.models import Batch, Campaign


def test_columns_say_values_as_people_do():
    assert columns.duration(7) == "0:07"
    assert columns.duration(3723) == "1:02:03"
    assert columns.duration(None) == columns.NOTHING
    assert columns.count(1234567) == "1,234,567"
    assert columns.share(999, 1000) == "99%"
    assert columns.share(0, 0) == columns.NOTHING
    assert columns.file_size(0) == columns.NOTHING
    assert columns.when(None) == columns.NOTHING


def test_columns_escape_what_they_are_given():
    assert "<b>" not in columns.state_badge("<b>", "running")
    assert "<b>" not in columns.copyable("<b>")
    assert "<b>" not in columns.number("<b>", is_full=True)


def test_a_number_is_masked_unless_one_may_see_it():
    assert "2345" not in columns.number("+6281223456789", is_full=False)
    assert "2345" in columns.number("+6281223456789", is_full=True).replace("-", "")


def test_a_state_is_a_word_with_a_colour_of_its_name():
    assert columns.state_badge("no answer", "no_answer") == '<span class="state state-no-answer">No answer</span>'


def test_every_state_and_every_icon_that_is_used_is_drawn():
    sheet = Path(settings.BASE_DIR, "static/dialer/console.css").read_text()
    drawn = set(re.findall(r'<symbol id="([^"]+)"', Path(settings.BASE_DIR, "static/dialer/icons.svg").read_text()))
    templates = "".join(page.read_text() for page in Path(settings.BASE_DIR, "templates").rglob("*.html"))
    used = set(re.findall(r'{% icon "([^"]+)" %}', templates))
    used |= {page.navigation.icon for page in admin.site._registry.values() if getattr(page, "navigation", None)}

    assert used <= drawn
    for state in {*Batch.State.values, *Campaign.State.values} - {"waiting", "draft", "cancelled"}:
        assert f".state-{state}" in sheet
