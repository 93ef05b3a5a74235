"""Signing a film off: credentials inside its file, in place, and the manifest's signature beside it.

Each step leaves whole files, and signing again finishes or replaces what an interrupted one left.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInput, NotEqual
from ..files import settle, sha256_file, work_folder, write_bytes, writing
from ..manifest.build import manifest_path
from ..models.signature import FilmSignature
from .bare import credentials_span, without_credentials
from .credentials import FORMATS, read_credentials, write_credentials
from .keys import Identity, pem_of
from .pictures import Picture, update_plan
from .statement import Statement, read_statement

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True)
class Signed:
    """A film that was signed. path: of the signature file. pictures: those that were signed with it."""

    path: Path
    signature: FilmSignature
    pictures: tuple[Path, ...]


def signature_path(film: Path) -> Path:
    """Where a film's signature stands: NAME.signature.json beside NAME.mp4."""
    return film.with_suffix(".signature.json")


def takes_credentials(film: Path) -> bool:
    """Whether content credentials fit into such a file. Else its manifest alone is signed."""
    return film.suffix.lower() in FORMATS


def sign_film(
    film: Path, identity: Identity, *, manifest: Path | None = None, pictures: Sequence[Picture] = (), detached: bool = False
) -> Signed:
    """Sign the film at `film`, `pictures` of its keyframes, and its manifest (default: the one beside it, which stays as it is).

    The film's frames, sound and tags stay as they are: without its credentials it is the file that the manifest names, which is
    checked before the signed one takes its place. Signed again with the same certificate, it gets new credentials for the old;
    with another one, the earlier stay inside as those of what was opened. detached: the manifest alone is signed, as it is for
    a container that takes no credentials. NotEqual where the film is not the manifest's, or was changed after it was signed.
    """
    film = film.absolute()
    if not film.is_file():
        raise BadInput(f"there is no film {film}.", "Check the path.")
    statement = read_statement(manifest or manifest_path(film))
    embeds = takes_credentials(film) and not detached
    key = _manifest_key(identity, embeds)
    public_key = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    if embeds:
        for picture in pictures:
            _embed(picture.path, identity, statement, f"{statement.title}, {picture.keyframe}", public_key)
        update_plan(pictures)
        stale = signature_path(film)
        _embed(film, identity, statement, statement.title, public_key, expected=(statement.film_sha256,), stale=stale)
    else:
        if pictures:
            raise BadInput("keyframes are signed inside the files, and this signs the manifest alone.", "Leave --keyframes out.")
        _check_bare(film, statement)
    unsealed = FilmSignature(
        signer=identity.name,
        credentials=embeds,
        unsigned_sha256=statement.film_sha256,
        signed_sha256=sha256_file(film),
        manifest_sha256=statement.sha256,
        public_key=public_key,
        signature=base64.b64encode(key.sign(statement.canonical)).decode(),
        certificates=tuple(pem_of([c]) for c in identity.manifest_chain),
        seal=base64.b64encode(bytes(64)).decode(),
    )
    signature = unsealed.model_copy(update={"seal": base64.b64encode(key.sign(unsealed.sealed())).decode()})
    path = signature_path(film)
    write_bytes(path, (json.dumps(signature.json_value(), indent=2, ensure_ascii=False) + "\n").encode())
    return Signed(path=path, signature=signature, pictures=tuple(p.path for p in pictures))


def _manifest_key(identity: Identity, embeds: bool) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if identity.manifest_key is not None:
        return identity.manifest_key
    if not embeds:
        raise BadInput(
            f"the certificate of {identity.name} has no Ed25519 key, and without credentials nothing would name one for it.",
            "Put one beside the certificate as manifest.key.pem, or sign with an Ed25519 certificate, or what --init makes.",
        )
    return Ed25519PrivateKey.generate()


def _embed(
    path: Path,
    identity: Identity,
    statement: Statement,
    title: str,
    public_key: str,
    *,
    expected: Collection[str] = (),
    stale: Path | None = None,
) -> None:
    """Put credentials into the file at `path`. expected: hashes of which the file, or what it is without credentials, has one."""
    with work_folder(path.parent) as work, writing(path):
        bare, signed, checked = work / f"bare{path.suffix}", work / f"signed{path.suffix}", work / "checked"
        source, stack = path, False
        if credentials_span(path) is not None:
            earlier = read_credentials(path)
            if earlier is None or earlier.fault:
                why = earlier.fault if earlier else "nothing in them can be read"
                raise NotEqual(
                    f"{path.name} carries credentials that do not hold: {why}.", "Sign the film as it was made, or make it again."
                )
            without_credentials(path, bare)
            stack = bool(earlier.earlier) or earlier.serial != identity.chain[0].serial_number
            source = path if stack else bare
        before = sha256_file(bare if bare.exists() else path)
        if expected and not {before, sha256_file(path)} & set(expected):
            raise NotEqual(
                f"{path.name} is not the film that {statement.path.name} tells of: their hashes differ.",
                "Sign the film as it was made, or make it again; `longvid verify` says what differs.",
            )
        write_credentials(
            source, signed, identity, title=title, manifest_sha256=statement.sha256, public_key=public_key, again=stack
        )
        without_credentials(signed, checked)
        if sha256_file(checked) != before:
            raise NotEqual(
                f"{path.name} cannot be signed: more than the credentials in it would change.",
                "Sign its manifest alone: --detached.",
            )
        settle(signed, path, stale)


def _check_bare(film: Path, statement: Statement) -> None:
    if credentials_span(film) is not None:
        raise BadInput(
            f"{film.name} carries credentials already.", "Leave --detached out: they are replaced or kept, as they must be."
        )
    if sha256_file(film) != statement.film_sha256:
        raise NotEqual(
            f"{film.name} is not the film that {statement.path.name} tells of: their hashes differ.",
            "Sign the film as it was made, or make it again.",
        )
