"""The server beside: the same endpoints in Python; see Benchmarks/peer."""

import sys
from pathlib import Path

import names
import tokens
from paths import BENCHMARKS
from processes import Serving, environment, free_port


class Peer:
    """uvicorn with two workers, one for each core of the machine that the benchmark is made for."""

    name = "FastAPI"

    def __init__(self, workers: int = 2):
        self.folder, self.workers = BENCHMARKS / "peer", workers

    def url_of(self, round) -> str:
        return round.peer_url

    def serve(self, url: str, folder: Path, preload: str = "", vendor_port: int = 9) -> Serving:
        port = free_port()
        env = environment(
            DATABASE_URL=url, STRIPE_WEBHOOK_SECRET=names.WEBHOOK_SECRET, STRIPE_SECRET_KEY=names.SECRET_KEY,
            STRIPE_API_BASE=f"http://127.0.0.1:{vendor_port}", TOKEN_SECRET=tokens.PEER_SECRET,
            PYTHONDONTWRITEBYTECODE="1", **({"LD_PRELOAD": preload} if preload else {}))
        words = [sys.executable, "-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", str(port),
                 "--workers", str(self.workers), "--log-level", "info"]
        return Serving(port, "/healthz", words, folder / "peer.log", self.folder, env,
                       sign="Application startup complete", signs=self.workers)
