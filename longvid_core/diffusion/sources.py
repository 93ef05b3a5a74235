"""Where a model's files are: a folder on this machine, or a repository on the Hugging Face Hub, of which little is fetched
before it is needed. Names of files are relative and have forward slashes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import BadInput, Interrupted, LongvidError, MissingTool, Unreadable
from ..files import in_words
from .checks import EXTRA

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo, RepoSibling

    from ..providers.base import Surroundings

REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
"""What names a repository: OWNER/NAME."""

Counter = Callable[[int, int], None]


class Source(Protocol):
    """A set of files by relative name."""

    title: str
    """What it is called in messages."""

    @property
    def names(self) -> frozenset[str]: ...

    def read(self, name: str) -> bytes:
        """A small file's content."""
        ...

    def sha256(self, name: str) -> str: ...

    def size(self, name: str) -> int: ...

    def fetch(self, names: Iterable[str], count: Counter) -> Path:
        """The folder that holds all these files, downloaded if they are not here. `count`: bytes done and their total."""
        ...


class Folder:
    """Files in a folder of this machine."""

    def __init__(self, path: Path, sha256_of: Callable[[Path], str], title: str = "") -> None:
        self.path = path
        self.title = title or str(path)
        self._sha256_of = sha256_of

    @cached_property
    def names(self) -> frozenset[str]:
        """Files here and one folder down: that is how deep a model goes."""
        try:
            top = sorted(self.path.iterdir())
            below = [f for folder in top if folder.is_dir() for f in sorted(folder.iterdir())]
        except OSError as error:
            raise Unreadable(f"cannot read {self.path}: {in_words(error)[0]}.") from error
        return frozenset(f.relative_to(self.path).as_posix() for f in (*top, *below) if f.is_file())

    def read(self, name: str) -> bytes:
        try:
            return (self.path / name).read_bytes()
        except OSError as error:
            raise Unreadable(f"cannot read {self.path / name}: {in_words(error)[0]}.") from error

    def sha256(self, name: str) -> str:
        return self._sha256_of(self.path / name)

    def size(self, name: str) -> int:
        return (self.path / name).stat().st_size

    def fetch(self, names: Iterable[str], count: Counter) -> Path:
        return self.path


