"""`longvid sign` and `longvid verify`: signing a film off, and asking who did and whether it is still what they signed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import options as o

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..models.signature import Verdict
    from ..settings import Settings
    from ..signing.film import Signed
    from .reporting import Reporter

Film = Annotated[Path, typer.Argument(metavar="FILM", help="The film; its manifest is looked for beside it.")]
ManifestFile = Annotated[
    Path | None, typer.Option("--manifest", metavar="FILE", help="The film's manifest (default: NAME.manifest.json beside it).")
]
Folder = Annotated[
    Path | None,
    typer.Option("--folder", metavar="FOLDER", help="Your own certificates (default: signing in the user configuration folder)."),
]


def sign(
    film: Annotated[Path | None, typer.Argument(metavar="[FILM]", help="The film; it is signed in place.")] = None,
    init: Annotated[bool, typer.Option("--init", help="Make certificates of your own, and say what they are worth.")] = False,
    cert: Annotated[
        Path | None, typer.Option("--cert", metavar="PEM", help="The certificate to sign with, and those above it.")
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", metavar="PEM", help="Its private key (default: in the same file).")] = None,
    keyframes: Annotated[
        Path | None,
        typer.Option("--keyframes", metavar="FOLDER", help="Sign the film's keyframes, too: their folder, or one PNG of them."),
    ] = None,
    manifest: ManifestFile = None,
    detached: Annotated[
        bool, typer.Option("--detached", help="Sign the manifest alone, and leave the film's file as it is.")
    ] = False,
    folder: Folder = None,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="With --init: whom the certificate names.")] = None,
    config: o.Config = None,
    as_json: o.Json = False,
) -> None:
    """Sign a film: C2PA content credentials inside its file, and NAME.signature.json beside it.

    Pictures, sound, tags and the manifest stay as they are. A key with a passphrase takes it from LONGVID_SIGNING__PASSPHRASE.
    """
    from ..errors import BadInput
    from ..settings import load_settings
    from .reporting import reporter

    settings = load_settings(config)
    out = reporter(as_json)
    if init:
        given = {"FILM": film, "--cert": cert, "--key": key, "--keyframes": keyframes, "--manifest": manifest}
        if wrong := [option for option, value in given.items() if value is not None]:
            raise BadInput(f"{', '.join(wrong)} cannot go with --init.", "Make the certificates first, then sign with them.")
        _init(folder, name, settings, out)
        return
    if film is None:
        raise BadInput("there is no film to sign.", "Name one: longvid sign FILM, or make certificates: longvid sign --init")
    if name is not None:
        raise BadInput("--name goes with --init.", "A film is signed in the name that its certificate has.")

    from ..signing.film import sign_film
    from ..signing.identity import identity_of
    from ..signing.pictures import pictures_of
    from ..signing.statement import read_statement

    beside = manifest or manifest_beside(film)
    identity = identity_of(settings, cert=cert, key=key, folder=folder)
    pictures = pictures_of(read_statement(beside), keyframes) if keyframes is not None else ()
    signed = sign_film(film, identity, manifest=beside, pictures=pictures, detached=detached)
    value = {
        "event": "done",
        "film": str(film.absolute()),
        "manifest": str(beside.absolute()),
        "signature": str(signed.path),
        "keyframes": [str(p) for p in signed.pictures],
        **signed.signature.model_dump(
            mode="json", include={"signer", "credentials", "unsigned_sha256", "signed_sha256", "manifest_sha256"}
        ),
    }
    out.show(_said(film, signed), value)


def verify(
    film: Film,
    trust: Annotated[
        list[Path] | None,
        typer.Option(
            "--trust", metavar="PEM", help="An authority whose word counts; anybody else's signature then does not hold."
        ),
    ] = None,
    keyframes: Annotated[
        Path | None, typer.Option("--keyframes", metavar="FOLDER", help="Check signed keyframes, too: their folder, or one PNG.")
    ] = None,
    manifest: ManifestFile = None,
    folder: Folder = None,
    config: o.Config = None,
    as_json: o.Json = False,
) -> int:
    """Say who signed a film, whether anybody vouches for them, and whether one byte has changed since.

    Ends with 1 where a check does not hold: the film is not signed, or it, its frames or its manifest are not what was signed.
    """
    from ..settings import load_settings
    from ..signing.authority import signing_folder
    from ..signing.pictures import png_files
    from ..signing.verify import authorities, verify_film
    from .reporting import reporter

    settings = load_settings(config)
    others = (*(trust or ()), *settings.signing.trust)
    known = authorities(folder or settings.signing.folder or signing_folder(), others)
    pictures = png_files(keyframes) if keyframes is not None else ()
    verdict = verify_film(
        film, manifest=manifest or manifest_beside(film), trust=known, must_trust=bool(others), pictures=pictures
    )
    shown = {"event": "done", **verdict.json_value(), "holds": verdict.holds}
    reporter(as_json).show(_table(verdict, film), shown)
    return 0 if verdict.holds else 1


def manifest_beside(film: Path) -> Path:
    """The film's manifest, where nobody says where it is. BadInput where what is named is one itself, or a folder."""
    from ..errors import BadInput
    from ..manifest.sides import film_beside, manifest_of

    if film.suffix.lower() == ".json":
        own = film_beside(film)
        raise BadInput(f"{film} is no film.", f"Name the film that it tells of{f': {own}' if own else ''}.")
    return manifest_of(film)


