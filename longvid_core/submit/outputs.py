"""The files a finished job made: finding them in its record, and downloading them under names that cannot escape the folder."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ..errors import Interrupted, RenderFailed
from ..files import writing
from .progress import Saved, Tell, Told
from .server import Server

OutputFile = dict[str, str]
_TRIES = 3


def output_files(outputs: Any, *, previews: bool = False) -> list[OutputFile]:
    """Every file in a job's `outputs`, in order, each once: `{filename, subfolder, type}`.

    Files of type `temp` are what nodes only show; they count with `previews`, or when there is nothing else.
    """
    found: list[OutputFile] = []
    for node in (outputs or {}).values() if isinstance(outputs, dict) else ():
        for items in node.values() if isinstance(node, dict) else ():
            for item in items if isinstance(items, list) else ():
                if isinstance(item, dict) and isinstance(item.get("filename"), str) and item["filename"]:
                    file = {key: str(item.get(key) or "") for key in ("filename", "subfolder", "type")}
                    file["type"] = file["type"] or "output"
                    if file not in found:
                        found.append(file)
    saved = [file for file in found if file["type"] != "temp"]
    return found if previews or not saved else saved


def local_names(files: Iterable[OutputFile]) -> list[str]:
    """A safe file name for each file, in order; a second file of the same name gets its folder's name before it."""
    names: list[str] = []
    for file in files:
        name = safe_name(file["filename"])
        if name in names and file["subfolder"]:
            name = f"{safe_name(file['subfolder'].replace('/', '_'))}_{name}"
        stem, dot, suffix = name.rpartition(".")
        number = 2
        while name in names:
            name = f"{stem}_{number}.{suffix}" if dot else f"{suffix}_{number}"
            number += 1
        names.append(name)
    return names


def safe_name(name: str) -> str:
    """`name` as a plain file name: no folders, no hidden file, nothing a file system or terminal would stumble over."""
    last = re.split(r"[/\\]", name)[-1]
    clean = re.sub(r'[<>:"|?*\x00-\x1f\x7f]', "_", last).strip(" .")
    stem, dot, suffix = clean.rpartition(".")
    if len(clean.encode()) > 200 and dot:
        return stem.encode()[:180].decode(errors="ignore") + "." + suffix.encode()[:19].decode(errors="ignore")
    return clean.encode()[:200].decode(errors="ignore") or "output"


async def download_all(
    server: Server, files: list[OutputFile], folder: Path, tell: Tell, interrupted: Callable[[], bool]
) -> tuple[Path, ...]:
    """Download every file into `folder` (made when missing); gives their paths. A failed download is tried again."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for file, name in zip(files, local_names(files), strict=True):
        path = folder / name
        for attempt in range(1, _TRIES + 1):
            if interrupted():
                raise Interrupted(
                    "stopped while downloading.", "The job is finished on the server; submit again to fetch the rest."
                )
            try:
                size = await server.download(file, path)
                break
            except RenderFailed as error:
                if attempt == _TRIES:
                    raise
                tell(Told(f"{name}: {error.what} Trying again."))
                await asyncio.sleep(0.5 * attempt)
        tell(Saved(str(path), size))
        paths.append(path)
    return tuple(paths)
