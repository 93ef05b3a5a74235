"""The list ffmpeg's concat demuxer reads."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path


def concat_list(
    path: Path,
    files: Sequence[Path],
    *,
    seconds: Sequence[Fraction | None] = (),
    first_s: Mapping[int, float] | None = None,
) -> None:
    """Write ffmpeg's list of files to join, and beside it what it needs.

    seconds: how long each lasts, exactly; without it ffmpeg believes the container, which rounds to milliseconds.
    first_s: the time, by position, at which reading starts (intra-only clips).
    """
    lines = ["ffconcat version 1.0"]
    for i, file in enumerate(files):
        name = str(file.absolute())
        if "\n" in name or "\r" in name:  # the list is read line by line, whatever the quotes
            link = path.parent / f"link{i:06d}{file.suffix}"
            link.symlink_to(name)
            name = str(link.absolute())
        quoted = name.replace("'", "'\\''")
        lines.append(f"file 'file:{quoted}'")
        if i < len(seconds) and seconds[i] is not None:
            lines.append(f"duration {float(seconds[i] or 0):.6f}")
        if first_s and i in first_s:
            lines.append(f"inpoint {first_s[i]:.6f}")
    path.write_bytes(os.fsencode("\n".join(lines) + "\n"))
