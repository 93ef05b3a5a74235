"""Certificates and keys: reading them, and asking whether one vouches for another. Keys stay where they are; none is copied."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadInput
from ..files import in_words
from .extra import need_cryptography

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.x509 import Certificate

MANIFEST_KEY, MANIFEST_CERT = "manifest.key.pem", "manifest.cert.pem"
"""Beside a certificate: the Ed25519 key that signs manifests in its name, and that key's own certificate."""

_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


@dataclass(frozen=True)
class Identity:
    """Who signs: a certificate with those above it, and its key, which is held in memory only while it signs.

    algorithm: as C2PA names it. manifest_key: for the manifest's own signature; None: one is made for one film and forgotten,
    and the film's credentials name it. manifest_chain: that key's certificate and those above it; empty where it has none.
    """

    chain: tuple[Certificate, ...]
    algorithm: str
    key: Any = field(repr=False)
    manifest_key: Ed25519PrivateKey | None = field(default=None, repr=False)
    manifest_chain: tuple[Certificate, ...] = ()

    @property
    def name(self) -> str:
        return name_of(self.chain[0])


def load_identity(cert: Path, key: Path | None = None, passphrase: str | None = None) -> Identity:
    """The identity of a PEM certificate (with those above it) and its PEM key, which may stand in the same file.

    Ed25519, ECDSA (P-256, P-384, P-521) or RSA. BadInput says what does not fit; MissingTool without the extra `sign`.
    """
    need_cryptography()
    key = key or cert
    secret = _private_key(key, passphrase)
    chain = _chain_of(secret.public_key(), certificates_in(cert), cert, key)
    _check_time(chain[0], cert)
    algorithm = _algorithm(secret, key)
    if algorithm == "ed25519":
        return Identity(chain, algorithm, secret, secret, chain)
    own = cert.parent / MANIFEST_KEY
    if not own.exists():
        return Identity(chain, algorithm, secret)
    manifest_key = _private_key(own, passphrase)
    if _algorithm(manifest_key, own) != "ed25519":
        raise BadInput(f"{own} is no Ed25519 key.", "Manifests are signed with Ed25519; move that file away, or replace it.")
    vouched = cert.parent / MANIFEST_CERT
    signers = _chain_of(manifest_key.public_key(), certificates_in(vouched), vouched, own) if vouched.exists() else ()
    return Identity(chain, algorithm, secret, manifest_key, signers)


def certificates_in(path: Path) -> tuple[Certificate, ...]:
    """The certificates in a PEM file, in its order. BadInput where there is none."""
    need_cryptography()
    from cryptography import x509

    try:
        return tuple(x509.load_pem_x509_certificates(_read(path, "certificate")))
    except ValueError as error:
        raise BadInput(
            f"{path} holds no certificate in PEM form.", "Such a file begins with -----BEGIN CERTIFICATE-----."
        ) from error


def pem_of(certificates: Sequence[Certificate]) -> str:
    """The certificates as one PEM text."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return "".join(c.public_bytes(Encoding.PEM).decode() for c in certificates)


def name_of(certificate: Certificate) -> str:
    """Whom a certificate names: the common name, else the organization, else the whole subject."""
    from cryptography.x509.oid import NameOID

    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in certificate.subject.get_attributes_for_oid(kind):
            if text := str(attribute.value).strip():
                return text
    return certificate.subject.rfc4514_string() or "nobody named"


def hold_together(chain: Sequence[Certificate]) -> bool:
    """Whether each certificate was given out by the next one."""
    return all(_issued(lower, upper) for lower, upper in zip(chain, chain[1:], strict=False))


def vouched_for(chain: Sequence[Certificate], anchors: Sequence[Certificate]) -> bool:
    """Whether one of `anchors` gave out a certificate of `chain`, which holds together up to there, and none has expired."""
    for position, certificate in enumerate(chain):
        if not hold_together(chain[: position + 1]) or expired(certificate):
            return False
        if any(certificate == a or (_is_authority(a) and not expired(a) and _issued(certificate, a)) for a in anchors):
            return True
    return False


def expired(certificate: Certificate) -> bool:
    """Whether its time is over."""
    return certificate.not_valid_after_utc < _now()


def _chain_of(public: Any, found: Sequence[Certificate], cert: Path, key: Path) -> tuple[Certificate, ...]:
    """The certificate of that key, then the one that gave it out, and so on, from `found` in any order."""
    leaf = next((c for c in found if _same_key(c.public_key(), public)), None)
    if leaf is None:
        raise BadInput(f"the key {key} does not belong to the certificate {cert}.", "Name the two that were made together.")
    chain, rest = [leaf], [c for c in found if c != leaf]
    while upper := next((c for c in rest if _issued(chain[-1], c)), None):
        chain.append(upper)
        rest.remove(upper)
    return tuple(chain)


def _same_key(one: Any, other: Any) -> bool:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return bool(
        one.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        == other.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )


def _issued(lower: Certificate, upper: Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        lower.verify_directly_issued_by(upper)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _is_authority(certificate: Certificate) -> bool:
    from cryptography.x509 import BasicConstraints, ExtensionNotFound

    try:
        return bool(certificate.extensions.get_extension_for_class(BasicConstraints).value.ca)
    except (ExtensionNotFound, ValueError):
        return False


def _check_time(certificate: Certificate, path: Path) -> None:
    if expired(certificate):
        over = certificate.not_valid_after_utc.date().isoformat()
        raise BadInput(f"the certificate {path} expired on {over}.", "Sign with a newer one.")
    if certificate.not_valid_before_utc > _now():
        first = certificate.not_valid_before_utc.date().isoformat()
        raise BadInput(f"the certificate {path} is not valid before {first}.", "Is this machine's clock right?")


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def _private_key(path: Path, passphrase: str | None) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    data = _read(path, "key")
    try:
        try:
            return load_pem_private_key(data, None)
        except TypeError:  # it is encrypted
            if passphrase is None:
                raise BadInput(
                    f"the key {path} is locked with a passphrase.", "Put it into the variable LONGVID_SIGNING__PASSPHRASE."
                ) from None
        return load_pem_private_key(data, passphrase.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        if b"PRIVATE KEY-----" not in data:
            raise BadInput(f"{path} holds no private key in PEM form.", "Name the key's file with --key.") from error
        wrong = "the passphrase does not open it" if passphrase is not None else "it is damaged, or of a kind not known here"
        raise BadInput(f"the key {path} cannot be read: {wrong}.", "See LONGVID_SIGNING__PASSPHRASE, and --key.") from error


def _algorithm(key: Any, path: Path) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    match key:
        case ed25519.Ed25519PrivateKey():
            return "ed25519"
        case ec.EllipticCurvePrivateKey() if key.curve.name in _CURVES:
            return _CURVES[key.curve.name]
        case rsa.RSAPrivateKey() if key.key_size >= 2048:
            return "ps256"
    raise BadInput(
        f"C2PA knows no signatures by a key such as {path}.",
        "It takes Ed25519, ECDSA on P-256, P-384 or P-521, and RSA from 2048 bits.",
    )


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        why, _ = in_words(error)
        raise BadInput(f"cannot read the {what} {path}: {why}.", "Check --cert and --key.") from error
