"""Voice files at a carrier that takes them over its interface: uploaded once, found again, removed when unused."""

import pytest

from dialer.carriers.contract import AlreadyTaken, CarrierError, OutcomeUnknown
from dialer.flow import voice_placing
from dialer.flow.connect import carrier_of
from dialer.flow.mistakes import DialerError
from dialer.models import Campaign, CarrierFile, Route, VoiceFile
from dialer.terms import VoiceDelivery
from tests.carrier import TestCarrier
from tests.factories import make_account, make_campaign, make_carrier_file, make_laaffic_account, make_voice_file, mp3

pytestmark = pytest.mark.django_db

UPLOAD, FILES, DELETE = "voice/fileUpload", "voice/fileQuery", "voice/fileDel"


def names_there(carrier: TestCarrier) -> list[str]:
    return [file.name for file in carrier.sandbox.memory.files.values()]


def placed(carrier: TestCarrier, voice_file: VoiceFile | None = None) -> CarrierFile:
    return voice_placing.place(voice_file or make_voice_file(), carrier.account)


# --- placing -----------------------------------------------------------------------------------------------------


def test_a_voice_file_lies_at_the_carrier_under_its_name_and_its_id_is_known(laaffic: TestCarrier):
    voice_file = make_voice_file(carrier_name="reminder")

    row = placed(laaffic, voice_file)

    [name] = names_there(laaffic)
    assert name == f"reminder_{voice_file.sha256[:7]}.mp3"
    assert row.name_at_carrier in laaffic.sandbox.memory.files
    assert row.uploaded_at is not None
    assert laaffic.sandbox.memory.violations == []


@pytest.mark.parametrize("name", ["hello", "n" * 20])
def test_the_shortest_and_the_longest_names_are_taken(laaffic: TestCarrier, name: str):
    placed(laaffic, make_voice_file(carrier_name=name))

    [there] = names_there(laaffic)
    assert 5 <= len(there) <= 32
    assert there.startswith(name)


def test_placing_again_finds_the_file_that_lies_there(laaffic: TestCarrier):
    voice_file = make_voice_file()
    first = placed(laaffic, voice_file)

    again = placed(laaffic, voice_file)

    assert (again.pk, again.name_at_carrier) == (first.pk, first.name_at_carrier)
    assert len(names_there(laaffic)) == 1


def test_an_upload_whose_answer_was_lost_is_found_again(laaffic: TestCarrier):
    voice_file = make_voice_file()
    other = carrier_of(laaffic.account).upload_voice("stranger.mp3", mp3())
    laaffic.order_fates(UPLOAD, "drop_after_accept")
    with pytest.raises(OutcomeUnknown):
        placed(laaffic, voice_file)
    assert not CarrierFile.objects.exists()

    row = placed(laaffic, voice_file)

    assert set(laaffic.sandbox.memory.files) == {other.id_at_carrier, row.name_at_carrier}
    assert row.name_at_carrier != other.id_at_carrier


def test_a_file_that_is_missing_there_is_uploaded_anew(laaffic: TestCarrier):
    voice_file = make_voice_file()
    first = placed(laaffic, voice_file)
    carrier_of(laaffic.account).delete_voice(first.name_at_carrier)

    again = placed(laaffic, voice_file)

    assert list(laaffic.sandbox.memory.files) == [again.name_at_carrier]


def test_another_sound_of_the_same_name_is_never_taken_for_ours(laaffic: TestCarrier):
    other = carrier_of(laaffic.account).upload_voice("reminder.mp3", mp3())

    row = placed(laaffic, make_voice_file(carrier_name="reminder"))

    assert row.name_at_carrier != other.id_at_carrier


def test_a_name_that_is_taken_and_not_listed_stays_a_refusal(laaffic: TestCarrier):
    laaffic.order_fates(UPLOAD, "refuse:-20")

    with pytest.raises(AlreadyTaken):
        placed(laaffic)

    assert not CarrierFile.objects.exists()


def test_a_sound_that_is_gone_from_the_disk_is_said(laaffic: TestCarrier):
    voice_file = make_voice_file()
    voice_file.converted.delete(save=False)
    voice_file.converted.name = "voice/converted/gone.mp3"

    with pytest.raises(DialerError, match="can't be read"):
        placed(laaffic, voice_file)

    assert laaffic.requests(UPLOAD) == 0


def test_a_carrier_without_uploads_says_so():
    with pytest.raises(CarrierError):
        voice_placing.place(make_voice_file(), make_account())


