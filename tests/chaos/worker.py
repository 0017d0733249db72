"""What the forked processes do until they are killed: a queue with its operator, the web, the carrier.

Nothing of this pretends: the queue takes the true messages from the true broker and runs the true tasks, the web is
the project's own application, the carrier is the sandbox. Only the process around them is smaller.
"""

import logging
import signal
import sys
import traceback
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.utils.module_loading import import_string
from django_q.brokers import Broker, get_broker
from django_q.signing import SignedPackage

from config.schedules import DEFAULT_QUEUE
from dialer import tasks
from dialer.flow import intake, lifecycle
from dialer.flow.mistakes import DialerError
from dialer.models import Campaign, ContactList
from sandbox.app import Sandbox
from sandbox.switches import Switches, with_changes
from tests.chaos import places

ROWS_AT_A_TIME = 7  # so that a short list is read in several transactions, as a long one is


def play(orders: dict[str, Any]) -> None:
    """Do what is ordered; an unforeseen error is written down as a problem."""
    folder = Path(orders["folder"])
    settings.MEDIA_ROOT = folder / "media"
    problems = folder / "problems"
    _write_down_errors(problems)
    try:
        if orders.get("place"):
            places.arm(orders["place"], nth=orders["nth"], is_frozen=orders["is_frozen"], deaths=folder / "deaths")
        if orders.get("database_patience_seconds"):
            connections["default"].settings_dict["OPTIONS"]["timeout"] = orders["database_patience_seconds"]
        {"work": work, "web": serve_web, "carrier": serve_carrier}[orders["role"]](orders, folder)
    except BaseException:
        with problems.open("a") as file:
            file.write(f"{orders['role']}: {traceback.format_exc()}\n")
        raise


def work(orders: dict[str, Any], folder: Path) -> None:
    """Sweep as after a start, then serve both queues until nothing rings any more."""
    intake.ROWS_AT_A_TIME = ROWS_AT_A_TIME
    for queue in settings.QUEUES:
        tasks.ring_for_sweep(queue)
    brokers = [_broker(queue) for queue in settings.QUEUES]
    while True:
        has_acted = bool(orders.get("campaign")) and operate(orders["campaign"], folder / "people.csv")
        has_served = [_serve(broker) for broker in brokers]
        if not (has_acted or any(has_served)):
            return


def operate(campaign_id: int, people: Path) -> bool:
    """What an operator does who finds the campaign as it is: uploads, confirms, launches, resumes; whether anything."""
    campaign = Campaign.objects.get(pk=campaign_id)
    try:
        return _operate(campaign, people)
    except DialerError:
        return False  # another process was faster


def _operate(campaign: Campaign, people: Path) -> bool:
    if campaign.state == Campaign.State.PAUSED:
        lifecycle.resume(campaign)
        tasks.ring("dispatch")
        return True
    if campaign.state != Campaign.State.DRAFT:
        return False
    contact_list = campaign.contact_lists.first()
    if contact_list is None:
        contact_list = intake.upload(campaign, SimpleUploadedFile("people.csv", people.read_bytes()))
    if contact_list.number_column is None:
        confirm(contact_list)
        return True
    if contact_list.state == ContactList.State.READY:
        lifecycle.launch(campaign)
        tasks.ring("dispatch")
        return True
    return False


def confirm(contact_list: ContactList) -> None:
    """The list is read with the choices that the preview proposes."""
    found = intake.look(contact_list)
    intake.confirm(
        contact_list,
        number_column=found.number_column or 0,
        sheet=found.sheet,
        encoding=found.encoding,
        delimiter=found.delimiter,
        has_header=found.has_header,
    )
    tasks.ring("intake")


def _broker(queue: str) -> Broker:
    return get_broker(settings.Q_CLUSTER["name"] if queue == DEFAULT_QUEUE else queue)


def _serve(broker: Broker) -> bool:
    """Run the messages that are there now, at least once as the queue does; whether there were any."""
    messages = broker.dequeue() or []
    for receipt, payload in messages:
        task = SignedPackage.loads(payload)
        import_string(task["func"])(*task["args"])
        broker.acknowledge(receipt)
    return bool(messages)


class _Web(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """The console's pages are not of interest here."""


def serve_web(orders: dict[str, Any], folder: Path) -> None:
    """The project's own application on a small server, a thread for each request."""
    application = get_wsgi_application()

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        try:
            return application(environ, start_response)
        finally:
            connections.close_all()  # the thread ends with the request

    make_server("127.0.0.1", orders["port"], answer, server_class=_Web, handler_class=_Quiet).serve_forever()


def serve_carrier(orders: dict[str, Any], folder: Path) -> None:
    """The sandbox with its journal: killed and started again it forgets nothing."""
    switches = with_changes(Switches(), orders["switches"])
    with Sandbox(port=orders["port"], switches=switches, state_file=folder / "carrier.journal"):
        signal.pause()


class _Problems(logging.Handler):
    """A task that stopped by an error tells only its type; here the whole of it is wanted."""

    def __init__(self, path: Path) -> None:
        super().__init__(level=logging.ERROR)
        self._path = path

    def emit(self, record: logging.LogRecord) -> None:
        trace = traceback.format_exc() if sys.exception() else ""
        with self._path.open("a") as file:
            file.write(f"{record.name}: {record.getMessage()}\n{trace}\n")


def _write_down_errors(problems: Path) -> None:
    for name in ("dialer", "recordings", "django.request"):
        logging.getLogger(name).addHandler(_Problems(problems))
