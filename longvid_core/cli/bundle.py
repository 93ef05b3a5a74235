"""`longvid bundle`: a film's manifest with everything its replay needs, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import options as o


def bundle(
    manifest: Annotated[Path, typer.Argument(metavar="MANIFEST", help="A film's manifest, or the film it lies beside.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The bundle: a ZIP archive.")],
    clips: Annotated[bool, typer.Option("--clips", help="Take in the clips themselves, and not their hashes alone.")] = False,
    share: Annotated[
        bool, typer.Option("--share", help="Without prompts and texts: hashes stand in their place, and the workflow stays out.")
    ] = False,
    film: Annotated[
        Path | None, typer.Option("--film", metavar="FILM", help="The film, for its workflow (default: beside the manifest).")
    ] = None,
    config: o.Config = None,
    as_json: o.Json = False,
) -> None:
    """Put manifest, plan, references and workflow into one file, which `longvid replay` takes on any machine.

    The same film gives the same bytes. References come from the store that the film was made in.
    """
    from ..manifest.bundle import write_bundle
    from ..manifest.sides import BUNDLE_SUFFIXES, film_beside, manifest_of
    from ..settings import load_settings
    from . import runs
    from .brief import check_output

    settings = load_settings(config)
    target = check_output(output, BUNDLE_SUFFIXES, "bundle")
    named = manifest_of(manifest)
    with runs.run(settings, as_json, command=None) as (session, out):
        made = write_bundle(
            named, target, session.store,
            film=film or (manifest if manifest != named else film_beside(named)),
            clips=clips, shared=share, interrupted=session.interrupted,
        )  # fmt: skip
        out.close()
        inside = [f"{made.references} references", f"{made.clips} clips" if made.clips else "no clips, their hashes alone"]
        words = ", without words: it can be checked, and not replayed" if made.shared else ""
        value = {
            "event": "done", "bundle": str(target), "sha256": made.sha256, "bytes": made.bytes,
            "references": made.references, "clips": made.clips, "shared": made.shared,
        }  # fmt: skip
        out.show(f"{output}: {', '.join(inside)}, {_size(made.bytes)}{words}\nsha256 {made.sha256}", value)


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


def register(app: typer.Typer) -> None:
    app.command()(bundle)
