"""The vendor of the benchmark, which answers for Stripe; see Benchmarks/vendor."""

from pathlib import Path

import load
from paths import TOOLS
from processes import Serving, environment, free_port

# What the application sends, so that the vendor's own capacity is measured with the same call.
FORM = ("amount=16500&automatic_payment_methods%5Benabled%5D=true&currency=jpy&customer={3}&metadata%5Battempt%5D=1&"
        "metadata%5Border_id%5D={1}&metadata%5Border_number%5D={2}")


class Vendor:
    """Starts vendors that answer after a fixed delay."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.form = folder / "vendor.form"
        self.form.write_text(FORM)

    def serve(self, delay_ms: int) -> Serving:
        port = free_port()
        words = [str(TOOLS / "vendor"), str(port), str(delay_ms)]
        return Serving(port, "/ready", words, self.folder / f"vendor-{delay_ms}.log", self.folder, environment())

    def call(self, port: int, rows: Path, count: int, connections: int = 32, rate: float = 0) -> dict:
        """The same call without a server between."""
        return load.run(
            port, rows, "--method", "POST", "--path", "/v1/payment_intents", "--body", str(self.form),
            "--header", "Content-Type: application/x-www-form-urlencoded", "--header", "Idempotency-Key: {1}-1",
            "--header", "Authorization: Bearer sk_test_benchmark", count=count, connections=connections, rate=rate)
