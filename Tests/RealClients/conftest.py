"""Starts what the real clients talk to: the built binary's Stripe sandbox, and a receiver of its events."""

import json
import os
import queue
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import stripe

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("KESSAI_BINARY", str(ROOT / ".build" / "debug" / "kessai"))
SECRET = "whsec_real_client_tests"
START_SECONDS = 20
WAIT_SECONDS = 20


class Receiver:
    """A tiny endpoint that keeps every delivery: its raw body and its signature."""

    def __init__(self):
        self.deliveries = queue.Queue()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.deliveries.put((body, self.headers["Stripe-Signature"]))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait_for(self, event_type, object_id):
        """The first delivery of that type about that object; what else comes is put aside."""
        while True:
            body, signature = self.deliveries.get(timeout=WAIT_SECONDS)
            event = json.loads(body)
            if event["type"] == event_type and event["data"]["object"]["id"] == object_id:
                return body, signature


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None


def browse(url, form=None, language="ja"):
    """Opens a page or sends its form, as a browser does; answers the status, where it is sent, and the text."""
    data = None if form is None else urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(url, data=data, headers={"Accept-Language": language})
    try:
        with urllib.request.build_opener(NoRedirect).open(request, timeout=WAIT_SECONDS) as answer:
            return answer.status, None, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers["Location"], answer.read().decode()


class Sandbox:
    """A running sandbox and how to steer it."""

    def __init__(self, url):
        self.url = url

    def client(self, **options):
        options.setdefault("max_network_retries", 0)
        return stripe.StripeClient("sk_test_kessai", base_addresses={"api": self.url}, **options)

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + "/_sandbox" + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=WAIT_SECONDS) as answer:
            return json.load(answer)


@pytest.fixture(scope="session")
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()


@pytest.fixture(scope="session")
def sandbox(receiver):
    command = [BINARY, "sandbox", "stripe", "--port", "0", "--webhook", receiver.url, "--webhook-secret", SECRET]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    guard = threading.Timer(START_SECONDS, process.kill)
    guard.start()
    # The first line says where it listens.
    line = process.stdout.readline()
    guard.cancel()
    assert line.startswith("Stripe sandbox: http://"), f"the sandbox did not start: {line!r}"
    yield Sandbox(line.split()[2])
    process.terminate()
    assert process.wait(timeout=WAIT_SECONDS) == 0


@pytest.fixture
def client(sandbox):
    yield sandbox.client()
    sandbox.control("DELETE", "/faults")
