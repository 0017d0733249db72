"""The API shows a program what its person's teams see: in every operation that there is."""

import itertools
from typing import Any

import pytest
from django.contrib.auth.models import User

from dialer.api.service import api
from dialer.models import Account, Campaign, Route
from dialer.terms import VoiceDelivery
from tests.api.conftest import Program
from tests.factories import (
    make_account,
    make_batch,
    make_call_record,
    make_campaign,
    make_do_not_call,
    make_team,
    make_user,
    make_voice_file,
)

pytestmark = pytest.mark.django_db

SECRET = "Belongs to the others"
OPERATIONS = [
    (method, path.removeprefix("/api/v1"))
    for path, operations in api.get_openapi_schema(path_prefix="/api/v1")["paths"].items()
    for method in operations
]


@pytest.fixture
def campaign() -> Campaign:
    campaign = make_campaign(account=make_account(name=f"{SECRET}: account"), name=f"{SECRET}: campaign")
    call = make_call_record(attempt=make_batch(campaign=campaign).attempts.first(), keypress="9")
    make_do_not_call(number="+6281234567890", call_record=call, source=f"campaign “{campaign}”")
    return campaign


@pytest.fixture
def member(campaign: Campaign) -> User:
    """Of a team that has an account on which nothing has happened."""
    user = make_user(is_superuser=True)
    make_team(accounts=[make_account(name="Ours")]).members.add(user)
    return user


def ask(program: Program, method: str, path: str, campaign: Campaign) -> Any:
    """With ids of the other team wherever an operation takes one."""
    ids = {
        "campaign_id": campaign.pk,
        "list_id": campaign.contact_lists.get().pk,
        "voice_file_id": campaign.voice_file_id,
    }
    address = path.format(**ids)
    if method == "get":
        query = {"number": "+6281234567890", "country": "ID"} if "do-not-call" in path else {}
        return program.get(address, **query)
    return getattr(program, method)(address, {"start_at": "2099-01-01T10:00:00Z"} if "schedule" in path else {})


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[f"{method} {path}" for method, path in OPERATIONS])
def test_no_operation_tells_of_another_team_or_does_anything_to_it(campaign, member, method, path):
    before = Campaign.objects.filter(pk=campaign.pk).values().get()

    answer = ask(Program(user=member), method, path, campaign)

    assert SECRET not in answer.content.decode()
    assert answer.status_code in ({404, 422} if "{campaign_id}" in path else {200, 404, 422, 400})
    assert Campaign.objects.filter(pk=campaign.pk).values().get() == before


def test_who_is_in_no_team_is_told_of_everything(campaign):
    program = Program(user=make_user(is_superuser=True))

    told = [ask(program, "get", path, campaign).content.decode() for method, path in OPERATIONS if method == "get"]

    assert sum(SECRET in text for text in told) >= 3


@pytest.mark.parametrize("is_further", [False, True])
def test_no_campaign_is_made_on_an_account_of_another_team(campaign, member, is_further):
    own = Account.objects.get(name="Ours").pk
    document = {
        "name": "Mine",
        "account": own if is_further else campaign.account_id,
        "voice_file": make_voice_file().pk,
        "voice_delivery": VoiceDelivery.OUR_ADDRESS,
    }
    further = {"further_accounts": [{"account": campaign.account_id, "share": 1}]} if is_further else {}

    answer = Program(user=member).post("/campaigns", document | further)

    assert answer.status_code == 422
    assert any("account" in name for name in answer.json()["errors"])
    assert not Campaign.objects.filter(name="Mine").exists()


def test_a_campaign_with_several_accounts_is_told_of_to_those_who_see_all(campaign, member):
    shared = make_campaign(account=Account.objects.get(name="Ours"))
    programs = [Program(user=member), Program(user=make_user(is_superuser=True))]
    assert [program.get(f"/campaigns/{shared.pk}").status_code for program in programs] == [200, 200]

    Route.objects.create(campaign=shared, account=campaign.account)

    assert [program.get(f"/campaigns/{shared.pk}").status_code for program in programs] == [404, 200]
    assert list(itertools.chain(programs[0].get("/call-records").json()["items"])) == []