# --- removing ----------------------------------------------------------------------------------------------------


def test_a_removed_file_is_gone_there_and_here(laaffic: TestCarrier):
    voice_placing.remove(placed(laaffic))

    assert names_there(laaffic) == []
    assert not CarrierFile.objects.exists()


def test_a_file_that_is_missing_there_is_forgotten_here(laaffic: TestCarrier):
    row = placed(laaffic)
    carrier_of(laaffic.account).delete_voice(row.name_at_carrier)

    voice_placing.remove(row)

    assert not CarrierFile.objects.exists()


def test_a_refusal_of_a_file_that_lies_there_keeps_it(laaffic: TestCarrier):
    row = placed(laaffic)
    laaffic.order_fates(DELETE, "refuse:-18")

    with pytest.raises(CarrierError):
        voice_placing.remove(row)

    assert CarrierFile.objects.get() == row


@pytest.mark.parametrize("state", ["draft", "scheduled", "running", "paused"])
def test_what_an_unfinished_campaign_plays_is_not_removed(laaffic: TestCarrier, state: str):
    row = placed(laaffic)
    campaign = make_campaign(account=laaffic.account, voice_file=row.voice_file, state=state)

    with pytest.raises(DialerError, match=campaign.name):
        voice_placing.remove(row)

    assert laaffic.requests(DELETE) == 0
    assert CarrierFile.objects.filter(pk=row.pk).exists()


def test_what_a_campaign_plays_by_another_of_its_accounts_is_not_removed(laaffic: TestCarrier):
    row = placed(laaffic)
    campaign = make_campaign(voice_file=row.voice_file, voice_delivery=VoiceDelivery.OUR_ADDRESS)
    Route.objects.create(campaign=campaign, account=laaffic.account, voice_delivery=VoiceDelivery.CARRIER_FILE)

    with pytest.raises(DialerError):
        voice_placing.remove(row)


def test_what_no_unfinished_campaign_plays_from_there_is_removed(laaffic: TestCarrier):
    row = placed(laaffic)
    account, voice_file = laaffic.account, row.voice_file
    make_campaign(account=account, voice_file=voice_file, state=Campaign.State.FINISHED)
    make_campaign(account=account, voice_file=voice_file, voice_delivery=VoiceDelivery.SENT_ALONG)
    make_campaign(account=make_laaffic_account(), voice_file=voice_file)

    voice_placing.remove(row)

    assert names_there(laaffic) == []


# --- the list ----------------------------------------------------------------------------------------------------


def test_the_list_tells_known_unknown_and_missing_files_apart(laaffic: TestCarrier):
    known = placed(laaffic)
    unknown = carrier_of(laaffic.account).upload_voice("stranger.mp3", mp3())
    missing = make_carrier_file(account=laaffic.account, name_at_carrier="gone.mp3")

    files = {file.id_at_carrier: file for file in voice_placing.at_carrier(laaffic.account)}

    assert (files[known.name_at_carrier].ours, files[known.name_at_carrier].is_there) == (known, True)
    assert (files[unknown.id_at_carrier].ours, files[unknown.id_at_carrier].name) == (None, "stranger.mp3")
    assert (files["gone.mp3"].ours, files["gone.mp3"].is_there) == (missing, False)


def test_all_pages_are_listed(laaffic: TestCarrier):
    for number in range(120):
        laaffic.sandbox.memory.add_file(
            account=laaffic.account.access_key, name=f"file{number}.mp3", seconds=2, suffix=".mp3"
        )

    assert len(voice_placing.at_carrier(laaffic.account)) == 120


def test_a_file_unknown_here_is_removed_by_its_id(laaffic: TestCarrier):
    unknown = carrier_of(laaffic.account).upload_voice("stranger.mp3", mp3())

    voice_placing.remove_by_id(laaffic.account, unknown.id_at_carrier)

    assert names_there(laaffic) == []


def test_a_known_file_is_removed_by_its_id_only_when_nobody_plays_it(laaffic: TestCarrier):
    row = placed(laaffic)
    campaign = make_campaign(account=laaffic.account, voice_file=row.voice_file)

    with pytest.raises(DialerError):
        voice_placing.remove_by_id(laaffic.account, row.name_at_carrier)

    campaign.delete()
    voice_placing.remove_by_id(laaffic.account, row.name_at_carrier)
    assert names_there(laaffic) == []
    assert not CarrierFile.objects.exists()
