"""Authorities and certificates as other people have them, made here with the package `cryptography` alone."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

KINDS = {
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "k1": lambda: ec.generate_private_key(ec.SECP256K1()),
}


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


@dataclass
class Authority:
    """Somebody who gives out certificates. `file` holds their own."""

    folder: Path
    name: str = "Studio Authority"

    def __post_init__(self) -> None:
        self.key = KINDS["p256"]()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.certificate = self._certificate(self.name, self.key.public_key(), authority=True)
        self.file = self.folder / "authority.pem"
        self.file.write_bytes(self.certificate.public_bytes(s.Encoding.PEM))

    def leaf(self, name: str = "Studio", kind: str = "p256", **more: Any) -> tuple[Path, Path]:
        """The files of a new certificate, with the authority's behind it, and of its key. `more`: valid, use, form, locked."""
        form, locked = more.pop("form", s.PrivateFormat.PKCS8), more.pop("locked", None)
        key = KINDS[kind]()
        certificate = self._certificate(name, key.public_key(), **more)
        place = self.folder / f"{name}-{kind}".replace(" ", "_")
        place.mkdir()
        cert_file, key_file = place / "cert.pem", place / "secret.pem"
        both = (certificate, self.certificate)
        cert_file.write_bytes(b"".join(c.public_bytes(s.Encoding.PEM) for c in both))
        lock = s.BestAvailableEncryption(locked) if locked else s.NoEncryption()
        key_file.write_bytes(key.private_bytes(s.Encoding.PEM, form, lock))
        return cert_file, key_file

    def _certificate(
        self,
        name: str,
        public: Any,
        *,
        authority: bool = False,
        valid: tuple[datetime.timedelta, datetime.timedelta] = (datetime.timedelta(hours=-1), datetime.timedelta(days=365)),
        use: x509.ObjectIdentifier = ExtendedKeyUsageOID.EMAIL_PROTECTION,
    ) -> x509.Certificate:
        flags = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"),
            False,
        )
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named(self.name))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now() + valid[0])
            .not_valid_after(now() + valid[1])
            .add_extension(x509.BasicConstraints(authority, None), True)
            .add_extension(
                x509.KeyUsage(digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, **flags), True
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), False)
        )
        if not authority:
            builder = builder.add_extension(x509.ExtendedKeyUsage([use]), False)
        return builder.sign(self.key, hashes.SHA256())


def named(name: str) -> x509.Name:
    pairs = ((NameOID.ORGANIZATION_NAME, "The Studio"), (NameOID.COMMON_NAME, name))
    return x509.Name([x509.NameAttribute(kind, text) for kind, text in pairs])
