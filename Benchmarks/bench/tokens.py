"""Tokens of the buyers: by logging in at Kessai, and signed for the peer."""

import base64
import hashlib
import hmac
import json
import time
import urllib.request

import names

PEER_SECRET = "a secret of the benchmark's peer, which only it knows"


def of_kessai(port: int, buyer: int) -> str:
    return log_in(port, names.email(buyer))


def log_in(port: int, email: str) -> str:
    body = json.dumps({"email": email, "password": names.PASSWORD}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/auth/login", data=body, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["access_token"]


def of_peer(buyer: int) -> str:
    def part(value: dict | bytes) -> str:
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    signed = part({"alg": "HS256", "typ": "JWT"}) + "." + part({"sub": names.user(buyer), "exp": int(time.time()) + 7200})
    return signed + "." + part(hmac.new(PEER_SECRET.encode(), signed.encode(), hashlib.sha256).digest())
