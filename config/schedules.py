"""The work that the queue does, as data.

A kind of work is a function without arguments which does one unit of what is due and says whether there was any.
It claims its rows itself, so it may be rung twice, late or never. The sweep rings every kind once a minute.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Work:
    """One kind of work: which queue serves it, and what to ring for when some of it was done."""

    function: str
    queue: str
    then: tuple[str, ...] = ()


DEFAULT_QUEUE = "default"
LONG_QUEUE = "long"  # transfers of many seconds, so that they never hold up a dispatch

QUEUES = (DEFAULT_QUEUE, LONG_QUEUE)

# Bills settle batches, make room at the carrier, promise recordings, and are told to other systems.
AFTER_BILLS = ("settle", "dispatch", "recordings", "webhooks")

WORK = {
    "intake": Work(function="dialer.flow.intake.read_next", queue=DEFAULT_QUEUE),
    "dispatch": Work(function="dialer.flow.dispatch.send_next", queue=DEFAULT_QUEUE),
    "callbacks": Work(function="dialer.flow.ledger.apply_next", queue=DEFAULT_QUEUE, then=AFTER_BILLS),
    "callback_numbers": Work(function="dialer.flow.callback_numbers.fill_next", queue=DEFAULT_QUEUE),
    "bills": Work(function="dialer.flow.ledger.pull_next", queue=LONG_QUEUE, then=AFTER_BILLS),
    "questions": Work(function="dialer.flow.ledger.ask_next", queue=LONG_QUEUE, then=AFTER_BILLS),
    "balances": Work(function="dialer.flow.money.ask_next", queue=LONG_QUEUE),
    "settle": Work(
        function="dialer.flow.lifecycle.settle_next", queue=DEFAULT_QUEUE, then=("dispatch", "webhooks", "tallies")
    ),
    "tallies": Work(function="dialer.flow.batch_tallies.tally_next", queue=DEFAULT_QUEUE),
    "webhooks": Work(function="dialer.flow.webhook_delivery.deliver_next", queue=LONG_QUEUE),
    "prune": Work(function="dialer.flow.housekeeping.prune_next", queue=DEFAULT_QUEUE),
    "exports": Work(function="dialer.admin.export_rows.write_next", queue=LONG_QUEUE, then=("notices",)),
    "events": Work(function="dialer.flow.notices.find_next", queue=DEFAULT_QUEUE, then=("notices",)),
    "recording_events": Work(function="recordings.notices.find_next", queue=DEFAULT_QUEUE, then=("notices",)),
    "notices": Work(function="dialer.flow.notice_delivery.send_next", queue=LONG_QUEUE),
    "recordings": Work(function="recordings.archive.fetch_next", queue=LONG_QUEUE),
}

SWEEP_MINUTES = 1
SWEEP_FUNCTION = "dialer.tasks.sweep"
