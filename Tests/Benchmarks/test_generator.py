"""The generator sends once, counts what is true, and forgives nothing."""

import collections
import time

import pytest
import stripe
from conftest import Last, answer

SECRET = "whsec_test"


def paths(server) -> collections.Counter:
    return collections.Counter(head[1] for head, _, _ in server.requests)


def test_every_row_is_sent_exactly_once(serve, generate):
    server = serve()
    status, result = generate(server, 500, "--connections", "7")
    assert status == 0 and result["good"] == 500
    assert paths(server) == {f"/row{number}": 1 for number in range(500)}


def test_a_part_of_the_rows_can_be_sent(serve, generate):
    server = serve()
    status, result = generate(server, 50, "--first", "10", "--count", "5")
    assert status == 0 and sorted(paths(server)) == [f"/row{number}" for number in range(10, 15)]


@pytest.mark.parametrize("bad", ["400 Bad Request", "503 Service Unavailable", "302 Found"])
def test_one_answer_that_is_no_2xx_fails_the_run(serve, generate, bad):
    server = serve(lambda request: answer(bad, b"the reason") if request[0][1] == "/row30" else answer())
    status, result = generate(server, 60)
    assert status == 1 and result["good"] == 59
    assert result["statuses"] == {"200": 59, bad[:3]: 1} and result["first_failure"] == f"{bad[:3]} the reason"


def test_a_connection_that_breaks_is_a_failure_and_is_not_repeated(serve, generate):
    server = serve(lambda request: None if request[0][1] == "/row30" else answer())
    status, result = generate(server, 60, "--connections", "3")
    assert status == 1 and result["statuses"] == {"0": 1, "200": 59}
    assert paths(server)["/row30"] == 1


@pytest.mark.parametrize("wrong", [
    answer(body=b"0123456789")[:-3], answer(body=b"0123456789") + b"more", answer().replace(b"HTTP/1.1", b"HTTP/9.9"),
    answer("200 OK", b"0\r\n\r\n", "Transfer-Encoding: chunked")])
def test_an_answer_that_is_cut_or_too_long_or_not_understood_is_a_failure(serve, generate, wrong):
    server = serve(lambda request: Last(wrong) if request[0][1] == "/row5" else answer())
    status, result = generate(server, 10, "--connections", "1")
    assert status == 1 and result["statuses"] == {"0": 1, "200": 9}


def test_answers_in_pieces_are_put_together(serve, generate):
    server = serve(lambda _: answer(body=b"x" * 300_000))
    status, result = generate(server, 20, "--connections", "2")
    assert status == 0 and result["good"] == 20


def test_a_connection_that_the_server_closes_is_opened_anew(serve, generate):
    server = serve(lambda _: answer("200 OK", b"{}", "Connection: close"))
    status, result = generate(server, 20, "--connections", "2")
    assert status == 0 and paths(server) == {f"/row{number}": 1 for number in range(20)}


def test_bodies_are_signed_as_stripe_signs_them(serve, generate, tmp_path):
    body = tmp_path / "body"
    body.write_text('{"id": "evt_{2}", "object": "event", "text": "決済 {1}"}')
    for late in ([], ["--late"]):
        server = serve()
        status, _ = generate(server, 20, "--method", "POST", "--body", str(body), "--sign", SECRET, *late)
        assert status == 0
        ids = {stripe.Webhook.construct_event(sent, headers["stripe-signature"], SECRET).id
               for _, headers, sent in server.requests}
        assert ids == {f"evt_{number}" for number in range(20)}


def test_a_share_of_the_requests_are_repeats_half_of_them_at_the_same_moment(serve, generate):
    server = serve(lambda _: time.sleep(0.002) or answer())
    status, result = generate(server, 700, "--twins", "15", "--later", "15", "--connections", "16")
    assert status == 0
    assert result["requests"] == pytest.approx(1000, abs=4) and result["repeats"] == result["requests"] - 700
    assert result["twins"] == pytest.approx(150, abs=2) and result["twins_together"] == result["twins"]
    assert set(paths(server).values()) == {1, 2} and sum(paths(server).values()) == result["requests"]


def test_an_open_loop_keeps_its_rate(serve, generate):
    status, result = generate(serve(), 200, "--rate", "400", "--connections", "4")
    assert status == 0 and 0.45 < result["seconds"] < 1.5
    assert result["latency_ms"]["p50"] < 50


def test_an_open_loop_counts_from_when_a_request_was_due(serve, generate):
    """One pause of half a second holds up a hundred requests: most latencies show it, not one alone."""
    server = serve(lambda request: (time.sleep(0.5) if request[0][1] == "/row10" else None) or answer())
    status, result = generate(server, 110, "--rate", "200", "--connections", "1")
    assert status == 0
    assert result["latency_ms"]["p50"] > 100 and result["latency_ms"]["max"] > 450
    assert result["sent_late_ms"]["p50"] > 100
