"""Keys and addresses of remote providers: from the environment, else from longvid.yaml. Nothing here is ever written down."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pydantic import SecretStr

from .errors import BadInput

if TYPE_CHECKING:
    from .settings import Settings

KEYS = {
    "openai": "OPENAI_API_KEY",
    "stability": "STABILITY_API_KEY",
    "runway": "RUNWAYML_API_SECRET",
    "google": "GOOGLE_API_KEY",
    "replicate": "REPLICATE_API_TOKEN",
}
"""The environment variable of each provider's key. In longvid.yaml it stands under `keys`, by the provider's name."""
SITES = {
    "openai": "platform.openai.com/api-keys",
    "stability": "platform.stability.ai/account/keys",
    "runway": "dev.runwayml.com",
    "google": "aistudio.google.com/apikey, or for Vertex console.cloud.google.com/vertex-ai",
    "replicate": "replicate.com/account/api-tokens",
}
"""Where each provider's key is to be had."""


def key_of(provider: str, settings: Settings) -> SecretStr | None:
    """The provider's key; None where there is none. The environment wins over the file."""
    if value := os.environ.get(KEYS[provider], "").strip():
        return SecretStr(value)
    return settings.keys.get(provider)


def required_key(provider: str, settings: Settings) -> SecretStr:
    """The provider's key. BadInput, naming the variable, where there is none, or one that no request could carry."""
    key = key_of(provider, settings)
    if key is None:
        raise BadInput(f"{provider} needs a key, and there is none.", how_to_set(provider))
    return usable(key, KEYS[provider])


def how_to_set(provider: str) -> str:
    """Where the provider's key is put, and where it is to be had."""
    return f"Set {KEYS[provider]} in the environment, or keys.{provider} in longvid.yaml. It is made at {SITES[provider]}."


def usable(key: SecretStr, place: str) -> SecretStr:
    """The key. BadInput, naming the place where it is set, for one that no request could carry."""
    if not (key.get_secret_value().isascii() and key.get_secret_value().isprintable()):
        raise BadInput(
            f"the key in {place} holds a line break or another character that no key has.",
            f"Set {place} to the key alone, in the environment or in longvid.yaml.",
        )
    return key


def hidden(text: str, *secrets: SecretStr | None) -> str:
    """`text` without any of the secrets: some servers repeat the key they refuse."""
    for secret in secrets:
        if secret is not None and secret.get_secret_value():
            text = text.replace(secret.get_secret_value(), "***")
    return text
