"""What the Manifest Writer offers to write, and what it says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from longvid_core.manifest.exports import BUNDLES, FRAMES, TIMELINES

from .words import counted, manifest_text

if TYPE_CHECKING:
    from longvid_core.manifest.exports import Exported
    from longvid_core.manifest.restore import Restored

__all__ = ["BUNDLES", "FRAMES", "TIMELINES", "exported_text", "paths_of", "restored_text"]


def exported_text(made: Exported) -> str:
    """What the manifest certifies, who signed it, and what was written beside it."""
    lines = [manifest_text(made.manifest)]
    if made.signer is not None:
        lines.append(f"signed by {made.signer}")
    folder = made.path.parent
    lines += [f"wrote {file.relative_to(folder).as_posix()}" for file in made.files]
    return "\n".join(lines)


def paths_of(made: Restored) -> list[str]:
    """Where the pictures lie that a manifest brought back."""
    return [keyframe.image.path for keyframe in made.keyframes if keyframe.image is not None]


def restored_text(made: Restored) -> str:
    """What a manifest brought back."""
    lost = f", {len(made.missing)} to be drawn anew ({', '.join(made.missing)})" if made.missing else ""
    found = f"{counted(len(made.keyframes), 'keyframe')} from the store{lost}"
    return "\n".join([manifest_text(made.manifest), found])
