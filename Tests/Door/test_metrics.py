"""`/metrics` as Prometheus reads it, while strangers ask for odd things; and as a stranger would like to read it."""

import base64
import gzip
import random
import string
import threading

import pytest
from exposition import faults, series

from conftest import get

TOKEN = "a-token-for-the-tests-of-the-door"
BEARER = f"Authorization: Bearer {TOKEN}\r\n"
HOSTILE = (
    '/"', "/\\", "/%0A", "/%00", "/%22%7D%200%0Aevil_total%201", '/api/orders/"}', "/api/orders/%22%7D", "/{id}", "/é",
    "/" + "x" * 3000, "/api/products?q=%22%0A", "http://evil.example/\"", "*", "//metrics", "/metrics/..", "/#\"")
METHODS = ("GET", "HEAD", "PUT", "OPTIONS", "TRACE", "PATCH", "DELETE", "get", "EVIL", 'M"', "X" * 60)


def page(server, fields=""):
    """The page, read with the token."""
    answer = server.client().exchange(get("/metrics", BEARER + fields))
    assert answer.status == 200
    return answer


def ask(server, line, fields="", body=""):
    """One request on a connection of its own; the status, or nil where the server only closes."""
    client = server.client()
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    try:
        client.send(f"{line} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{length}{fields}\r\n{body}")
        return int(client.file.readline().split()[1])
    except (ConnectionError, IndexError):
        return None
    finally:
        client.close()


def strange_requests(server, dice):
    """Odd methods and paths, and such as nobody knows."""
    for path in HOSTILE:
        ask(server, f"GET {path}")
    for method in METHODS:
        ask(server, f"{method} /healthz")
    for _ in range(40):
        word = "".join(dice.choices(string.ascii_letters + string.digits + "-_.~%\"'{}", k=12))
        ask(server, f"GET /{word}")
        ask(server, f"GET /api/orders/{word}")
        ask(server, f"{''.join(dice.choices(string.ascii_uppercase, k=8))} /{word}")
        ask(server, "GET /api/products", f'User-Agent: "{word}\\\r\nX-Request-ID: "{word}\r\nOrigin: https://{word}\r\n')
    ask(server, "POST /api/auth/login", "Content-Type: application/json\r\n", '{"email":"\\u0000"}')
    ask(server, "POST /api/webhook/stripe", 'Stripe-Signature: t=1,v1="\r\n', "{}")


@pytest.mark.parametrize("database", ["SQLite", "PostgreSQL"])
def test_a_page_is_as_prometheus_wants_it_while_strangers_ask_for_odd_things(serve, request, database):
    own = {"DATABASE_URL": request.getfixturevalue("postgres")()} if database == "PostgreSQL" else {}
    server = serve(METRICS_TOKEN=TOKEN, RATE_LIMITS="off", **own)
    pages, over = [], threading.Event()

    def scrape():
        while not over.is_set():
            pages.append(page(server).body.decode())

    scraper = threading.Thread(target=scrape)
    scraper.start()
    strange_requests(server, random.Random(1))
    over.set()
    scraper.join(30)
    assert len(pages) > 1
    pages.append(page(server).body.decode())
    for text in pages:
        assert faults(text) == []
    assert "evil" not in pages[-1]
    # What only grows does, and no series is lost.
    for earlier, later in zip(map(series, pages), map(series, pages[1:])):
        growing = [key for key in earlier if key[0].endswith(("_total", "_bucket", "_count", "_sum"))]
        assert [key for key in growing if later.get(key, -1) < earlier[key]] == []
    last = series(pages[-1])
    assert last[("kessai_http_refusals_total", ("code", "not_found"))] >= 40
    assert last[("kessai_http_refusals_total", ("code", "method_not_allowed"))] >= 1
    assert last[("kessai_http_connections",)] >= 1
    assert last[("kessai_database_up",)] == 1
    labels = ("method", "GET"), ("route", "/api/products"), ("status", "200")
    assert last[("kessai_http_request_duration_seconds_count", *labels)] >= 40


def test_strangers_make_no_new_series(serve):
    server = serve(METRICS_TOKEN=TOKEN, RATE_LIMITS="off")
    strange_requests(server, random.Random(1))
    page(server)
    before = set(series(page(server).body.decode()))
    strange_requests(server, random.Random(2))
    strange_requests(server, random.Random(3))
    assert set(series(page(server).body.decode())) == before
    values = {value for name, *labels in before for label, value in labels if label in ("method", "route")}
    assert values <= {"GET", "POST", "PUT", "PATCH", "DELETE"} | {value for value in values if value.startswith("/")}
    assert not any(hostile in value for value in values for hostile in ('"', "\\", "%", "\n", "evil", "xxx"))


