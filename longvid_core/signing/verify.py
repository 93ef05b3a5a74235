"""Checking a signed film: who signed it, whether anybody vouches for them, and whether one byte has changed since."""

from __future__ import annotations

import base64
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from ..canonical import strict_json
from ..errors import BadInput, LongvidError, Unreadable
from ..files import sha256_file
from ..manifest.build import manifest_path
from ..models.signature import SIGNATURE_SCHEMA, Check, FilmSignature, Signer, Verdict
from ..planfile import check_schema
from ..validation import describe
from .authority import AUTHORITY
from .credentials import NOBODY, Authorities, Credentials, read_credentials
from .extra import need_cryptography
from .film import signature_path, takes_credentials
from .keys import certificates_in, expired, hold_together, name_of, vouched_for
from .statement import Statement, read_statement

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

Name = Literal["credentials", "film", "frames", "manifest", "signer", "keyframe"]


def authorities(own: Path | None = None, others: Sequence[Path] = ()) -> Authorities:
    """Whose word counts. own: the folder of `longvid sign --init`, which may be missing; others: PEM files with certificates."""
    mine = own / AUTHORITY if own is not None else None
    return Authorities(
        own=certificates_in(mine) if mine is not None and mine.is_file() else (),
        others=tuple(c for path in others for c in certificates_in(path)),
    )


@dataclass(frozen=True)
class _Found:
    """What lies beside a film: each part, or why it cannot be read. signature_fault None and no signature: there is none."""

    film: Path
    statement: Statement | None
    statement_fault: str
    signature: FilmSignature | None
    signature_fault: str | None
    credentials: Credentials | None = None
    sha256: str = ""


def verify_film(
    film: Path,
    *,
    manifest: Path | None = None,
    trust: Authorities = NOBODY,
    must_trust: bool = False,
    pictures: Sequence[Path] = (),
) -> Verdict:
    """Check the film at `film`, its signature file and its manifest (default: those beside it) against each other.

    What does not hold is a check in the verdict and never an exception: something missing, damaged, changed or swapped. Reads
    and decodes the whole film; asks no network. must_trust: a signer whom none of `trust` vouches for does not hold, either.
    pictures: PNG files of keyframes, signed with the film. BadInput where there is no such film.
    """
    need_cryptography()
    film = film.absolute()
    if not film.is_file():
        raise BadInput(f"there is no film {film}.", "Check the path.")
    found = _look(film, manifest or manifest_path(film), trust)
    chain = _manifest_chain(found.signature)
    manifest_check = _manifest(found, chain)
    signer = _signer(found, chain, trust, manifest_check.holds)
    checks = [_credentials(found), _film(found), _frames(found), manifest_check, _signed_by(found, signer, must_trust)]
    return Verdict(film=str(film), signer=signer, checks=(*checks, *(_picture(p, found, trust) for p in pictures)))


def verify_manifest(manifest: Path, film: Path, *, trust: Authorities = NOBODY) -> tuple[Check, ...]:
    """Check a manifest by its signature file alone, where the film is not at hand. film: where it would be.

    As in `verify_film`, what does not hold is a check. Who signed is told only where the signature file has the certificate:
    else the film's own credentials say it.
    """
    need_cryptography()
    found = _beside(film, manifest)
    chain = _manifest_chain(found.signature)
    own = _manifest(found, chain)
    signer = _signer(found, chain, trust, own.holds)
    return (own, _signed_by(found, signer, False)) if signer is not None else (own,)


def _look(film: Path, manifest: Path, trust: Authorities) -> _Found:
    credentials = read_credentials(film, trust) if takes_credentials(film) else None
    return replace(_beside(film, manifest), credentials=credentials, sha256=sha256_file(film))


def _beside(film: Path, manifest: Path) -> _Found:
    """All but the film itself."""
    statement, statement_fault = None, ""
    try:
        statement = read_statement(manifest)
    except LongvidError as error:
        statement_fault = error.what if manifest.exists() else f"there is no {manifest.name}."
    signature, signature_fault = None, None
    beside = signature_path(film)
    if beside.exists():
        try:
            signature = _signature_in(beside)
        except LongvidError as error:  # of a later Longvid, or something else
            signature_fault = " ".join((error.what, *error.way_out))
        except ValidationError as error:
            signature_fault = f"{beside.name} is damaged: {'; '.join(describe(error))}."
        except (ValueError, RecursionError) as error:
            signature_fault = f"{beside.name} is damaged: {error}."
        except OSError as error:
            signature_fault = f"{beside.name} cannot be read: {error.strerror}."
    return _Found(film, statement, statement_fault, signature, signature_fault)


