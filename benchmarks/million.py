"""A database as it is after a year of work, filled by the database itself: a million calls in a minute, not an hour.

Of each kind of row one is made by its model and not saved, so that every column has the value that the model gives it.
One statement then writes it many times over, with SQL for the columns that differ. On empty tables.
"""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from benchmarks import rows
from dialer.models import (
    Attempt,
    Batch,
    Callback,
    CallbackNumber,
    CallRecord,
    Campaign,
    CarrierExchange,
    Contact,
    DoNotCall,
    TestCall,
    Transfer,
)
from dialer.models.do_not_call import house_list
from recordings.models import Recording

CAMPAIGNS = 100
IN_A_BATCH = 1_000
SOON = timedelta(hours=2)
DAYS = 90  # over which the calls are spread, the newest last
TURNS = "'answered', 'answered', 'no_answer', 'no_answer', 'busy', 'rejected', 'unreachable', 'cancelled'"

IS_POSTGRES = connection.vendor == "postgresql"


# How the two databases say what differs between them.
def padded(number: str) -> str:
    return f"lpad(({number})::text, 8, '0')" if IS_POSTGRES else f"printf('%08d', {number})"


def picked(texts: str, place: str) -> str:
    """One of these texts, by its place from 0."""
    return f"(ARRAY[{texts}])[1 + {place}]" if IS_POSTGRES else f"json_array({texts}) ->> ({place})"


def moment(at: Any) -> str:
    said = f"'{at:%Y-%m-%d %H:%M:%S}'"
    return f"timestamptz '{at:%Y-%m-%d %H:%M:%S}+00'" if IS_POSTGRES else said


# n is the number of the row, from 0. A multiplication by a prime scatters what would else come in a row.
TEXT_OF_N = "CAST(n AS text)"
SCATTERED = "(n * 7919 % 1009)"
# Half of all people are in the first campaign, as with the largest customer; the others share the rest.
CAMPAIGN = f"CASE WHEN n / {IN_A_BATCH} % 2 = 0 THEN 1 ELSE 2 + n / {IN_A_BATCH} % {CAMPAIGNS - 1} END"
NUMBER = f"'+62812' || {padded('n')}"
TENTH_NUMBER = f"'+62812' || {padded('n * 10')}"
WRONG_NUMBER = f"'+62813' || {padded('n')}"
# Rare outcomes are what a list finds slowly: one call in 5,000 failed, one in 50,000 is unknown.
DISPOSITION = (
    "CASE WHEN n % 50000 = 7 THEN 'unknown' WHEN n % 5000 = 11 THEN 'failed' "
    f"ELSE {picked(TURNS, f'{SCATTERED} % 8')} END"
)
KEY = (
    f"CASE WHEN {SCATTERED} % 8 > 1 OR n % 3 > 0 THEN '' WHEN n % 30000 = 0 THEN '#' "
    f"ELSE CAST({SCATTERED} % 5 AS text) END"
)
BILL = (
    "json_build_object('id', n, 'padding', repeat('0', 300))"
    if IS_POSTGRES
    else "json_object('id', n, 'padding', hex(zeroblob(150)))"
)


