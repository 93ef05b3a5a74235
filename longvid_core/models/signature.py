"""What is said of who signed a film: the file beside it, and what a look at both comes to."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ..canonical import canonical_json
from .base import Frozen, Sha256

SIGNATURE_SCHEMA = "longvid.signature/1"

Trust = Literal["own", "trusted", "unknown"]
"""Whose certificate signed: this user's own; one that a named authority vouches for; one that says only its own name."""


def _base64_of(length: int) -> AfterValidator:
    def check(text: str) -> str:
        try:
            data = base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise ValueError(f"it must be base64 of {length} bytes") from error
        if len(data) != length or base64.b64encode(data).decode() != text:  # unused bits may be set, and decode to the same
            raise ValueError(f"it must be base64 of {length} bytes")
        return text

    return AfterValidator(check)


class FilmSignature(Frozen):
    """`NAME.signature.json` beside NAME.mp4: which film and which manifest were signed, and the manifest's own signature.

    `signature` is Ed25519 (RFC 8032) over the manifest's canonical JSON (RFC 8785), and `manifest_sha256` is the hash of those
    same bytes: both are of what the manifest says, in whatever order and indentation. They are all that a pipeline without C2PA
    needs to check it.
    """

    schema_: Literal["longvid.signature/1"] = Field("longvid.signature/1", alias="schema")
    signer: str = Field(min_length=1, description="The name in the certificate")
    credentials: bool = Field(description="Whether the film's file carries C2PA content credentials")
    unsigned_sha256: Sha256 = Field(description="The film's file before it was signed, as the manifest names it")
    signed_sha256: Sha256 = Field(description="The film's file afterwards; the same where it carries no credentials")
    manifest_sha256: Sha256 = Field(description="Of the manifest's canonical JSON (RFC 8785)")
    algorithm: Literal["ed25519"] = "ed25519"
    public_key: Annotated[str, _base64_of(32)]
    signature: Annotated[str, _base64_of(64)]
    certificates: tuple[str, ...] = Field(
        (), description="PEM: the certificate of `public_key` and those above it. None: the film's credentials name the key"
    )
    seal: Annotated[str, _base64_of(64)] = Field(description="The same key's signature over `sealed` of everything above")

    def sealed(self) -> bytes:
        """What `seal` signs: the canonical JSON (RFC 8785) of this file without the seal itself."""
        return canonical_json({name: value for name, value in self.json_value().items() if name != "seal"})


class Signer(Frozen):
    """Who signed, as the certificate says, and whether anybody vouches for it."""

    name: str
    organization: str | None = None
    issuer: str | None = Field(None, description="Who gave the certificate out")
    trust: Trust = "unknown"
    expired: bool = Field(False, description="The certificate's time is over, and nothing proves that it signed before")


class Check(Frozen):
    """One thing that was looked at, whether it holds, and why in words."""

    name: Literal["credentials", "film", "frames", "manifest", "signer", "keyframe"]
    holds: bool
    message: str


class Verdict(Frozen):
    """What a look at a signed film comes to."""

    film: str
    signer: Signer | None = Field(None, description="None: nobody signed, or what says who did is broken")
    checks: tuple[Check, ...]

    @property
    def holds(self) -> bool:
        """Whether every check does."""
        return all(check.holds for check in self.checks)

    def check(self, name: str) -> Check:
        """The first check of that name. KeyError where there is none."""
        found = next((c for c in self.checks if c.name == name), None)
        if found is None:
            raise KeyError(name)
        return found
