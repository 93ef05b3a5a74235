"""Files for those who get a manifest without the words: film, clips and pictures must not hold what was taken out of that."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..errors import BadInput
from ..files import sha256_file
from ..models.film import FilmOptions, Release
from .build import manifest_path

TITLE = "title"
"""The container's tag that a film has its plan's title in: the prompt's own first words, where nobody gave one."""

_WORDLESS = {"creation_time", "duration", "handler_name", "vendor_id", "language"}
"""Tags of files made elsewhere in which nobody writes."""


def check_wordless(options: FilmOptions | None) -> None:
    """BadInput where the film's pictures show its prompts."""
    if options is not None and options.slate:
        raise BadInput(
            "a film with a slate shows its prompts, so it cannot be shared without them.", "Make it without the slate."
        )


def check_tags(clips: Iterable[Path]) -> None:
    """BadInput where a clip's file, which stays as it is, has tags that may hold words: a prompt, a workflow."""
    from ..media.tags import read_tags

    found = {name for clip in clips for name in read_tags(clip)} - _WORDLESS
    if found:
        raise BadInput(
            f"words may stand in the files of this film's clips, as their tags: {', '.join(sorted(found))}.",
            "Leave --clips out: their hashes go in all the same.",
        )


def bare_pictures(pictures: Iterable[Path], folder: Path) -> dict[str, Path]:
    """The same pixels in files in `folder` that say nothing else, by their hashes: who draws them may write the prompt into the
    picture's own tags."""
    from ..media.images import load_rgb, save_png

    found = {}
    for number, picture in enumerate(pictures):
        file = folder / f"{number}.png"
        save_png(load_rgb(picture), file)
        found[sha256_file(file)] = file
    return found


def drop_title(film: Path) -> None:
    """Take the title out of the film's container, in place, whole or not at all. Pictures and sound keep their bytes."""
    from ..media.tags import read_tags, write_tags

    if TITLE in read_tags(film):
        write_tags(film, {}, stale=manifest_path(film), without=(TITLE,))


def without_title(release: Release, scratch: Path) -> Release:
    """The release with its film in a file in `scratch`, without its title."""
    from ..files import copy_file

    film = release.film
    file = scratch / f"untitled-{Path(film.path).name}"
    copy_file(Path(film.path), file)
    drop_title(file)
    now = {"path": str(file), "sha256": sha256_file(file), "bytes": file.stat().st_size}
    return release.model_copy(update={"film": film.model_copy(update=now)})