def fill(calls: int) -> Campaign:
    """So many calls with their people, attempts and batches, one tenth as many people who wait, and what comes along.

    Returns the campaign that has half of them.
    """
    accounts = [rows.account(), rows.account()]
    campaigns = [rows.campaign(accounts[place % 2]) for place in range(CAMPAIGNS)]
    owner = rows.contact_list(campaigns[0], number_column=None)
    first, account = campaigns[0].pk, accounts[0].pk
    campaign = CAMPAIGN.replace("THEN 1 ELSE 2 +", f"THEN {first} ELSE {first + 1} +")
    of_account = f"{account} + ({campaign} - {first}) % 2"

    person = Contact(campaign_id=first, contact_list=owner, row_number=1)
    now = timezone.now()
    write(
        person,
        calls * 11 // 10,
        campaign_id=campaign,
        row_number="n + 2",
        raw=NUMBER,
        number=NUMBER,
        postponed_until=f"CASE WHEN n > {calls} AND n % 20 = 0 THEN {moment(now + SOON)} END",
    )
    write(
        Contact(campaign_id=first, contact_list=owner, row_number=1, skip_reason="duplicate", duplicate_of_row=2),
        calls // 20,
        id=f"{calls * 2} + n",
        row_number=f"{calls * 2} + n",
        campaign_id=campaign,
        number=WRONG_NUMBER,
        raw=WRONG_NUMBER,
        skip_reason=picked("'duplicate', 'invalid_number', 'do_not_call'", "n % 3"),
    )
    batch = Batch(
        campaign_id=first,
        account_id=account,
        sequence=1,
        contact_count=IN_A_BATCH,
        due_at=now,
        sent_at=now,
        answered_at=now,
        state=Batch.State.SETTLED,
    )
    by_batch = campaign.replace(f"n / {IN_A_BATCH}", "n")
    write(
        batch,
        calls // IN_A_BATCH,
        campaign_id=by_batch,
        account_id=f"{account} + ({by_batch} - {first}) % 2",
        sequence="n + 1",
        reference=TEXT_OF_N,
        sent_at=_when(now, calls // IN_A_BATCH),
        state="CASE WHEN n % 100 = 5 THEN 'refused' WHEN n % 100 = 6 THEN 'uncertain' ELSE 'settled' END",
    )
    at = _when(now, calls)
    in_batch = f"1 + n / {IN_A_BATCH}"
    write(
        Attempt(batch_id=1, contact_id=1, is_judged=True),
        calls,
        batch_id=in_batch,
        contact_id="1 + n",
        disposition=DISPOSITION,
        keypress=KEY,
        settled_at=f"CASE WHEN n % 40000 = 9 THEN NULL ELSE {at} END",
        silent_since=f"CASE WHEN n % 40000 = 9 THEN {at} END",
        retry_at=f"CASE WHEN n / {IN_A_BATCH} % 2 = 0 AND n % 25 = 12 THEN {moment(now + SOON)} END",
    )
    write(
        CallRecord(account_id=account, carrier_call_id="", ring_seconds=10, by_pull_at=now, created_at=now),
        calls,
        account_id=of_account,
        campaign_id=campaign,
        batch_id=in_batch,
        attempt_id="1 + n",
        carrier_call_id=TEXT_OF_N,
        number=NUMBER,
        started_at=at,
        ended_at=at,
        disposition=DISPOSITION,
        keypress=KEY,
        talk_seconds=f"CASE WHEN {SCATTERED} % 8 < 2 THEN 20 ELSE 0 END",
        recording_name=f"CASE WHEN {SCATTERED} % 8 < 2 THEN n || '.mp3' ELSE '' END",
        raw_bill=BILL,
    )
    _recordings(now)
    write(
        CarrierExchange(account_id=account, purpose="hand over", url=rows.NOWHERE, status=200, response="x" * 1000),
        calls // 4,
        at=_when(now, calls // 4),
        batch_id=f"1 + n % {calls // IN_A_BATCH}",
        complaint="CASE WHEN n % 20000 = 3 THEN 'odd' ELSE '' END",
        status="CASE WHEN n % 20000 = 5 THEN NULL ELSE 200 END",
    )
    write(
        Callback(account_id=account, kind="bills", body=b"x" * 700, state=Callback.State.APPLIED, last_received_at=now),
        calls // 4,
        sha256=TEXT_OF_N,
        received_at=_when(now, calls // 4),
        state="CASE WHEN n % 20000 = 3 THEN 'unreadable' ELSE 'applied' END",
    )
    write(
        CallbackNumber(callback_id=1, account_id=account, received_at=now),
        calls // 4,
        callback_id="1 + n",
        account_id=of_account.replace("n /", "n * 4 /"),
        campaign_id=campaign.replace("n /", "n * 4 /"),
        number=NUMBER.replace("n)", "n * 4)"),
        received_at=_when(now, calls // 4),
    )
    write(DoNotCall(list_id=house_list(), added_at=now), calls // 10, number=TENTH_NUMBER)
    write(TestCall(campaign_id=first, account_id=account, called_at=now), 500, number=NUMBER, reference=TEXT_OF_N)
    write(
        Transfer(account_id=account, campaign_id=first),
        calls // 100,
        number=TENTH_NUMBER,
        call_uuid=TEXT_OF_N,
        rang_at=_when(now, calls // 100),
    )
    settle_down()
    # All are over but the first, whose last people wait.
    Campaign.objects.exclude(pk=first).update(state=Campaign.State.FINISHED, is_planned=True, planned_through=calls)
    Campaign.objects.filter(pk=first).update(state=Campaign.State.RUNNING, planned_through=calls)
    return campaigns[0]


def write(row: Model, count: int, **differing: str) -> None:
    """`count` rows like this one, but for columns given as SQL over n = 0, 1, …, count - 1."""
    differing = {"id": "1 + n", **differing}
    values: list[Any] = []
    said = []
    for field in row._meta.concrete_fields:
        if field.column in differing:
            said.append(differing[field.column])
            continue
        said.append("%s")
        value = field.pre_save(row, add=True) if getattr(field, "auto_now_add", False) else getattr(row, field.attname)
        values.append(field.get_db_prep_save(value, connection))
    columns = ", ".join(f'"{field.column}"' for field in row._meta.concrete_fields)
    table = row._meta.db_table
    escaped = ", ".join(text if text == "%s" else text.replace("%", "%%") for text in said)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE c(n) AS (SELECT CAST(0 AS bigint) UNION ALL SELECT n + 1 FROM c WHERE n < {count - 1}) "  # noqa: S608
            f"INSERT INTO {table} ({columns}) SELECT {escaped} FROM c",
            values,
        )


def settle_down() -> None:
    """What PostgreSQL does by itself within minutes: it knows how many rows have which value."""
    if IS_POSTGRES:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def _recordings(now: Any) -> None:
    """One for each call that promises one; most are kept, some wait or are lost."""
    row = Recording(call_record_id=1, deadline_at=now + timedelta(days=90), due_at=now, file="a.mp3", seconds=20)
    write(
        row,
        CallRecord.objects.count(),
        call_record_id="1 + n",
        state="CASE WHEN n % 9000 = 1 THEN 'due' WHEN n % 9000 = 2 THEN 'lost' ELSE 'stored' END",
    )
    with connection.cursor() as cursor:
        without = "SELECT id FROM dialer_callrecord WHERE recording_name = ''"
        cursor.execute(f"DELETE FROM recordings_recording WHERE call_record_id IN ({without})")  # noqa: S608


def _when(now: Any, count: int) -> str:
    """A moment, evenly over DAYS back from `now`, the last row last."""
    seconds = DAYS * 86_400
    back = f"{seconds} - CAST(n AS bigint) * {seconds} / {count}"
    if IS_POSTGRES:
        return f"{moment(now)} - ({back}) * interval '1 second'"
    return f"datetime({moment(now)}, '-' || ({back}) || ' seconds')"
