"""Content credentials (C2PA) inside a film or a picture: writing them, and reading what they say and whether they hold."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..errors import BadInput, StoreError
from ..files import in_words
from ..media.boxes import boxes
from ..models.signature import Signer, Trust
from .extra import c2pa
from .keys import Identity, pem_of

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

FORMATS = {".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime", ".png": "image/png"}
"""The kinds of files that credentials are written into, by suffix."""
MANIFEST = "org.longvid.manifest"
"""Our own assertion: {sha256, public_key} of the film's manifest, as in `models.signature.FilmSignature`."""
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

_ALONE: dict[str, Any] = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "core": {"allowed_network_hosts": [], "backing_store_memory_threshold_in_mb": 8},
    "builder": {"thumbnail": {"enabled": False}},
}
"""The library's settings: it asks nobody on the network, keeps little in memory and adds no picture of its own."""
_PIECES: dict[str, Any] = {"merkle_tree_chunk_size_in_kb": 4096, "merkle_tree_max_proofs": 0}
"""A film's media data hashed in pieces, whose hashes all stand in the credentials (a Merkle tree's leaves: C2PA, A.5). For one
hash of it all the library holds half a gigabyte. With more proofs than none it would put boxes of its own behind the film."""
_BYTES = ("assertion.bmffHash.mismatch", "assertion.dataHash.mismatch")
_EXPIRED = "signingCredential.expired"


@dataclass(frozen=True)
class Authorities:
    """Whose word counts: this user's own authority, and those that others vouch for."""

    own: tuple[Certificate, ...] = ()
    others: tuple[Certificate, ...] = ()


@dataclass(frozen=True)
class Credentials:
    """What a file's credentials say. fault: why they do not hold, in words; None where they do.

    signer: None where the signature itself is broken. serial: of the signer's certificate. earlier: how many stand below them.
    """

    fault: str | None
    signer: Signer | None = None
    serial: int | None = None
    manifest_sha256: str | None = None
    public_key: str | None = None
    earlier: int = 0


def write_credentials(
    source: Path, target: Path, identity: Identity, *, title: str, manifest_sha256: str, public_key: str, again: bool
) -> None:
    """Write the file at `source`, with credentials, to `target`. No time authority is asked.

    again: it has some already, which stay as those of what was opened; otherwise it says that it was created. BadInput where
    C2PA does not take the certificate or the file; StoreError where the disk does not take the result.
    """
    library = c2pa()
    suffix = source.suffix.lower()
    claims: list[dict[str, Any]] = [
        {"label": MANIFEST, "kind": "Json", "data": {"sha256": manifest_sha256, "public_key": public_key}, "created": True}
    ]
    generator = {"name": "Longvid", "version": __version__}
    if not again:
        created = {"action": "c2pa.created", "digitalSourceType": SOURCE_TYPE, "softwareAgent": generator}
        claims.insert(0, {"label": "c2pa.actions.v2", "data": {"actions": [created]}, "created": True})
    definition = {"claim_generator_info": [generator], "title": title, "format": FORMATS[suffix], "assertions": claims}
    try:
        info = library.C2paSignerInfo(
            alg=identity.algorithm, sign_cert=pem_of(identity.chain).encode(), private_key=_pkcs8(identity.key), ta_url=None
        )
        with (
            library.Signer.from_info(info) as signer,
            library.Context.from_dict(_settings(source)) as context,
            library.Builder(definition, context=context) as builder,
            open(source, "rb") as file,
            open(target, "w+b") as signed,
        ):
            if again:
                builder.set_intent(library.C2paBuilderIntent.EDIT)
            builder.sign(signer, FORMATS[suffix], file, signed)
    except library.C2paError.Signature as error:
        raise BadInput(
            f"C2PA does not take the certificate of {identity.name}: {_reason(error)}.",
            "It must be valid now, for digital signatures, with the extended use emailProtection or documentSigning;"
            " an authority's own certificate will not do.",
        ) from error
    except library.C2paError.Io as error:
        raise StoreError(f"cannot write {target}: {_reason(error)}.", "Free some space, or move the film elsewhere.") from error
    except library.C2paError as error:
        raise BadInput(
            f"{source.name} cannot carry credentials: {_reason(error)}.", "Sign its manifest alone: --detached."
        ) from error


