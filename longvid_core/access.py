"""Where a plan or a picture is asked for, and which key may go there.

A provider's key goes to the provider, and where its own variable points (OPENAI_BASE_URL), which is set beside the key. A
settings file may name any address, and may have come with somebody else's folder: the key that was set for that address goes
there, and no other.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from .errors import BadInput
from .secrets import KEYS, how_to_set, key_of, usable

if TYPE_CHECKING:
    from pydantic import SecretStr

    from .settings import Settings

HOSTS = {"openai": "api.openai.com", "stability": "api.stability.ai"}
Use = Literal["planner", "images"]


@dataclass(frozen=True)
class Access:
    """An address (None: the provider's own), and the key that goes there. `place`: where that key is set, for people."""

    provider: str
    address: str | None
    key: SecretStr | None
    place: str
    way_out: str
    needed: bool = True

    def ready(self) -> None:
        """BadInput, saying where to set it, where a key is needed and there is none, or one that no request could carry."""
        if self.key is not None:
            usable(self.key, self.place)
        elif self.needed:
            raise BadInput(f"{self.provider} needs a key, and there is none{self._there}.", self.way_out)

    @property
    def secret(self) -> str:
        """What an SDK that insists on a key is given."""
        return self.key.get_secret_value() if self.key is not None else "none"

    @property
    def _there(self) -> str:
        return "" if self.place == KEYS[self.provider] else f" for {urlsplit(self.address or '').hostname}"


def access(provider: str, use: Use, settings: Settings) -> Access:
    """Where `use` asks the provider, and with which key. A language model on a machine of one's own needs none."""
    named, variable = _set_for(provider, use, settings), os.environ.get(f"{provider.upper()}_BASE_URL", "").strip() or None
    address = named or variable
    needed = use == "images" or not is_own(address or f"https://{HOSTS[provider]}")
    theirs = [HOSTS[provider], *([_host(variable)] if variable else [])]
    if named is None or _host(named) in theirs or _host(named).endswith(f".{HOSTS[provider]}"):
        return Access(provider, address, key_of(provider, settings), KEYS[provider], how_to_set(provider), needed)
    place = f"keys.{use}"
    way_out = f"Set {place} in longvid.yaml, or LONGVID_KEYS__{use.upper()}. {KEYS[provider]} is not sent there."
    return Access(provider, address, settings.keys.get(use), place, way_out, needed)


def _set_for(provider: str, use: Use, settings: Settings) -> str | None:
    """The address in the settings. `images.base_url` is of the provider that `images.backend` names, and of any where that needs
    no address (`card`)."""
    if use == "planner":
        return settings.planner.base_url
    named = settings.images.backend.partition(":")[0]
    return settings.images.base_url if named == provider or named not in HOSTS else None


def is_own(address: str) -> bool:
    """Whether the address is this machine or one beside it: no key is needed, and nothing is charged."""
    host = urlsplit(address).hostname or ""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith((".local", ".localhost", ".internal", ".lan"))
    return found.is_loopback or found.is_private or found.is_link_local


def _host(address: str) -> str:
    """Host and port, as far as they are said."""
    return urlsplit(address).netloc.rpartition("@")[2].lower()
