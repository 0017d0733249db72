"""The demo's console does not outlive the demo."""

import signal
import socket
import subprocess
import sys
from contextlib import closing, suppress

import pytest
from django.conf import settings

from tests.cluster import eventually

# Stands in for manage.py: answers like a console.
CONSOLE = """
import http.server
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", {port}), Answer).serve_forever()
"""

DEMO = """
import pathlib, signal, sys
from config.demo import processes
processes.BASE_DIR = pathlib.Path(sys.argv[1])
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # tests under nohup would hand down that it is ignored
with processes.console("http://127.0.0.1:{port}"):
    print("up", flush=True)
    signal.pause()
"""


@pytest.mark.parametrize("end", [signal.SIGHUP, signal.SIGTERM, signal.SIGKILL])
def test_the_console_ends_with_the_demo_however_that_ends(tmp_path, end):
    port = free_port()
    (tmp_path / "manage.py").write_text(CONSOLE.format(port=port))
    script = [sys.executable, "-c", DEMO.format(port=port), str(tmp_path)]
    with subprocess.Popen(script, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True) as demo:
        try:
            assert demo.stdout
            assert demo.stdout.readline() == "up\n"
            assert answers(port)
        finally:
            demo.send_signal(end)

    assert eventually(lambda: not answers(port))


def answers(port: int) -> bool:
    with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), timeout=5)):
        return True
    return False


def free_port() -> int:
    with closing(socket.socket()) as candidate:
        candidate.bind(("127.0.0.1", 0))
        return int(candidate.getsockname()[1])