def _signature_in(file: Path) -> FilmSignature:
    value = strict_json(file.read_bytes().decode("utf-8"))
    if isinstance(value, dict) and value.get("schema") != SIGNATURE_SCHEMA:
        check_schema(value, SIGNATURE_SCHEMA, file.name)
    return FilmSignature.model_validate(value)


# -- the parts ------------------------------------------------------------------------------------------------------------------


def _credentials(found: _Found) -> Check:
    own, signature, name = found.credentials, found.signature, found.film.name
    if own is not None and own.fault:
        return _no("credentials", f"{own.fault[0].upper()}{own.fault[1:]}.")
    if own is None:
        if signature is not None and not signature.credentials:
            return _yes("credentials", "None in the file: its manifest alone is signed.")
        if signature is None and found.signature_fault is None:
            return _no("credentials", f"{name} is not signed: it carries no credentials, and there is no signature beside it.")
        if signature is not None and found.sha256 == signature.unsigned_sha256:
            return _no("credentials", "They were removed: this is the film as it was before it was signed, byte for byte.")
        if signature is not None and found.statement is not None and found.statement.film_sha256 == found.sha256:
            return _no("credentials", f"{name} is not signed: the signature beside it is another film's.")
        return _no("credentials", "They were removed: the film was signed, and carries none now.")
    said = found.statement
    if own.manifest_sha256 is None:
        return _no("credentials", "They are not Longvid's: they name no manifest.")
    if said is not None and own.manifest_sha256 != said.sha256 and not _manifest_changed(found):
        return _no("credentials", "They name another manifest than the one here: this is another film.")
    below = f", above {own.earlier} earlier" if own.earlier else ""
    return _yes("credentials", f"C2PA content credentials in the file, whole{below}.")


def _film(found: _Found) -> Check:
    signature, said = found.signature, found.statement
    if signature is None:
        missing = (
            found.signature_fault or f"There is no {signature_path(found.film).name}, which has the hash of the signed file."
        )
        return _no("film", missing)
    if found.sha256 != signature.signed_sha256:
        return _no("film", "Its bytes are others than those that were signed.")
    if said is not None and said.film_sha256 != signature.unsigned_sha256:
        return _no("film", "It is another film than the one that the manifest tells of.")
    return _yes("film", "Not one byte of the file has changed since it was signed.")


def _frames(found: _Found) -> Check:
    from ..media.frames import count_and_hash

    said = found.statement
    if said is None:
        return _no("frames", "Without the manifest there is nothing to compare them with.")
    try:
        count, digest = count_and_hash(found.film)
    except Unreadable as error:
        return _no("frames", error.what)
    if digest != said.frames_sha256:
        number = "as many, but others" if count == said.frames else f"{count} instead of {said.frames}"
        return _no("frames", f"They are not the manifest's: {number}.")
    return _yes("frames", f"All {count} are the manifest's, pixel for pixel.")


def _manifest(found: _Found, chain: Sequence[Certificate] | None) -> Check:
    said, signature = found.statement, found.signature
    if said is None:
        return _no("manifest", f"{found.statement_fault[0].upper()}{found.statement_fault[1:]}")
    if signature is None:
        return _no("manifest", found.signature_fault or f"Its signature, {signature_path(found.film).name}, is missing.")
    if said.sha256 != signature.manifest_sha256:
        return _no("manifest", "It is not the one that was signed: what it says differs.")
    if not _verifies(signature, signature.signature, said.canonical):
        return _no("manifest", "Its signature does not hold.")
    if not _verifies(signature, signature.seal, signature.sealed()):
        return _no("manifest", f"{signature_path(found.film).name} itself has been changed.")
    if chain is None:
        return _no("manifest", "The certificates of its signature are damaged, or are not those of its key.")
    named = found.credentials.public_key if found.credentials and not found.credentials.fault else None
    if named is not None and named != signature.public_key:
        return _no("manifest", "It was signed with another key than the one that the film's credentials name.")
    return _yes("manifest", "What it says is what was signed, to the last letter.")


