"""HTTPS by the built binary: versions, renewal by SIGHUP, and the same strictness as without TLS."""

import shutil
import ssl
import subprocess

import pytest

from conftest import Client, get, until


@pytest.fixture
def files(certificate, tmp_path):
    """The files that the settings name; what is in them changes."""
    (tmp_path / "live").mkdir()
    own = certificate()
    live = tmp_path / "live" / "cert.pem", tmp_path / "live" / "key.pem"
    put(own, live)
    return own, live


def put(certificate, live):
    shutil.copy(certificate.path, live[0])
    shutil.copy(certificate.key, live[1])


def settings(live):
    return {"TLS_CERT_FILE": str(live[0]), "TLS_KEY_FILE": str(live[1])}


def subject(client):
    return dict(pair for group in client.socket.getpeercert()["subject"] for pair in group)["commonName"]


def test_it_serves_https_and_nothing_else(serve, files):
    own, live = files
    server = serve(**settings(live))
    client = server.client(own.context)
    assert client.socket.version() == "TLSv1.3"
    answer = client.exchange(get())
    assert answer.status == 200 and answer.headers["strict-transport-security"] == "max-age=31536000"
    plain = server.client()
    answer = plain.exchange(get())
    assert answer.status == 400 and answer.json["code"] == "tls_required" and plain.is_closed()
    assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize("arguments, works", [
    (["-tls1_3"], True), (["-tls1_2"], True), (["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], False),
    (["-tls1", "-cipher", "DEFAULT@SECLEVEL=0"], False), (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"], False),
    (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"], True),
    (["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"], True),
    (["-alpn", "h2,http/1.1"], True),
])
def test_versions_and_ciphers(serve, files, arguments, works):
    own, live = files
    server = serve(**settings(live))
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-CAfile", own.path, "-verify_return_error",
         "-servername", "localhost", *arguments], input=get(fields="Connection: close\r\n"), capture_output=True, text=True, timeout=30)
    assert (done.returncode == 0 and "Verification: OK" in done.stdout) == works, done.stdout + done.stderr
    if "-alpn" in arguments:
        assert "ALPN protocol: http/1.1" in done.stdout


def test_a_connection_without_a_known_protocol_is_http_all_the_same(serve, files):
    own, live = files
    server = serve(**settings(live))
    context = own.context
    context.set_alpn_protocols(["http/1.1"])
    client = server.client(context)
    assert client.socket.selected_alpn_protocol() == "http/1.1"
    assert server.client(own.context).socket.selected_alpn_protocol() is None


def test_sighup_renews_and_drops_nobody(serve, files, certificate):
    own, live = files
    server = serve(**settings(live))
    old = server.client(own.context)
    assert old.exchange(get()).status == 200 and subject(old) == "first"
    second = certificate("second")
    put(second, live)
    server.hang_up()
    until(lambda: server.events("tls_certificate_loaded"))
    new = server.client(second.context)
    assert new.exchange(get()).status == 200 and subject(new) == "second"
    assert old.exchange(get()).status == 200
    # A key of another, nothing at all, and no file: the certificate there is stays.
    certificate("third")
    shutil.copy(own.key, live[1])
    faults = lambda: server.events("tls_certificate_not_loaded")
    server.hang_up()
    until(lambda: len(faults()) == 1)
    live[0].write_text("nothing")
    server.hang_up()
    until(lambda: len(faults()) == 2)
    live[1].unlink()
    live[0].unlink()
    server.hang_up()
    until(lambda: len(faults()) == 3)
    assert [fault["name"] for fault in faults()] == ["TLS_KEY_FILE", "TLS_CERT_FILE", "TLS_CERT_FILE"]
    assert str(live[0]) not in server.log.read_text()
    assert subject(server.client(second.context)) == "second"
    assert old.exchange(get()).status == 200 and new.exchange(get()).status == 200


def test_sighup_without_tls_changes_nothing(serve):
    server = serve()
    server.hang_up()
    until(lambda: server.events("tls_certificate_not_used"))
    assert server.client().exchange(get()).status == 200


def test_many_requests_in_one_record(serve, files):
    own, live = files
    client = serve(**settings(live)).client(own.context)
    # What is behind the first request lies in the library's memory while the socket is silent.
    client.send("".join(get() for _ in range(300)))
    assert [client.receive().status for _ in range(300)] == [200] * 300


@pytest.mark.parametrize("request_text", [
    "GET /healthz HTTP/1.1\nHost: test\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost: test\nX: y\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nHost: test\r\nX: a\r\n b\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost: test\r\nX: a\0b\r\n\r\n",
    "GET  /healthz HTTP/1.1\r\nHost: test\r\n\r\n", "GET /healthz HTTP/1.1\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET /healthz\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "POST /api/auth/login HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST /api/auth/login HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "POST /api/auth/login HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n",
])
def test_what_is_in_doubt_is_refused_behind_tls_too(serve, files, request_text):
    own, live = files
    server = serve(**settings(live))
    for before in ("", get()):
        client = server.client(own.context)
        client.send(before + request_text + get("/smuggled"))
        if before:
            assert client.receive().status == 200
        try:
            assert client.receive().status >= 400
        except (ConnectionError, ssl.SSLError):
            pass
        assert client.is_closed()
    assert not [line for line in server.events("request") if line["route"] != "/healthz"]


def test_a_large_body_is_refused_and_heard(serve, files):
    own, live = files
    client = serve(**settings(live)).client(own.context)
    answer = client.exchange(
        "POST /api/webhook/stripe/ HTTP/1.1\r\nHost: test\r\nContent-Length: 2147483648\r\n\r\n" + "x" * 100_000)
    assert answer.status == 413 and client.is_closed()


def test_config_check_tells_what_is_wrong_with_the_files(check, files, certificate):
    own, live = files
    good = {**settings(live), "PUBLIC_URL": "https://localhost:8443"}
    assert check(**good) == (0, [])
    assert named(check(TLS_CERT_FILE="none.pem", TLS_KEY_FILE="none.key")) == [
        ("error", "TLS_CERT_FILE"), ("error", "TLS_KEY_FILE")]
    assert named(check(TLS_CERT_FILE=str(live[0]))) == [("error", "TLS_KEY_FILE")]
    assert named(check(TLS_KEY_FILE=str(live[1]))) == [("error", "TLS_CERT_FILE")]
    assert named(check(**{**good, "TLS_CERT_FILE": "/nowhere.pem"})) == [("error", "TLS_CERT_FILE")]
    assert named(check(**{**good, "TLS_KEY_FILE": str(live[0])})) == [("error", "TLS_KEY_FILE")]
    assert named(check(**{**good, "TLS_KEY_FILE": str(certificate("other").key)})) == [("error", "TLS_KEY_FILE")]
    assert named(check(**{**good, "PUBLIC_URL": "https://shop.example"})) == [("warning", "TLS_CERT_FILE")]
    assert named(check(**{**good, "PUBLIC_URL": "http://localhost"})) == [("warning", "PUBLIC_URL")]
    put(certificate("soon", days=3), live)
    assert named(check(**good)) == [("warning", "TLS_CERT_FILE")]
    live[1].chmod(0o644)
    assert named(check(**good)) == [("warning", "TLS_CERT_FILE"), ("warning", "TLS_KEY_FILE")]


def named(result):
    return [(finding["gravity"], finding["name"]) for finding in result[1]]


def test_it_does_not_start_with_a_key_of_another(files, certificate, tmp_path):
    from conftest import BINARY, environment

    own, live = files
    shutil.copy(certificate("other").key, live[1])
    done = subprocess.run(
        [BINARY, "serve", "--port", "0"], env=environment(tmp_path, **settings(live)), cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2 and "TLS_KEY_FILE: is not the key of the certificate" in done.stderr


def test_a_handshake_that_is_under_way_is_finished_although_the_server_stops(serve, files):
    own, live = files
    server = serve(**settings(live))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    half = own.context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    client = server.client()
    while True:
        try:
            half.do_handshake()
            break
        except ssl.SSLWantReadError:
            client.send(outgoing.read())
            incoming.write(client.socket.recv(65536))
    # The server waits for the client's last word of the handshake.
    server.process.terminate()
    until(lambda: server.events("stopping"))
    half.write(get().encode())
    client.send(outgoing.read())
    answer = b""
    while b'"ok"' not in answer:
        received = client.socket.recv(65536)
        assert received, answer
        incoming.write(received)
        try:
            # One record after the other, of which several may have come.
            while record := half.read(65536):
                answer += record
        except ssl.SSLWantReadError:
            pass
    assert answer.startswith(b"HTTP/1.1 200") and b"Connection: close" in answer
    assert server.process.wait(timeout=30) == 0


@pytest.mark.parametrize("line", [b"2;" + b"a" * 120_000, b"0" * 120_000, b"0\r\nX: " + b"a" * 120_000])
def test_a_line_of_a_chunk_without_an_end_ends_the_connection(serve, files, line):
    own, live = files
    server = serve(**settings(live))
    client = server.client(own.context)
    try:
        client.send(b"POST /api/auth/login HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n" + line)
        assert client.is_closed()
    except OSError:
        pass  # It may be refused before it has sent all.
    if not line.startswith(b"0\r\n"):  # Fields behind the last chunk libmicrohttpd may be the first to refuse.
        refusals = until(lambda: server.events("request_refused"))
        assert [refusal["code"] for refusal in refusals] == ["framing_not_valid"]
    assert server.client(own.context).exchange(get()).status == 200
