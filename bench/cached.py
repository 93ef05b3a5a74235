"""What the store is for: a film that exists costs nothing, and the same command gives the same bytes anywhere."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .measure import LONGVID, Figure, run

PROMPT = (
    "A lighthouse keeper rows out at dawn to a ship in the fog. He climbs aboard and finds the lamps still lit. "
    "A storm rises over the sea at dusk, and he steers for the light."
)
COMMAND = ["make", PROMPT, "--segments", "10", "--size", "416x240", "-o"]


def figures() -> Iterator[Figure]:
    """Seconds of the second run, and whether two empty stores make one film."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        homes = [Path(folder) / name for name in ("one", "other")]
        digests = []
        for home in homes:
            home.mkdir()
            first = run([*LONGVID, *COMMAND, str(home / "film.mp4")], env={"LONGVID_HOME": str(home / "store")})
            digests.append(hashlib.sha256((home / "film.mp4").read_bytes()).hexdigest())
        again = [
            run([*LONGVID, *COMMAND, str(homes[0] / "film.mp4")], env={"LONGVID_HOME": str(homes[0] / "store")}).seconds
            for _ in range(3)
        ]
        yield Figure("second run of a cached ten-segment film", min(again), "s", 1.0, f"the first took {first.seconds:.1f} s")
        differing = len(set(digests)) - 1
        yield Figure("films that differ between two empty stores", differing, "", 0, f"sha256 {digests[0][:16]}…")
