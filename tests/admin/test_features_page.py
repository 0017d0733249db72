"""The page of what the carriers can do: for whoever may see accounts, in words and not in signs alone."""

import re

import pytest

from dialer.terms import CarrierName, Feature
from tests.admin.visits import text, visitor

pytestmark = pytest.mark.django_db

PAGE = "/features/"


def test_it_names_every_carrier_and_every_feature() -> None:
    page = text(visitor("dialer.view_account"), PAGE)

    for carrier in CarrierName:
        assert str(carrier.label) in page
    assert page.count('<th scope="row">') >= len(Feature)
    assert "Indonesia" in page


def test_every_tick_has_a_word_beside_it() -> None:
    page = text(visitor("dialer.view_account"), PAGE)
    answers = re.findall(r"<td>(.*?)</td>", page)

    assert answers
    for answer in answers:
        assert re.search(r">yes<| no<|class=\"words\"", answer), answer


def test_it_stands_in_the_navigation_of_whoever_may_see_it() -> None:
    assert f'href="{PAGE}"' in text(visitor("dialer.view_account"), "/")
    assert f'href="{PAGE}"' not in text(visitor("dialer.view_campaign"), "/")
    assert visitor("dialer.view_campaign").get(PAGE).status_code == 403
