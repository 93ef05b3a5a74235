"""What renders in a run: every provider opened once, every model looked at once."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import Any

from ..catalog import Backend, load_provider
from ..models.clip import ModelRecord
from ..providers.base import LocalVideo, Opened, Repeats, Surroundings
from ..providers.jobs import RemoteVideo


class Renderers:
    """Opens providers when they are first needed, and closes them with the run. Use it from any thread."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._stack = ExitStack()
        self._lock = threading.RLock()
        self._opened: dict[str, Any] = {}
        self._records: dict[str, ModelRecord] = {}

    def local(self, backend: Backend) -> LocalVideo:
        """What renders with this backend, on this machine."""
        renderer: LocalVideo = self.of(backend)
        return renderer

    def remote(self, backend: Backend) -> RemoteVideo:
        """What renders with this backend, far away."""
        renderer: RemoteVideo = self.of(backend)
        return renderer

    def of(self, backend: Backend) -> Any:
        """What renders or draws with this backend."""
        if backend.renderer is not None:
            return backend.renderer
        return self.named(backend.provider)

    def named(self, name: str, provider: Any = None) -> Any:
        """What renders or draws with this provider's models. `provider`: who it is, where it is no registered one."""
        with self._lock:
            if name not in self._opened:
                provider = provider or load_provider(name)
                opened = self._stack.enter_context(provider.opened(self._around)) if isinstance(provider, Opened) else provider
                self._opened[name] = opened
            return self._opened[name]

    def record(self, backend: Backend) -> ModelRecord:
        """Which model it is, with everything about it that changes pixels. Reads the model's files, the first time.

        Its id is what the fingerprint calls `model`, else the name it was chosen by: a path says nothing about pixels.
        """
        with self._lock:
            renderer = self.of(backend)
            if isinstance(renderer, Repeats):
                return renderer.recorded()
            if str(backend) not in self._records:
                fingerprint = renderer.fingerprint(backend.model)
                name = str(fingerprint.get("model", backend.model))
                self._records[str(backend)] = ModelRecord(provider=backend.provider, id=name, fingerprint=fingerprint)
            return self._records[str(backend)]

    def close(self) -> None:
        """Free what was opened."""
        self._stack.close()