def _settings(source: Path) -> dict[str, Any]:
    """Those for signing: in pieces where the media data is one box, as in every film made here. The pieces of several boxes the
    library puts in an order of chance, and then finds them changed (0.91)."""
    with open(source, "rb") as file:
        found = sum(kind == b"mdat" for kind, _, _ in boxes(file, 0, os.path.getsize(source)))
    return {**_ALONE, "core": {**_ALONE["core"], **_PIECES}} if found == 1 else _ALONE


NOBODY = Authorities()


def read_credentials(path: Path, authorities: Authorities = NOBODY) -> Credentials | None:
    """What the credentials in the file at `path` say; None where it has none. Reads the whole file; asks no network."""
    library = c2pa()
    trust: Trust = "unknown"
    asked: list[tuple[Trust, Sequence[Certificate]]] = [("own", authorities.own), ("trusted", authorities.others)]
    said: dict[str, Any] | None = None
    for trust, anchors in [each for each in asked if each[1]] or [("unknown", ())]:
        try:
            said = _read(library, path, anchors)
        except library.C2paError as error:
            return Credentials(fault=f"the credentials, or the container around them, are damaged ({_reason(error)})")
        except OSError as error:
            raise BadInput(f"cannot read {path}: {in_words(error)[0]}.", "Check the path.") from error
        if said is None:
            return None
        if _vouched_for(said):
            return _credentials(said, trust)
    assert said is not None
    return _credentials(said, "unknown")


def _read(library: Any, path: Path, anchors: Sequence[Certificate]) -> dict[str, Any] | None:
    settings = {**_ALONE, "trust": {"trust_anchors": pem_of(anchors)} if anchors else {}}
    with library.Context.from_dict(settings) as context, open(path, "rb") as file:
        reader = library.Reader.try_create(FORMATS[path.suffix.lower()], file, context=context)
        if reader is None:
            return None
        with reader:
            return {**json.loads(reader.json()), "detail": json.loads(reader.crjson())}


def _vouched_for(said: dict[str, Any]) -> bool:
    """Whether an authority vouches for who signed, whatever became of the file since: that is another question."""
    good = said.get("validation_results", {}).get("activeManifest", {}).get("success", ())
    codes = {status["code"] for status in (*good, *said.get("validation_status", ()))}
    return "signingCredential.trusted" in codes and _EXPIRED not in codes


def _credentials(said: dict[str, Any], trust: Trust) -> Credentials:
    label = said.get("active_manifest")
    active = said.get("manifests", {}).get(label)
    if active is None:
        return Credentials(fault="the credentials are damaged (the newest of them cannot be found)")
    info = active.get("signature_info") or {}
    codes = [status["code"] for status in said.get("validation_status", ())]
    results = said.get("validation_results", {}).get("activeManifest", {})
    signed = any(status["code"] == "claimSignature.validated" for status in results.get("success", ()))
    claimed = next((a.get("data") for a in active.get("assertions", ()) if a.get("label") == MANIFEST), None)
    own: dict[str, Any] = claimed if isinstance(claimed, dict) else {}
    signer = None
    if signed:
        signer = Signer(
            name=info.get("common_name") or info.get("issuer") or "nobody named",
            organization=info.get("issuer"),
            issuer=_issuer(said["detail"], label),
            trust=trust,
            expired=_EXPIRED in codes,
        )
    return Credentials(
        fault=_fault(codes),
        signer=signer,
        serial=int(info["cert_serial_number"]) if info.get("cert_serial_number") else None,
        manifest_sha256=own.get("sha256"),
        public_key=own.get("public_key"),
        earlier=len(said["manifests"]) - 1,
    )


def _fault(codes: Sequence[str]) -> str | None:
    """What C2PA's status codes come to. Who signed, and whether anybody vouches for them, is no fault of the bytes."""
    broken = [code for code in codes if not code.startswith("signingCredential.")]
    if not broken:
        return None
    if all(code in _BYTES for code in broken):
        return "the file has been changed since they were written"
    return f"they have been changed themselves ({', '.join(dict.fromkeys(broken))})"


def _issuer(detail: dict[str, Any], label: Any) -> str | None:
    for manifest in detail.get("manifests", ()):
        if manifest.get("label") == label:
            issuer = manifest.get("signature", {}).get("certificateInfo", {}).get("issuer", {})
            return issuer.get("CN") or issuer.get("O")
    return None


def _pkcs8(key: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization as s

    return bytes(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()))


def _reason(error: Exception) -> str:
    """The library's own words, on one line, without its error's kind in front."""
    text = " ".join(str(error).split()).rstrip(".")
    kind, colon, rest = text.partition(": ")
    return rest if colon and kind.isalpha() else text
