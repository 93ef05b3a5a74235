"""`longvid submit`: run a workflow on a ComfyUI and fetch what it makes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import Json

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..submit import Finished, Server, Tell
    from ..submit.workflow import Workflow

_FILMS = (".mp4", ".mov", ".mkv", ".webm")


def submit(
    workflow: Annotated[Path, typer.Argument(metavar="WORKFLOW", help="A workflow in API format; - is stdin.")],
    url: Annotated[str, typer.Option("--url", metavar="URL", help="The ComfyUI to run it on.")] = "http://127.0.0.1:8188",
    assignments: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NODE.INPUT=VALUE", help="Set an input; NODE is an id, a class or a title. May be repeated."
        ),
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FOLDER", help="Gets the results.")] = Path("."),
    previews: Annotated[bool, typer.Option("--previews", help="Fetch what nodes only show, too.")] = False,
    as_json: Json = False,
) -> None:
    """Run a workflow on a running ComfyUI, with progress, and download its results.

    Ctrl-C cancels the job on the server, too.
    """
    from ..submit import load_workflow
    from .brief import check_folder
    from .runs import stoppable, wait
    from .submit_view import view

    graph = load_workflow(workflow)
    folder = output.expanduser().absolute()
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    check_folder(existing)
    with stoppable() as interrupted, view(as_json, url) as tell:
        done = wait(_submit(graph, url, assignments or (), folder, previews, tell, interrupted))
        value = _summary(done)
    if as_json:
        print(json.dumps(value), flush=True)
    else:
        count = len(done.files)
        print(f"{count} file{'s' * (count != 1)} in {output}")


async def _submit(
    graph: Workflow,
    url: str,
    assignments: Sequence[str],
    folder: Path,
    previews: bool,
    tell: Tell,
    interrupted: Callable[[], bool],
) -> Finished:
    from ..submit import Server
    from ..submit import submit as run

    async with Server(url) as server:
        changed = await _changed(graph, assignments, server)
        return await run(changed, server, folder, tell=tell, interrupted=interrupted, previews=previews)


async def _changed(graph: Workflow, assignments: Sequence[str], server: Server) -> Workflow:
    """The workflow with its inputs set. An input that the file leaves out may still be one: then the server is asked."""
    from ..errors import RenderFailed, UnknownName
    from ..submit import set_inputs

    try:
        return set_inputs(graph, assignments)
    except UnknownName as error:
        try:
            known = {name: await server.input_names(name) for name in sorted({node["class_type"] for node in graph.values()})}
        except RenderFailed:
            raise error from None
        return set_inputs(graph, assignments, lambda class_type: known[class_type])


def _summary(done: Finished) -> dict[str, Any]:
    """The last line for machines: the film and manifest among the files, and the manifest's segments."""
    manifest = next((f for f in done.files if f.name.endswith(".manifest.json")), None)
    films = [f for f in done.files if f.suffix.lower() in _FILMS]
    named = [f for f in films if manifest and f.stem == manifest.name.removesuffix(".manifest.json")]
    film = next(reversed(named or films), None)
    return {
        "event": "done",
        "film": str(film) if film else None,
        "manifest": str(manifest) if manifest else None,
        "segments": _segments(manifest) if manifest else [],
        "files": [str(f) for f in done.files],
    }


def _segments(manifest: Path) -> list[dict[str, Any]]:
    from pydantic import ValidationError

    from ..models.manifest import Manifest

    try:
        found = Manifest.model_validate_json(manifest.read_bytes())
    except (OSError, ValidationError):
        return []  # another program's file of that name
    return [
        {
            "index": s.index,
            "id": s.id,
            "outcome": s.outcome,
            "render_key": s.render_key,
            "clip_sha256": s.clip.sha256 if s.clip else None,
        }
        for s in found.segments
    ]


def register(app: typer.Typer) -> None:
    app.command()(submit)
