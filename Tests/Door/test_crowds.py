"""Many clients, greedy ones, and too few descriptors."""

import socket
import statistics
import threading
import time

import pytest

from conftest import Client, get, until


def some(server, count):
    """Clients that were served once, and stay."""
    clients = [server.client() for _ in range(count)]
    for client in clients:
        client.send(get())
    assert [client.receive().status for client in clients] == [200] * count
    return clients


def median_seconds(client, count=200):
    """How long an answer takes, of many one after the other."""
    times = []
    for _ in range(count):
        began = time.monotonic()
        assert client.exchange(get()).status == 200
        times.append(time.monotonic() - began)
    return statistics.median(times)


def test_a_thousand_idle_and_five_hundred_busy_clients_do_no_harm(serve, many_files):
    server = serve(RATE_LIMITS="off")
    some(server, 20)
    patient = server.client()
    before = median_seconds(patient)
    threads = server.state("Threads")
    sizes = []
    for _ in range(3):
        idle = some(server, 1000)
        busy = [server.client() for _ in range(500)]
        for client in busy:
            client.send("POST /api/auth/login HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{")
        # Others are answered, and so is everybody who was there before.
        for client in some(server, 5) + idle[::100]:
            assert client.exchange(get()).status == 200
        # They wait no longer than before, whatever this machine takes for an answer.
        assert median_seconds(patient) < 5 * before
        assert server.state("Threads") <= threads + 2
        sizes.append(server.state("VmRSS"))
        for client in busy:
            client.send(" " * 899)
        assert {client.receive().status for client in busy} == {400}
        for client in idle + busy:
            client.close()
        until(lambda: server.descriptors() < 200)
    # In kB: a connection costs some tens of them, and the next thousand use those of the last.
    assert sizes[0] < 400_000
    assert sizes[2] < sizes[0] * 1.2 + 20_000, sizes


def test_bodies_where_none_is_wanted_keep_nobody_out(serve):
    server = serve(RATE_LIMITS="off")
    # More than are let in whatever the pace is: most are refused for their body, the others never end.
    greedy = server.client()
    for _ in range(600):
        assert greedy.exchange("GET /api/products HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\n\r\nx").status == 413
    silent = [server.client() for _ in range(90)]
    for client in silent:
        client.send("GET /api/products HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")
    client = server.client()
    assert client.exchange(get("/api/products")).status == 200
    event = "POST /api/webhook/stripe/ HTTP/1.1\r\nHost: test\r\nStripe-Signature: t=1,v1=0\r\nContent-Length: 2\r\n\r\n{}"
    assert client.exchange(event).status == 400
    for client in silent:
        client.close()


def test_beyond_the_limit_clients_are_told_so(serve):
    server = serve(HTTP_CONNECTIONS="16")
    inside = some(server, 16)
    for _ in range(3):
        answer = server.client().exchange(get())
        assert answer.status == 503 and answer.headers["retry-after"] == "2" and answer.json["code"] == "unavailable"
    assert all(client.exchange(get()).status == 200 for client in inside)
    until(lambda: server.events("connections_turned_away"))
    line = server.events("connections_turned_away")[0]
    assert line["reason"] == "connections" and line["level"] == "warning"
    for client in inside:
        client.close()
    until(lambda: server.client().exchange(get()).status == 200)


def test_without_descriptors_the_others_go_on_and_it_recovers(serve):
    server = serve(descriptors=80)
    inside = some(server, 10)
    room = 80 - server.descriptors()
    assert room > 10
    # So many more come that the last of them find none.
    outside = [server.client() for _ in range(room + 30)]
    for client in outside:
        client.send(get())
    statuses = []
    for client in outside:
        try:
            statuses.append(client.receive().status)
        except ConnectionError:
            statuses.append(0)
    assert statuses.count(200) >= room - 10 and set(statuses) <= {200, 503, 0}
    assert statuses.count(200) < len(statuses)
    assert all(client.exchange(get()).status == 200 for client in inside)
    lines = until(lambda: server.events("connections_turned_away"))
    assert {line["reason"] for line in lines} == {"descriptors"} and lines[0]["level"] == "error"
    # Each is counted once, and nobody who was not there.
    assert 0 < sum(line["count"] for line in lines) <= len(statuses) - statuses.count(200)
    for client in outside:
        client.close()

    def comes_in():
        try:
            return server.client().exchange(get()).status == 200
        except ConnectionError:
            return False

    until(comes_in)
    assert all(client.exchange(get()).status == 200 for client in inside)


def test_two_gigabytes_are_refused_by_their_length(serve):
    server = serve()
    some(server, 1)
    before = server.state("VmHWM")
    for path, most in (("/api/webhook/stripe/", 1 << 20), ("/api/auth/login", 4 << 10)):
        client = server.client()
        answer = client.exchange(f"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: 2147483648\r\n\r\n")
        assert answer.status == 413 and answer.json["code"] == "body_too_large" and str(most) in answer.json["detail"]
        assert client.is_closed()
    assert server.state("VmHWM") < before + 20_000


def test_a_body_without_an_end_is_cut_off(serve):
    server = serve()
    some(server, 1)
    before = server.state("VmHWM")
    client = server.client()
    client.send("POST /api/webhook/stripe/ HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    sent = 0
    with pytest.raises(ConnectionError):
        while sent < 256 << 20:
            client.send(chunk)
            sent += len(chunk)
    # It takes 1 MiB, throws away another, and what the kernel holds for both is some more.
    assert sent < 32 << 20
    assert server.state("VmHWM") < before + 40_000


def test_an_answer_that_nobody_takes_holds_up_nobody(serve):
    server = serve()
    lazy = []
    for _ in range(20):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", server.port))
        client.sendall(get("/openapi.json").encode() * 20)
        lazy.append(client)
    answered = []

    def ask():
        answered.extend(server.client().exchange(get()).status for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert answered == [200] * 80
    for client in lazy:
        client.close()