OTHERS = (
    "", "Authorization: Bearer\r\n", f"Authorization: Bearer {TOKEN[:-1]}\r\n", f"Authorization: Bearer {TOKEN}x\r\n",
    f"Authorization: Bearer {TOKEN.upper()}\r\n", f"Authorization: {TOKEN}\r\n", f"Authorization: Token {TOKEN}\r\n",
    "Authorization: Basic " + base64.b64encode(f"metrics:{TOKEN}".encode()).decode() + "\r\n",
    BEARER + "Authorization: Bearer another-token-of-some-length\r\n", f"Cookie: token={TOKEN}\r\n",
    f"X-Authorization: Bearer {TOKEN}\r\n", f"Proxy-Authorization: Bearer {TOKEN}\r\n")


def test_another_token_or_the_same_elsewhere_reads_nothing(serve):
    server = serve(METRICS_TOKEN=TOKEN)
    client = server.client()
    for fields in OTHERS:
        answer = client.exchange(get("/metrics", fields))
        assert (answer.status, answer.json["code"]) == (401, "token_not_valid"), fields
        assert b"kessai_" not in answer.body
        for name in ("token", "access_token", "authorization", "METRICS_TOKEN"):
            assert client.exchange(get(f"/metrics?{name}={TOKEN}", fields)).status in (400, 401), fields
        assert ask(server, "HEAD /metrics", fields) == 401, fields
    # Neither the attempts nor the token are where somebody else could read them.
    assert TOKEN not in server.log.read_text() and TOKEN.upper() not in server.log.read_text()


def test_other_ways_to_the_page_need_the_token_too(serve):
    server = serve(METRICS_TOKEN=TOKEN)
    for path in "/metrics/", "//metrics", "/%6detrics", "/metrics%2f", "/./metrics", "/api/../metrics", "/METRICS", "/metrics;x":
        assert ask(server, f"GET {path}") in (400, 401, 404), path
    for method in "POST", "PUT", "DELETE", "PATCH":
        assert ask(server, f"{method} /metrics", BEARER) == 405
    answer = server.client().exchange(get("/metrics", BEARER + "Origin: https://evil.example\r\n"))
    assert answer.status == 200 and not any(name.startswith("access-control") for name in answer.headers)


def test_who_has_the_token_may_ask_as_prometheus_does(serve):
    server = serve(METRICS_TOKEN=TOKEN)
    accept = "Accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1\r\n"
    plain = page(server, accept)
    assert plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert plain.headers["cache-control"] == "no-store"
    packed = page(server, accept + "Accept-Encoding: gzip\r\n")
    text = gzip.decompress(packed.body) if packed.headers.get("content-encoding") == "gzip" else packed.body
    assert faults(text.decode()) == []
    client = server.client()
    client.send(f"HEAD /metrics HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{BEARER}\r\n")
    head = client.file.read()
    assert head.startswith(b"HTTP/1.1 200 ") and head.endswith(b"\r\n\r\n") and b"kessai_" not in head


PAGE = """# HELP a_total A.
# TYPE a_total counter
a_total{code="x"} 1
# HELP b_seconds B.
# TYPE b_seconds histogram
b_seconds_bucket{le="1"} 1
b_seconds_bucket{le="+Inf"} 2
b_seconds_sum 3
b_seconds_count 2
"""


@pytest.mark.parametrize("before, after", [
    ("", ""), ("# HELP a_total A.\n", ""), ("# TYPE a_total counter\n", ""), ("# HELP a_total A.", "# HELP a_total "),
    ("a_total", "a"), ("counter", "gauge"), ('a_total{code="x"} 1\n', 'a_total{code="x"} 1\na_total{code="x"} 2\n'),
    ('"x"', '"x'), ('"x"} 1', '"x"} -1'), ('"x"} 1', '"x"} NaN'), ('"x"} 1', '"x"} many'), ("+Inf", "2"),
    ('le="1"} 1', 'le="1"} 3'), ("count 2\n", "count 3\n"), ("b_seconds_sum 3\n", ""), ("count 2\n", "count 2"),
    ("b_seconds", "b_ms"), ("b_seconds_sum 3", "c_seconds 3"),
    ("count 2\n", "count 2\n# HELP a_total A.\n# TYPE a_total counter\n"),
])
def test_the_rules_see_what_is_wrong(before, after):
    assert (faults(PAGE.replace(before, after) if before else PAGE) == []) == (before == after)
