"""Where a ComfyUI is: its Python, and the folders it would read from, without starting it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import BadInput
from ..settings import ComfyuiSettings
from ..yaml_text import YamlFault, parse_yaml

PACK = ("nodes/wan_flf2v_sampler.py", "longvid_core/__init__.py")
_LEGACY = {"unet": "diffusion_models", "clip": "text_encoders", "t2i_adapter": "controlnet"}
"""Kinds of model by the names that ComfyUI's older folders have."""
_PYTHONS = (".venv/bin/python", "venv/bin/python", ".venv/Scripts/python.exe", "venv/Scripts/python.exe")
_PORTABLE = "../python_embeded/python.exe"


@dataclass(frozen=True)
class Installed:
    """A ComfyUI on this machine. models: every folder that it takes model files from, with their kind (`loras`)."""

    folder: Path
    python: Path
    arguments: tuple[str, ...]
    models: tuple[tuple[str, Path], ...]
    input: Path
    custom_nodes: tuple[Path, ...]

    @property
    def has_pack(self) -> bool:
        """Whether Longvid's own nodes are among its custom nodes."""
        packs = (pack for folder in self.custom_nodes if folder.is_dir() for pack in folder.iterdir())
        return any(all((pack / name).is_file() for name in PACK) for pack in packs)


def installed(settings: ComfyuiSettings) -> Installed:
    """The ComfyUI of the settings. BadInput where none is named, or none is there."""
    if settings.path is None:
        raise BadInput(
            "it was sampled on ComfyUI's canvas, and no ComfyUI is named to repeat it in: --comfyui FOLDER, "
            "`comfyui: {path: FOLDER}` in longvid.yaml, or COMFYUI_PATH"
        )
    folder = settings.path.expanduser().absolute().resolve()
    if not (folder / "main.py").is_file():
        raise BadInput(f"{settings.path} is no ComfyUI: there is no main.py in it.", "Name the folder that has it: --comfyui.")
    python = settings.python.expanduser().absolute() if settings.python else _python(folder)
    if not python.is_file():
        raise BadInput(f"there is no Python at {python}.", "Set comfyui.python to the one that ComfyUI runs in.")
    said = _said(settings.arguments)
    base = _at(folder, said.base_directory) or folder
    models = _at(folder, said.models_directory) or base / "models"
    folders = [(_LEGACY.get(kind.name, kind.name), kind) for kind in _subfolders(models)]
    extra = [folder / "extra_model_paths.yaml", *(folder / name for names in said.extra_model_paths_config for name in names)]
    folders += [pair for file in extra if file.is_file() for pair in _extra(file)]
    return Installed(
        folder=folder,
        python=python,
        arguments=settings.arguments,
        models=tuple(pair for pair in dict.fromkeys(folders) if pair[0] != "custom_nodes"),
        input=_at(folder, said.input_directory) or base / "input",
        custom_nodes=(base / "custom_nodes", *(path for kind, path in folders if kind == "custom_nodes")),
    )


def _python(folder: Path) -> Path:
    places = (folder / place for place in (*_PYTHONS, _PORTABLE))
    return next((place for place in places if place.is_file()), Path(sys.executable))


def _said(arguments: Sequence[str]) -> argparse.Namespace:
    """What ComfyUI's own options say about folders; all others are left aside."""
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False, allow_abbrev=False)
    for name in ("--base-directory", "--models-directory", "--input-directory"):
        parser.add_argument(name)
    parser.add_argument("--extra-model-paths-config", nargs="+", action="append", default=[])
    try:
        return parser.parse_known_args(list(arguments))[0]
    except argparse.ArgumentError as error:
        raise BadInput(f"comfyui.arguments: {error}.", "Write each word on its own: [--base-directory, FOLDER].") from error


def _at(folder: Path, named: str | None) -> Path | None:
    return (folder / Path(named).expanduser()).resolve() if named else None


def _subfolders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _extra(file: Path) -> Iterator[tuple[str, Path]]:
    """The folders of an extra_model_paths.yaml: by section a `base_path`, and by kind of model one folder a line."""
    try:
        sections = parse_yaml(file.read_text(encoding="utf-8"))
    except (OSError, YamlFault, UnicodeDecodeError) as error:
        raise BadInput(f"{file} cannot be read: {error}", "ComfyUI reads its folders there. Mend it.") from error
    for section in sections.values() if isinstance(sections, Mapping) else ():
        if isinstance(section, Mapping):
            yield from _of_section(section, file.parent)


def _of_section(section: Mapping[str, Any], beside: Path) -> Iterator[tuple[str, Path]]:
    base = beside / Path(str(section["base_path"])).expanduser() if section.get("base_path") else beside
    for kind, lines in section.items():
        if kind in ("base_path", "is_default") or not isinstance(lines, str):
            continue
        for line in filter(None, lines.split("\n")):
            yield _LEGACY.get(kind, kind), (base / line.strip()).resolve()
