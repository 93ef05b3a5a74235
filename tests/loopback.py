"""What servers on the loopback are made of, for tests."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from typing import Any

import pytest


class Server(ThreadingHTTPServer):
    """Takes many connections at once, and counts those that are open."""

    daemon_threads = True
    request_queue_size = 128
    open = 0
    _counting = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._counting:
            self.open += 1
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._counting:
                self.open -= 1

    def settle(self, connections: int) -> None:
        """Wait until no more than so many are open: what a killed client had sent is dealt with then, however late it is read."""
        with socket.create_connection(("127.0.0.1", self.server_port)) as last:  # taken in after all that were there before
            last.sendall(b"\r\n")
            last.shutdown(socket.SHUT_WR)
            while last.recv(4096):
                pass
        while self.open > connections:
            time.sleep(0.01)


@pytest.fixture
def nobody() -> Iterator[str]:
    """The address of a port where nobody answers, and which nobody else can be given meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"
