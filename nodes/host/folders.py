"""Where ComfyUI keeps things: films go to its output folder, what only a browser looks at to its temp folder."""

from __future__ import annotations

import os
import re
from pathlib import Path

import folder_paths

from longvid_core.errors import BadInput

from .api import io, ui


def temp_folder() -> Path:
    """ComfyUI's temp folder, made if need be."""
    folder = Path(folder_paths.get_temp_directory())
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def input_folder() -> str:
    """Where ComfyUI keeps what people upload."""
    return str(folder_paths.get_input_directory())


def output_place(prefix: str, suffix: str, width: int, height: int) -> tuple[Path, Path | None]:
    """Where the next file of this prefix goes, and the newest one of its kind that is there.

    `prefix` may hold folders and ComfyUI's %date% and %width% marks. BadInput where it leads out of the output folder.
    """
    try:
        folder, name, counter, _, _ = folder_paths.get_save_image_path(prefix, folder_paths.get_output_directory(), width, height)
    except Exception as error:  # ComfyUI raises a bare Exception here, with a message over three lines
        raise BadInput(
            f"filename_prefix {prefix!r} cannot be used: it leads out of ComfyUI's output folder.",
            "Use a name, or folder/name, such as longvid/film.",
        ) from error
    ours = re.compile(re.escape(name) + r"_(\d{5,})_" + re.escape(suffix))
    there = [(int(found[1]), path) for path in Path(folder).iterdir() if (found := ours.fullmatch(path.name)) and path.is_file()]
    return Path(folder, f"{name}_{counter:05}_{suffix}"), max(there)[1] if there else None


def saved(path: Path) -> ui.SavedResult:
    """A file in ComfyUI's output folder, as its frontend asks for it."""
    relative = path.relative_to(folder_paths.get_output_directory())
    return ui.SavedResult(relative.name, "" if relative.parent == Path() else relative.parent.as_posix(), io.FolderType.output)


def needed_file(path: str, what: str) -> Path:
    """The file a person named, as `input_file` finds it; BadInput, saying `what` is wanted, for an empty name, too."""
    file = input_file(path)
    if file is None:
        raise BadInput(f"no {what} is named.", "Give a name in ComfyUI's input folder, NAME [output], or a whole path.")
    return file


def input_file(path: str) -> Path | None:
    """A file a person named: absolute, or in ComfyUI's input folder (or, with ` [output]` behind it, its output folder).

    None for an empty name. BadInput where there is no such file.
    """
    if not path.strip():
        return None
    whole = os.path.expanduser(path.strip())
    file = Path(whole if os.path.isabs(whole) else folder_paths.get_annotated_filepath(path.strip()))
    if not file.is_file():
        raise BadInput(f"there is no file {file}.", "Give a name in ComfyUI's input folder, NAME [output], or a whole path.")
    return file


def stamp(path: str) -> str:
    """Changes when the file does, so that ComfyUI runs the node again."""
    try:
        file = input_file(path)
    except BadInput:
        return "missing"  # said on the node when it runs
    return "" if file is None else f"{file}:{file.stat().st_mtime_ns}:{file.stat().st_size}"