def _init(folder: Path | None, name: str | None, settings: Settings, out: Reporter) -> None:
    from ..signing.authority import WORTH, make_own, signing_folder
    from ..signing.identity import passphrase_of

    place = folder or settings.signing.folder or signing_folder()
    made = make_own(place, name=name, passphrase=passphrase_of(settings))
    said = [
        f"certificates of {made.name}, valid to {made.expires.isoformat()}, in {made.folder}",
        *WORTH,
        f"For others to know your signature again, hand them {made.authority.name} by a way they trust:"
        f" longvid verify FILM --trust {made.authority.name}",
        "The files *.key.pem and key.pem are secret: who has them signs in this name. Keep a copy where you keep passwords.",
    ]
    value = {
        "event": "done", "folder": str(made.folder), "authority": str(made.authority), "signer": made.name,
        "expires": made.expires.isoformat(), "worth": " ".join(WORTH),
    }  # fmt: skip
    out.show("\n".join(said), value)


def _said(film: Path, signed: Signed) -> str:
    signature = signed.signature
    where = "credentials in the film, the manifest's signature" if signature.credentials else "the manifest's signature"
    lines = [f"{film} is signed by {signature.signer}: {where} in {signed.path.name}"]
    if signed.pictures:
        number = len(signed.pictures)
        lines.append(f"{number} keyframe{'s' * (number != 1)} signed in {signed.pictures[0].parent}")
    return "\n".join(lines)


def _table(verdict: Verdict, film: Path) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    from .failures import clean

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for check in verdict.checks:
        trusted = check.name != "signer" or verdict.signer is None or verdict.signer.trust != "unknown"
        style = ("green" if trusted else "yellow") if check.holds else "bold red"
        mark = ("holds" if trusted else "unknown") if check.holds else "no"
        table.add_row(Text(check.name, style="dim"), Text(mark, style=style), Text(clean(check.message)))
    broken = [c.name for c in verdict.checks if not c.holds]
    if broken:
        last = Text(f"{clean(str(film))} does not hold: {', '.join(dict.fromkeys(broken))}", style="bold red")
    elif verdict.signer is not None and verdict.signer.trust == "unknown":
        last = Text(f"{clean(str(film))} is what {clean(verdict.signer.name)} signed, whoever that is", style="yellow")
    else:
        last = Text(f"{clean(str(film))} is what was signed", style="green")
    return Group(table, last)


def register(app: typer.Typer) -> None:
    app.command()(sign)
    app.command()(verify)
