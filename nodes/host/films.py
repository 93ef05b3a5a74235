"""Films in ComfyUI's output folder: finding the one that is there already, tagging it, describing it to the browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comfy.cli_args import args

from .api import io, ui
from .folders import output_place, saved

if TYPE_CHECKING:
    from longvid_core.models import Manifest, Release
    from longvid_core.render.session import Session

CANVAS_TAGS = ("prompt", "workflow")


def placed(release: Release, prefix: str) -> Release:
    """The release with its film in ComfyUI's output folder; the newest of that prefix where it is this very film."""
    from longvid_core.render.film import export_film

    film = release.film
    target, newest = output_place(prefix, Path(film.path).suffix, film.width, film.height)
    if newest is not None and _holds(newest, film.key):
        return _at(release, newest)
    return export_film(release, target)


def _holds(file: Path, key: str) -> bool:
    """Whether `file` is the film of that key, whole."""
    from longvid_core.errors import Unreadable
    from longvid_core.media.boxes import truncation
    from longvid_core.media.tags import read_tags
    from longvid_core.render.film import FILM_TAG

    try:
        return read_tags(file).get(FILM_TAG) == key and truncation(file) is None
    except Unreadable:
        return False  # whatever it was, it is none now; it stays where it is


def embedded(release: Release, wanted: bool, share: bool, hidden: io.HiddenHolder, session: Session) -> Release:
    """The release with ComfyUI's own `prompt` and `workflow` in the film's file, as its Save nodes put them, or without.

    share: it gets no words, and a title that was taken out of it stays out.

    In place and whole or not at all; picture and sound keep their bytes. Where they are not wanted, or ComfyUI runs with
    --disable-metadata, a film that holds them from an earlier run loses them. So does one that was signed: its manifest is of the
    film unsigned. Nothing is written when the file is right.
    """
    from longvid_core.manifest.build import manifest_path
    from longvid_core.manifest.wordless import TITLE
    from longvid_core.media.tags import read_tags, write_tags
    from longvid_core.render.film import export_film
    from longvid_core.signing.bare import credentials_span
    from longvid_core.signing.film import signature_path

    tags = _metadata(hidden) if wanted and not share and not args.disable_metadata else {}
    file = Path(release.film.path)
    every = read_tags(file)
    there = {name: value for name, value in every.items() if name in (*CANVAS_TAGS, *tags)}
    signed = credentials_span(file) is not None
    lacks_title = not share and bool(release.rendered.plan.title) and TITLE not in every
    if there == tags and not lacks_title and not signed:
        return release
    clean = session.store.film(release.film.key)
    if (signed or there.keys() - tags.keys() or lacks_title) and clean is not None:
        export_film(release.model_copy(update={"film": clean}), file)
        signature_path(file).unlink(missing_ok=True)
    if tags:
        write_tags(file, tags, stale=manifest_path(file))
    return _at(release, file)


def manifest_ui(manifest: Manifest, path: Path, text: str) -> dict[str, Any]:
    """The summary for the node, and the file for whoever collects a run's outputs."""
    return {**ui.PreviewText(text).as_dict(), "files": [saved(path)]}


def film_ui(release: Release) -> ui.PreviewVideo:
    """The film, played on the node."""
    return ui.PreviewVideo([saved(Path(release.film.path))])


def _metadata(hidden: io.HiddenHolder) -> dict[str, str]:
    """The prompt and whatever the browser sent along, as JSON texts."""
    # ComfyUI notes each node's fingerprint in the prompt while it runs. That is no part of what was queued, and NaN no JSON.
    prompt = {key: {k: v for k, v in node.items() if k != "is_changed"} for key, node in (hidden.prompt or {}).items()}
    values = {**(hidden.extra_pnginfo or {}), **({"prompt": prompt} if prompt else {})}
    return {name: json.dumps(value, ensure_ascii=False) for name, value in values.items()}


def _at(release: Release, file: Path) -> Release:
    """The release, its film being `file` as it is now."""
    from longvid_core.files import sha256_file

    now = {"path": str(file), "sha256": sha256_file(file), "bytes": file.stat().st_size}
    return release.model_copy(update={"film": release.film.model_copy(update=now)})
