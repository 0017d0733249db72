"""`python -m sandbox` as a real process: its line, its end, and its memory over a SIGKILL."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.journal import Journal
from sandbox.memory import Memory
from sandbox.switches import Switches

ROOT = Path(__file__).resolve().parents[2]
LINE = "sandbox listening on "

BATCH = {
    "accepted_at": 1_800_000_000.0,
    "app": "sandbox",
    "country": "id",
    "reference": "ref",
    "tag": "",
    "caller_id": "",
    "wants_key": True,
    "ring_limit_seconds": 30,
    "talk_limit_seconds": 60,
    "numbers": ["81200000001"],
}

pytestmark = pytest.mark.cluster


@pytest.fixture
def run() -> Iterator[Callable[..., subprocess.Popen]]:
    """Starts `python -m sandbox` with arguments; `.address` of the result is where it listens."""
    started: list[subprocess.Popen] = []

    def run_one(*arguments: str) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        line = process.stdout.readline().strip()
        assert line.startswith(LINE)
        process.address = line.removeprefix(LINE)
        return process

    yield run_one
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_one_line_and_ends_cleanly(run, wire_to, number):
    process = run("--speed", "1000", "--app", "me:secret", "--offline-file", "hello", "--set", 'echo_form="starred"')
    wire = wire_to(process.address)
    assert wire.launch("81200000001", appid="me", accesskey="secret", voicefile="hello")["code"] == 200

    process.send_signal(number)

    assert process.wait(10) == 0
    assert process.stdout.read() == ""


def test_the_fates_are_printed():
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", "--fates"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert "90-90  line failure (10004)" in done.stdout


@pytest.mark.parametrize(
    "wrong", [["--speed", "0"], ["--set", "colour=1"], ["--set", "lines"], ["--app", "me"], ["--laaffic", "me:key"]]
)
def test_a_wrong_argument_is_told(wrong):
    done = subprocess.run([sys.executable, "-m", "sandbox", *wrong], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 1
    assert done.stderr.startswith("sandbox: ")


def test_a_kill_forgets_neither_dials_nor_open_calls_nor_what_was_ordered(run, wire_to, receiver, tmp_path):
    arguments = ("--state-file", str(tmp_path / "journal"), "--lines", "1", "--callback-url", receiver.url)
    first = run(*arguments, "--speed", "1")
    wire = wire_to(first.address)
    token = wire.login()
    wire.launch("81200000490", "81200000001", "81200000002", customuuid="ref")  # 490 ends at once
    wire.launch("81200000001", voicefile="missing")
    receiver.wait_for(1)
    consumed = wire.bills(token, syncflag=1)
    wire.order_fates("refuse:602")
    wire.control("configure", echo_form="international")

    first.kill()
    first.wait()
    wire = wire_to(run(*arguments, "--speed", "100000").address)
    wire.wait_for_bills()

    assert wire.read("dials") == {"81200000490": 1, "81200000001": 1, "81200000002": 1}
    assert wire.state["dialled_twice"] == {}
    assert wire.state["requests"]["App.Sip_Call.PlayVoice"] == 2
    assert len(wire.state["violations"]) == 1
    assert wire.bills(token, syncflag=2)[0]["id"] == consumed[0]["id"]
    bills = wire.bills(token)
    assert [bill["destnumber"] for bill in bills] == ["6281200000490", "6281200000001", "6281200000002"]
    assert len({bill["id"] for bill in bills}) == 3
    assert len({callback["id"] for callback in receiver.wait_for(3)}) == 3
    assert wire.launch("81200000003")["code"] == 602
    assert "handed over before" in wire.launch("81200000003", customuuid="ref")["msg"]


def test_a_callback_that_was_owed_at_the_kill_is_pushed_after_it(run, wire_to, receiver, tmp_path, eventually):
    arguments = ("--state-file", str(tmp_path / "journal"), "--speed", "100000", "--callback-url", receiver.url)
    first = run(*arguments, "--set", "callback_delay_seconds=1e9")
    wire = wire_to(first.address)
    wire.launch("81200000001")
    eventually(lambda: wire.state["callbacks_waiting"] == 1)

    first.kill()
    first.wait()
    run(*arguments)

    assert receiver.wait_for(1)[0]["destnumber"] == "81200000001"


def test_a_kill_forgets_no_task_file_message_link_or_payment(run, wire_to, receiver, tmp_path):
    arguments = ("--state-file", str(tmp_path / "journal"), "--speed", "100000", "--callback-url", receiver.url)
    first = run(*arguments)
    laaffic = wire_to(first.address).laaffic
    file_id = laaffic.upload()["data"]
    sms = {"hangUpSms": 1, "smsAppId": "s", "smsContent": "bye", "feedbackPush": 0, "successPush": 0, "failedPush": 0}
    over = laaffic.send("6281200000001", **sms, ringPush=1)["data"]
    (report,) = receiver.wait_for(1)
    waiting, cancelled = (laaffic.send("6281200000001", sendTime="2099-01-01 00:00:00")["data"] for _ in range(2))
    laaffic.cancel(cancelled)
    balance = laaffic.get("getBalance")["balance"]
    link = laaffic.link(report["recordingFileId"])["data"]["url"]

    first.kill()
    first.wait()
    second = run(*arguments)
    wire, laaffic = wire_to(second.address), wire_to(second.address).laaffic

    assert {item["taskId"]: item["status"] for item in laaffic.tasks()} == {over: 2, waiting: 0, cancelled: 4}
    assert wire.get(link.replace(first.address, second.address))[0] == 200
    assert laaffic.get("getBalance")["balance"] == balance != "1000"
    assert [message["text"] for message in wire.read("sms")] == ["bye"]
    assert wire.read("people") == {"6281200000001": 2}
    assert laaffic.records()["data"]["records"][0]["voiceId"] == report["voiceId"]
    assert laaffic.send(source=1, voiceFileId=file_id)["code"] == "0"
    assert laaffic.cancel(waiting)["code"] == "0"


def test_events_of_an_extension_that_were_owed_at_the_kill_are_pushed_after_it(
    run, wire_to, receiver, tmp_path, eventually
):
    arguments = ("--state-file", str(tmp_path / "journal"), "--speed", "100000")
    arguments += ("--set", f'extension_callback_url="{receiver.url}"')
    receiver.may_answer.clear()  # the first event hangs, and the kill cuts it off
    first = run(*arguments)
    wire = wire_to(first.address)
    menu = {"voicetype": 1, "voicefile": "welcome", "chengshudu": 1, "userid": "extGroup-1"}
    wire.post("App.Sip_Call.PlayVoice", token=wire.login(), destnumber="81200000101", **menu)
    eventually(lambda: receiver.bodies)

    first.kill()
    first.wait()
    receiver.may_answer.set()
    run(*arguments)

    assert [event["status"] for event in receiver.wait_for(3)] == ["ring", "ring", "hangup"]


def test_an_account_of_laaffic_is_an_option(run, wire_to):
    wire = wire_to(run("--laaffic", "app:key:secret").address)
    laaffic = type(wire.laaffic)(wire=wire, key="key", secret="secret")

    assert laaffic.send(appId="app")["code"] == "0"


def test_a_reset_empties_the_state_file(run, wire_to, tmp_path):
    journal = tmp_path / "journal"
    first = run("--state-file", str(journal), "--speed", "100000")
    wire = wire_to(first.address)
    wire.launch("81200000001")
    wire.wait_for_bills()

    wire.control("reset")

    first.kill()
    first.wait()
    assert wire_to(run("--state-file", str(journal)).address).read("dials") == {}


def test_a_line_cut_by_a_kill_is_taken_off(tmp_path):
    path = tmp_path / "journal"
    path.write_bytes(b'{"event":"request","service":"a"}\n{"event":"requ')

    journal = Journal(path)
    events = list(journal.read())
    journal.write({"event": "request", "service": "b"})
    journal.close()

    assert [event["service"] for event in events] == ["a"]
    assert path.read_bytes().splitlines()[1] == b'{"event":"request","service":"b"}'


def test_ids_ascend_over_a_restart_even_when_they_ran_ahead_of_the_clock(tmp_path):
    journal = Journal(tmp_path / "journal")
    first = Memory(switches=Switches(), journal=journal)
    first._last_id = 10**15
    batch = first.accept(BATCH)
    first.end(first.calls[batch.id, 0], is_silent=False)
    first.close()

    second = Memory(switches=Switches(), journal=Journal(tmp_path / "journal"))

    assert second.accept(BATCH).id == 10**15 + 3
    second.close()


def test_it_ends_with_its_parent(tmp_path, eventually):
    script = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'sandbox', '--with-parent'], stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    os.kill(child, 0)

    parent.kill()
    parent.wait()
    parent.stdout.close()

    try:
        eventually(lambda: _is_gone(child))
    finally:
        if not _is_gone(child):
            os.kill(child, signal.SIGKILL)


def _is_gone(pid: int) -> bool:
    """Whether the process has ended; one that nobody has waited for yet counts as ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
