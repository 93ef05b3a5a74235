"""What touched a film's pixels besides the models: programs, libraries and files, by version and hash."""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from .. import __version__
from ..files import sha256_file

_LIBRARIES = ("av", "ffmpeg-python", "imageio-ffmpeg", "numpy", "pillow")
_FONTS = Path(__file__).parents[1] / "painting" / "fonts"


def environment(sha256_of: Callable[[Path], str] = sha256_file) -> dict[str, Any]:
    """Versions and hashes of all that touched the pixels. Nothing that names a person or a machine.

    What a model's own renderer used (torch, say) stands with each clip. `sha256_of`: how files are hashed.
    """
    from ..media.ffmpeg import ffmpeg_binary, ffmpeg_versions

    version, libraries = ffmpeg_versions()
    files = {"ffmpeg": Path(ffmpeg_binary())} | {font.name: font for font in sorted(_FONTS.glob("*.ttf"))}
    return {
        "longvid": __version__,
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "ffmpeg": version,
        "ffmpeg_libraries": libraries,
        "libraries": _versions(),
        "files": [{"name": name, "sha256": sha256_of(path)} for name, path in files.items()],
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in _LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs between two environments, a line a thing: `numpy: 2.4.0 -> 2.4.1`. What one of them did not record counts
    for nothing."""
    was, is_now = _flat(before), _flat(now)
    return [f"{name}: {was[name]} -> {is_now[name]}" for name in was if name in is_now and was[name] != is_now[name]]


def _flat(found: Mapping[str, Any]) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in found.items():
        if isinstance(value, Mapping):
            flat |= {str(each): str(version) for each, version in value.items()}
        elif isinstance(value, list):
            named = [each for each in value if isinstance(each, Mapping)]
            flat |= {f"file {each.get('name')}": str(each.get("sha256"))[:12] for each in named}
        else:
            flat[name] = str(value)
    return flat
