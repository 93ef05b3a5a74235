"""Certificates of one's own, for people who have none: a local authority that vouches for two keys and is then forgotten."""

from __future__ import annotations

import datetime
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadInput
from ..files import check_folder, work_folder, writing
from .extra import need_cryptography
from .keys import MANIFEST_CERT, MANIFEST_KEY, pem_of

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, Name

AUTHORITY, CERT, KEY = "ca.pem", "cert.pem", "key.pem"
YEARS = 10
"""No time authority says when a film was signed, so a signature lives as long as its certificate: long enough for an archive."""
WORTH = (
    "It proves that the same key signed, and that not one byte has changed since. It does not prove who holds the key:",
    "anybody can make such a certificate under any name. For that, sign with one from an authority that others know.",
)
"""What a self-made certificate is worth, for people."""


@dataclass(frozen=True)
class Own:
    """What `make_own` made. `authority` is the file to hand to others, for their `longvid verify --trust`."""

    folder: Path
    authority: Path
    name: str
    expires: datetime.date


def signing_folder() -> Path:
    """Where a user's own certificates and keys lie, unless told otherwise."""
    import platformdirs

    return Path(platformdirs.user_config_dir("longvid", appauthor=False)) / "signing"


def make_own(folder: Path, *, name: str | None = None, passphrase: str | None = None) -> Own:
    """Make an authority, a certificate for films (ES256) and one for manifests (Ed25519) in `folder`, all of it or nothing.

    The authority's own key is written nowhere: it vouches for these two and can never vouch for another. The keys of the two
    are readable by this user alone, and locked where there is a passphrase. BadInput where the folder holds something already.
    """
    need_cryptography()
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    folder = folder.expanduser().absolute()
    name = (name or f"Longvid signer {secrets.token_hex(3)}").strip()
    if not name or len(name.encode(errors="replace")) > 48 or not name.isprintable():
        raise BadInput(f"--name {name!r} cannot stand in a certificate.", "It is 1 to 48 letters.")
    if folder.is_dir() and any(folder.iterdir()):
        held = f"there are certificates in {folder} already" if (folder / KEY).exists() else f"{folder} is not empty"
        raise BadInput(f"{held}, and none is ever replaced.", "Sign with them, or name another place: --folder FOLDER.")
    with writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
    check_folder(folder / KEY if folder.exists() else folder)
    first = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) - datetime.timedelta(minutes=5)
    last = first + datetime.timedelta(days=round(365.25 * YEARS))
    root = ec.generate_private_key(ec.SECP256R1())
    film, manifest = ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()
    above, subject = _name(f"{name} (authority)"), _name(name)
    authority = _certificate(above, root.public_key(), above, root, first, last, authority=True)
    with work_folder(folder.parent) as work, writing(folder):
        _write(work / AUTHORITY, pem_of([authority]).encode(), 0o644)
        for key, key_file, cert_file in ((film, KEY, CERT), (manifest, MANIFEST_KEY, MANIFEST_CERT)):
            leaf = _certificate(subject, key.public_key(), above, root, first, last)
            _write(work / cert_file, pem_of([leaf, authority]).encode(), 0o644)
            _write(work / key_file, _pem(key, passphrase), 0o600)
        work.replace(folder)
    return Own(folder=folder, authority=folder / AUTHORITY, name=name, expires=last.date())


def _name(common: str) -> Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    # whoever looks with another tool reads this as who stands behind the name
    made = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Self-made with longvid sign --init, checked by nobody")
    return x509.Name([made, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(
    subject: Name,
    public: Any,
    issuer: Name,
    root: Any,
    first: datetime.datetime,
    last: datetime.datetime,
    authority: bool = False,
) -> Certificate:
    """A certificate as the C2PA specification asks for it: digital signatures and e-mail protection, or an authority's."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID

    use = {
        "digital_signature": not authority, "content_commitment": False, "key_encipherment": False, "data_encipherment": False,
        "key_agreement": False, "key_cert_sign": authority, "crl_sign": authority, "encipher_only": False, "decipher_only": False,
    }  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(first)
        .not_valid_after(last)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=0 if authority else None), critical=True)
        .add_extension(x509.KeyUsage(**use), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), critical=False)
    )
    if not authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    return builder.sign(root, hashes.SHA256())


def _pem(key: Any, passphrase: str | None) -> bytes:
    from cryptography.hazmat.primitives import serialization as s

    lock = s.BestAvailableEncryption(passphrase.encode()) if passphrase else s.NoEncryption()
    return bytes(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, lock))


def _write(path: Path, data: bytes, mode: int) -> None:
    """A new file that nobody else may read even for the moment in which it is written, on the disk before this returns."""
    import os

    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with open(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
