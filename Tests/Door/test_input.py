"""What lies in paths and bodies, over a socket: it is refused with a clear word, and the server goes on."""

import subprocess

import pytest

from conftest import BINARY, Server, environment, get

DEEP = "[" * 200 + "]" * 200


def post(body, kind="application/json"):
    body = body if isinstance(body, bytes) else body.encode()
    head = (f"POST /api/auth/login HTTP/1.1\r\nHost: test\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n")
    return head.encode() + body


def login(email):
    return f'{{"email": {email}, "password": "a password of some length"}}'


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("input")
    own = environment(folder, RATE_LIMITS="off")
    subprocess.run([BINARY, "migrate"], env=own, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    server = Server(folder, {**own, "LOG_LEVEL": "info"})
    yield server
    assert server.stop() == 0


@pytest.fixture
def client(server):
    client = server.client()
    yield client
    client.close()


@pytest.mark.parametrize("body", [
    DEEP, login(DEEP), login("9223372036854775808"), login("1e999"), login('"\\ud800"'), login('"\\udc00\\ud800"'),
    login('"a@example.com", "email": "b@example.com"'), login('"a@example.com", "ema\\u0069l": "b@example.com"'),
    login('"a\nb"'), login('"a\\u0000@example.com"'), login('"a@example.com"')[:-1], login('"a@example.com"') + "{}", "", "NaN", "'a'",
    b'{"email": "\xff", "password": "a"}', b'{"email": "\xed\xa0\x80", "password": "a"}', b"\xef\xbb\xbf{}", b"\x00",
])
def test_json_that_is_none_or_has_no_place_here(client, body):
    answer = client.exchange(post(body))
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json["code"] == "invalid_input"
    # Because of what it is, and not for what would stand in it.
    assert [error["code"] for error in answer.json["errors"]] == ["malformed"]
    assert client.exchange(get()).status == 200


@pytest.mark.parametrize("path", ["/%", "/%4", "/%zz", "/%00", "/a%2", "/%c0%af", "/%ed%a0%80", "/%ff", "/api/orders/%00"])
def test_percent_encoding_that_lies(server, client, path):
    answer = client.exchange(get(path))
    assert (answer.status, answer.json["code"]) == (400, "path_not_valid")
    # A path that others could read otherwise ends its connection.
    assert client.is_closed() and server.client().exchange(get()).status == 200


@pytest.mark.parametrize("method", ["get", "BREW", "X" * 32, "OPTIONS", "TRACE", "CONNECT", "PROPFIND"])
def test_absurd_methods(client, method):
    answer = client.exchange(f"{method} /healthz HTTP/1.1\r\nHost: test\r\n\r\n")
    assert 400 <= answer.status < 500 or answer.status == 501 or (method == "OPTIONS" and answer.status < 300)