def _signed_by(found: _Found, signer: Signer | None, must_trust: bool) -> Check:
    if signer is None:
        return _no("signer", "Nobody can be named: no signature here holds.")
    if found.signature is not None and found.signature.signer != signer.name:
        return _no("signer", f"The signature file names {found.signature.signer}, the certificate {signer.name}.")
    if signer.trust == "own":
        return _yes("signer", f"{signer.name}: your own certificate. The same key signed; who holds it, it does not say.")
    if signer.trust == "trusted":
        return _yes("signer", f"{signer.name}, vouched for by {signer.issuer}, whom you trust.")
    if signer.expired:
        message = f"{signer.name}, by a certificate that has expired, and nothing proves that it signed before."
    else:
        message = f"{signer.name} by their own word: signed, by a certificate nobody here trusts. Anybody could have made it."
    return Check(name="signer", holds=not must_trust, message=message)


def _picture(path: Path, found: _Found, trust: Authorities) -> Check:
    from ..media.images import asset_of

    said, name = found.statement, path.name
    if said is None:
        return _no("keyframe", f"{name}: without the manifest there is nothing to compare it with.")
    try:
        pixels = asset_of(path).pixels_sha256
    except Unreadable as error:
        return _no("keyframe", error.what)
    own = read_credentials(path, trust)
    if own is None:
        return _no("keyframe", f"{name} is not signed.")
    if own.fault:
        return _no("keyframe", f"{name}: {own.fault}.")
    if pixels not in said.keyframes:
        return _no("keyframe", f"{name}: its pixels are none of the manifest's keyframes.")
    if own.manifest_sha256 != said.sha256:
        return _no("keyframe", f"{name}: its credentials name another manifest than the one here.")
    film = found.credentials.signer if found.credentials else None
    if film is not None and own.signer is not None and (own.signer.name, own.signer.trust) != (film.name, film.trust):
        return _no("keyframe", f"{name} was signed by {own.signer.name}, the film by {film.name}.")
    return _yes("keyframe", f"{name} is keyframe {said.keyframes[pixels]}, whole.")


# -- what they rest on ----------------------------------------------------------------------------------------------------------


def _manifest_changed(found: _Found) -> bool:
    """Whether the manifest is not what was signed by its own signature: then the credentials are right, and it is wrong."""
    signature, own = found.signature, found.credentials
    return signature is not None and own is not None and own.manifest_sha256 == signature.manifest_sha256


def _manifest_chain(signature: FilmSignature | None) -> tuple[Certificate, ...] | None:
    """The certificates of the manifest's key; empty where the credentials name it. None where they do not belong together."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    if signature is None:
        return ()
    if not signature.certificates:
        return () if signature.credentials else None
    try:
        with warnings.catch_warnings():  # a damaged one is told of below, in our own words
            warnings.simplefilter("ignore")
            chain = tuple(x509.load_pem_x509_certificate(text.encode()) for text in signature.certificates)
            its_own = _raw_key(chain[0]) == base64.b64decode(signature.public_key)
            return chain if its_own and hold_together(chain) else None
    except (ValueError, TypeError, x509.InvalidVersion, UnsupportedAlgorithm):
        return None


def _raw_key(certificate: Certificate) -> bytes | None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    key = certificate.public_key()
    return key.public_bytes_raw() if isinstance(key, Ed25519PublicKey) else None


def _verifies(by: FilmSignature, signature: str, text: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(by.public_key))
        key.verify(base64.b64decode(signature), text)
    except (InvalidSignature, ValueError):
        return False
    return True


def _signer(found: _Found, chain: Sequence[Certificate] | None, trust: Authorities, manifest_holds: bool) -> Signer | None:
    """Who signed: by the film's credentials; where those say nothing, by the certificate of the manifest's signature."""
    if found.credentials is not None and found.credentials.signer is not None:
        return found.credentials.signer
    if not chain or not manifest_holds:
        return None
    own, others = vouched_for(chain, trust.own), vouched_for(chain, trust.others)
    return Signer(
        name=name_of(chain[0]),
        issuer=name_of(chain[1]) if len(chain) > 1 else None,
        trust="own" if own else "trusted" if others else "unknown",
        expired=expired(chain[0]),
    )


def _yes(name: Name, message: str) -> Check:
    return Check(name=name, holds=True, message=message)


def _no(name: Name, message: str) -> Check:
    return Check(name=name, holds=False, message=message)
