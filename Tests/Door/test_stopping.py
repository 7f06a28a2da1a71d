"""SIGTERM while clients come and go."""

import itertools
import json
import threading
import time

import pytest

from conftest import Client, get, until

NUMBERS = itertools.count()


def log_in():
    """Of another account each time, as ten wrong ones of the same would be refused at once."""
    body = json.dumps({"email": f"nobody{next(NUMBERS)}@example.com", "password": "a password of some length"})
    return (
        "POST /api/auth/login HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )


class Visitor(threading.Thread):
    """Comes again and again until nobody listens any more, each time on a new connection; tells what became of it."""

    def __init__(self, server, request):
        super().__init__(daemon=True)
        self.server, self.request = server, request
        self.answered, self.lost, self.stopped = [], [], None

    def run(self):
        while True:
            try:
                client = self.server.client()
            except ConnectionError:
                self.stopped = time.monotonic()
                return
            sent = None
            try:
                client.send(self.request())
                # From here on the server's machine has it.
                sent = time.monotonic()
                self.answered.append(client.receive().status)
            except ConnectionError as error:
                self.lost.append((sent or time.monotonic(), str(error)))
            client.close()


@pytest.mark.parametrize("request_text", [get, log_in])
def test_under_load_no_request_that_was_accepted_is_cut(serve, request_text):
    # Without limits of rates, so that handlers are under way and not refusals.
    server = serve(RATE_LIMITS="off")
    visitors = [Visitor(server, request_text) for _ in range(24)]
    for visitor in visitors:
        visitor.start()
    until(lambda: all(len(visitor.answered) > 5 for visitor in visitors))
    asked = time.monotonic()
    assert server.stop() == 0
    # What is under way has 20 seconds.
    assert time.monotonic() - asked < 25
    for visitor in visitors:
        visitor.join(timeout=30)
        assert visitor.stopped is not None
        # Before it was asked to stop nothing is lost; afterwards a connection may be refused, but no answer is cut.
        assert [(asked - when, words) for when, words in visitor.lost if when < asked] == []
        assert not any("within" in words for _, words in visitor.lost)
        assert set(visitor.answered) <= {200, 401, 503}


def test_a_request_that_is_arriving_is_still_served(serve):
    server = serve()
    text = log_in()
    late = server.client()
    late.send(text[: len(text) // 2])
    half_head = server.client()
    half_head.send("GET /healthz HTTP/1.1\r\nHo")
    idle = server.client()
    assert idle.exchange(get()).status == 200
    silent = server.client()
    server.process.terminate()
    assert idle.is_closed() and silent.is_closed()

    def nobody_listens():
        try:
            server.client().close()
            return False
        except ConnectionError:
            return True

    until(nobody_listens)
    late.send(text[len(text) // 2 :])
    answer = late.receive()
    assert answer.status == 401 and answer.headers["connection"] == "close" and late.is_closed()
    half_head.send("st: test\r\n\r\n")
    assert half_head.receive().status == 200 and half_head.is_closed()
    assert server.process.wait(timeout=30) == 0


def test_it_ends_in_time_although_a_client_does_not(serve):
    server = serve()
    client = server.client()
    client.send("POST /api/auth/login HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n{")
    asked = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - asked < 28
