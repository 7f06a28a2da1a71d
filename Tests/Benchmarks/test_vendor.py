"""The vendor answers as Stripe does, as far as Stripe's own package can tell."""

import contextlib
import socket
import subprocess
import time

import pytest
import stripe
from conftest import TOOLS


@contextlib.contextmanager
def vendor(delay_ms: int):
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    process = subprocess.Popen([TOOLS / "vendor", str(port), str(delay_ms)])
    try:
        for _ in range(500):
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.01)
        yield stripe.StripeClient("sk_test_x", base_addresses={"api": f"http://127.0.0.1:{port}"}, max_network_retries=0)
    finally:
        process.kill()
        process.wait()


ASKED = {"amount": 16500, "currency": "jpy", "customer": "cus_1", "metadata": {"order_id": 'a "b" \\ 決済', "attempt": "1"}}


def test_an_intent_is_what_was_asked_for():
    with vendor(0) as client:
        made = client.v1.payment_intents.create(ASKED, {"idempotency_key": "one"})
        assert (made.amount, made.currency, made.customer, made.status) == (16500, "jpy", "cus_1", "requires_payment_method")
        assert made.metadata.to_dict() == ASKED["metadata"] and made.client_secret.startswith(made.id)


def test_the_same_key_gives_the_same_intent_and_another_key_another():
    with vendor(0) as client:
        ids = [client.v1.payment_intents.create(ASKED, {"idempotency_key": key}).id for key in ("one", "one", "two")]
        assert ids[0] == ids[1] != ids[2]


def test_a_customer_is_made_and_everything_else_is_refused():
    with vendor(0) as client:
        assert client.v1.customers.create({"email": "a@example.com"}).email == "a@example.com"
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.payment_intents.retrieve("pi_1")


def test_every_answer_waits_for_its_time():
    with vendor(150) as client:
        for key in ("one", "two"):
            begin = time.monotonic()
            client.v1.payment_intents.create(ASKED, {"idempotency_key": key})
            assert 0.15 <= time.monotonic() - begin < 1


def test_a_slow_disk_is_slow(tmp_path):
    program = (
        "import os, sys, time\n"
        "file = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)\n"
        "begin = time.monotonic()\n"
        "for call in (os.fsync, os.fdatasync) * 5: call(file)\n"
        "print(time.monotonic() - begin)\n")

    def seconds(**env: str) -> float:
        words = ["/usr/bin/python3", "-c", program, str(tmp_path / "file")]
        return float(subprocess.run(words, env=env, capture_output=True, text=True, check=True).stdout)

    preload = str(TOOLS / "slowsync.so")
    assert seconds(LD_PRELOAD=preload) >= 0.01
    assert seconds(LD_PRELOAD=preload, SLOWSYNC_US="30000") >= 0.3
