"""`longvid approve`: a person's yes to a take, which locks it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import options as o

if TYPE_CHECKING:
    from ..models.manifest import Manifest
    from ..models.plan import Approval


def approve(
    file: Annotated[
        Path, typer.Argument(metavar="PLAN.json|FILM", help="The plan that films are rendered from; or a film, or its manifest.")
    ],
    segment: Annotated[
        str, typer.Option("--segment", metavar="N,N", help="Indexes as in the plan (the first is 0), or ids, such as 3 or s04.")
    ],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who approves, in words that may stand in the manifest.")],
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What they said.")] = "",
    film: Annotated[
        Path | None,
        typer.Option("--film", metavar="FILM", help="With a plan: the film that was looked at; its takes are named by hash."),
    ] = None,
    as_json: o.Json = False,
) -> None:
    """Approve takes: lock them, so that rerolls and revisions leave them alone, and say who said yes.

    In a plan it stays with every film rendered from it, in their manifests. In a film's manifest it stands at once, and is
    signed with it by `longvid sign`. To open a segment again, set its `locked` to false in the plan.
    """
    from ..approval import approved, approved_in_manifest, each_once
    from ..errors import BadInput
    from ..manifest.load import load_manifest
    from ..planfile import load_plan, save_plan
    from .reporting import reporter

    names = [name.strip() for name in segment.split(",") if name.strip()]
    if not names:
        raise BadInput("--segment names no segment.", "Write an index or an id, such as 3 or s04.")
    manifest_file = _manifest_of(file)
    if manifest_file is not None:
        if film is not None:
            raise BadInput("--film goes with a plan; this is a film's own manifest.", "Leave --film out.")
        manifest = load_manifest(manifest_file)
        index = {s.id: s.index for s in manifest.plan.segments}
        given = approved_in_manifest(manifest_file, manifest, names, by=by, note=note)
    else:
        plan = load_plan(file)
        looked_at = _shown_by(film)
        given = []
        for name in each_once(plan, names):
            plan, approval = approved(plan, name, by=by, note=note, film=looked_at)
            given.append(approval)
        index = {s.id: s.index for s in plan.segments}
        save_plan(plan, file)
    target = manifest_file or file
    value = {"event": "done", "file": str(target.absolute()), "approvals": [a.json_value() for a in given]}
    reporter(as_json).show("\n".join(_line(a, index[a.segment], target) for a in given), value)


def _manifest_of(file: Path) -> Path | None:
    """The manifest that is meant: the file itself, or the one beside a film. None for a plan."""
    from ..approval import MANIFEST_ENDING
    from ..manifest.sides import manifest_of

    if file.suffix.lower() != ".json":
        return manifest_of(file)
    return file if file.name.endswith(MANIFEST_ENDING) else None


def _shown_by(film: Path | None) -> Manifest | None:
    from ..manifest.load import load_manifest

    return load_manifest(_manifest_of(film) or film) if film is not None else None


def _line(approval: Approval, index: int, target: Path) -> str:
    take = f", take {approval.reroll}" if approval.reroll else ""
    note = f": {approval.note}" if approval.note else ""
    return f"segment {index} ({approval.segment}{take}) approved by {approval.by}{note}; locked in {target}"


def register(app: typer.Typer) -> None:
    app.command()(approve)