class Repository:
    """Files of a repository that this machine lacks, or some of them. The Hub says their names, sizes and hashes."""

    def __init__(self, name: str, around: Surroundings, named_by: str) -> None:
        self.title = name
        self._around = around
        self._named_by = named_by
        self._here: dict[str, Path] = {}

    @cached_property
    def _info(self) -> ModelInfo:
        from huggingface_hub import HfApi

        return self._asked(lambda: HfApi().model_info(self.title, files_metadata=True))

    @cached_property
    def _files(self) -> dict[str, RepoSibling]:
        return {f.rfilename: f for f in self._info.siblings or ()}

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._files)

    def read(self, name: str) -> bytes:
        return self._get(name).read_bytes()

    def sha256(self, name: str) -> str:
        """As the Hub states it for large files; small ones are fetched and read."""
        stored = self._files[name].lfs
        return stored.sha256 if stored else hashlib.sha256(self.read(name)).hexdigest()

    def size(self, name: str) -> int:
        return self._files[name].size or 0

    def fetch(self, names: Iterable[str], count: Counter) -> Path:
        wanted = sorted(set(names))
        missing = [n for n in wanted if n not in self._here]
        total = sum(self.size(n) for n in missing)
        if missing:
            self._around.notice(f"Downloading {self.title}: {total / 1e9:.1f} GB into the Hugging Face cache.")
        done = 0
        for name in missing:
            start = done

            def move(received: int, start: int = start) -> None:
                self._stop_if_asked()
                count(min(start + received, total), total)

            self._get(name, move)
            done += self.size(name)
            count(done, total)
        return self._here[wanted[-1]].parents[wanted[-1].count("/")]

    def _get(self, name: str, received: Callable[[int], None] = lambda received: None) -> Path:
        if name in self._here:
            return self._here[name]
        from huggingface_hub import hf_hub_download
        from huggingface_hub.utils import tqdm

        class Bytes(tqdm):
            """Reports what has arrived, and draws nothing."""

            def __init__(self, *args: Any, **more: Any) -> None:
                super().__init__(*args, **more | {"disable": True})
                self._arrived = int(more.get("initial") or 0)

            def update(self, n: float | None = 1) -> bool | None:
                self._arrived += int(n or 0)
                received(self._arrived)
                return None

        self._stop_if_asked()
        # By branch and not by commit: only then the cache notes which commit the branch is at, and is found without a network.
        path = Path(self._asked(lambda: hf_hub_download(self.title, name, tqdm_class=Bytes)))
        if self._info.sha not in path.parts:
            raise Unreadable(f"{self.title} was changed at the Hub just now.", "Run it again.")
        self._here[name] = path
        return path

    def _stop_if_asked(self) -> None:
        if self._around.interrupted():
            raise Interrupted(f"downloading {self.title}: stopped.", "Run it again: what has arrived is kept.")

    def _asked(self, question: Callable[[], Any]) -> Any:
        """The Hub's answer. Unreadable or BadInput, in words, where there is none."""
        from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

        try:
            return question()
        except LongvidError:
            raise
        except GatedRepoError as error:
            raise BadInput(
                f"{self.title} is handed out only to those who accepted its terms.",
                f"Accept them at https://huggingface.co/{self.title}, then `hf auth login`.",
            ) from error
        except RepositoryNotFoundError as error:
            raise BadInput(
                f"the Hugging Face Hub has no model {self.title}, or does not show it to you.",
                "Check its name; for a private one, `hf auth login`.",
            ) from error
        except Exception as error:  # each transport has its own family of errors; all mean that there is no answer
            raise Unreadable(
                f"{self.title} is not on this machine, and the Hugging Face Hub cannot be reached: {type(error).__name__}.",
                *how_to_get(self.title, self._named_by),
            ) from error


def how_to_get(name: str, named_by: str) -> tuple[str, ...]:
    """The way out where a repository's files are missing. named_by: how another folder is named in its place."""
    return (
        f"Get it where there is a network: hf download {name}",
        f"Or copy its folder here and name that: {named_by}",
    )


def snapshot_of(name: str) -> Path | None:
    """The folder in the Hugging Face cache with what was downloaded of a repository; None where nothing was.

    Layout: https://huggingface.co/docs/huggingface_hub/guides/manage-cache
    """
    if find_spec("huggingface_hub") is None:
        raise MissingTool(f"{name} needs the package huggingface_hub, which is not installed.", f"Install it: {EXTRA}")
    from huggingface_hub.constants import HF_HUB_CACHE

    folder = Path(HF_HUB_CACHE) / f"models--{name.replace('/', '--')}"
    try:
        commit = (folder / "refs" / "main").read_text().strip()
    except OSError:
        return None
    found = folder / "snapshots" / commit
    return found if found.is_dir() else None


def open_repository(
    name: str, around: Surroundings, section: str, named_by: str, *, offline: bool, whole: Callable[[Source], object]
) -> Source:
    """A repository's files: the Hugging Face cache where `whole` finds all it needs there (else raises Unreadable), else the Hub.

    With `offline` (or HF_HUB_OFFLINE) Unreadable where something is missing.
    """
    from huggingface_hub.constants import HF_HUB_OFFLINE

    snapshot = snapshot_of(name)
    if snapshot is not None:
        cached = Folder(snapshot, around.sha256_of, title=name)
        try:
            whole(cached)
            return cached
        except Unreadable:
            pass  # a download that was cut short: the rest is asked for
    if offline or HF_HUB_OFFLINE:
        why = f"{section}.offline" if offline else "HF_HUB_OFFLINE"
        some = "is not" if snapshot is None else "is only partly"
        raise Unreadable(f"{name} {some} on this machine, and {why} forbids downloads.", *how_to_get(name, named_by))
    return Repository(name, around, named_by)
