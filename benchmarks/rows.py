"""Rows for benchmarks, as the flow leaves them behind: an account, campaigns, people, batches."""

from collections.abc import Iterator
from datetime import time
from itertools import count, islice

from django.core.files.base import ContentFile

from dialer.models import Account, Attempt, Batch, CallWindow, Campaign, CarrierFile, Contact, ContactList, VoiceFile

APP, KEY = "benchmark", "open-sesame"
NOWHERE = "http://127.0.0.1:9/api/yunhu"
VOICE_NAME = "welcome"  # which the sandbox's console knows

_fresh = count(1)


def numbers() -> Iterator[str]:
    """Mobile numbers of Indonesia, E.164, never the same twice. They end in 00 to 39: the sandbox's plain calls."""
    while True:
        hundreds, end = divmod(next(_fresh), 40)
        yield f"+62812{hundreds:06}{end:02}"


def account(address: str = NOWHERE) -> Account:
    return Account.objects.create(
        name=f"Account {next(_fresh)}",
        country="ID",
        app_id=APP,
        access_key=KEY,
        batch_url=address,
        token_url=address,
    )


def campaign(of: Account) -> Campaign:
    """A draft whose message lies at the carrier, whose people may be called at any hour and all at once."""
    name = f"Benchmark {next(_fresh)}"
    voice_file = VoiceFile.objects.create(name=name, carrier_name=f"b{next(_fresh)}", seconds=2)
    CarrierFile.objects.create(voice_file=voice_file, account=of, name_at_carrier=VOICE_NAME)
    made = Campaign.objects.create(
        name=name, account=of, voice_file=voice_file, canary_size=0, widened_because="Nobody is called."
    )
    CallWindow.objects.bulk_create(
        CallWindow(campaign=made, weekday=day, opens=time(0), closes=time(0)) for day in range(7)
    )
    return made


def contact_list(of: Campaign, *, content: bytes = b"Phone\n", number_column: int | None = 0) -> ContactList:
    """A list that waits to be read; without a number column, one that nobody reads."""
    name = "people.csv"
    file = ContentFile(content, name=name)
    return ContactList.objects.create(
        campaign=of, file=file, original_name=name, encoding="utf-8", number_column=number_column
    )


def people(of: Campaign, size: int) -> list[Contact]:
    """So many who are to be called, of one list."""
    owner = contact_list(of, number_column=None)
    rows = [
        Contact(campaign=of, contact_list=owner, row_number=row, raw=number, number=number)
        for row, number in enumerate(islice(numbers(), size), start=2)
    ]
    return Contact.objects.bulk_create(rows, batch_size=1000)


def batch(of: Campaign, contacts: list[Contact]) -> Batch:
    """A batch that the carrier has accepted."""
    made = Batch.objects.create(
        campaign=of,
        account=of.account,
        sequence=of.batches.count() + 1,
        contact_count=len(contacts),
        due_at=of.created_at,
        sent_at=of.created_at,
        state=Batch.State.ACCEPTED,
    )
    Attempt.objects.bulk_create([Attempt(batch=made, contact=one, round=1) for one in contacts], batch_size=1000)
    return made
