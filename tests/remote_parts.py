"""Films rendered by a video service on the loopback, and what the ledger then says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from longvid_core.media.images import asset_of
from longvid_core.models import Plan
from longvid_core.models.job import Job
from longvid_core.store.journal import Journal
from longvid_core.store.ledger import Ledger, ledger_url
from tests.fake_runway import FakeRunway
from tests.fake_video import FakeVideo
from tests.films import Studio, small_plan

VEO = "runway:veo3.1"
"""Four seconds between two pictures, which is 64 frames of these plans."""
CHARGE = 200_000
"""What the service takes for them, in micro-dollars."""
STEPS = ["intent", "submitted", "running", "succeeded", "downloaded", "verified"]
QUICK: dict[str, Any] = {
    "retry": {"attempts": 4, "first_wait_s": 0.02, "longest_wait_s": 0.2},
    "remote": {"timeout_s": 20},
    "poll_interval": 0.05,
}


@dataclass
class FarStudio(Studio):
    """A store whose films are rendered far away, without long waits. `pictures`: where those of its plans lie."""

    pictures: Path = field(default_factory=Path)

    def plan(self, segments: int = 1, **more: Any) -> Plan:
        """A plan with its pictures drawn."""
        plan = small_plan(segments, **{"frames": 64, **more})
        self.pictures.mkdir(exist_ok=True)
        drawn = []
        for number, keyframe in enumerate(plan.keyframes):
            file = self.pictures / f"{keyframe.id}.png"
            if not file.exists():
                Image.new("RGB", (plan.width, plan.height), (40 * number % 256, 90, 200 - 30 * number % 200)).save(file)
            drawn.append(keyframe.model_copy(update={"image": asset_of(file), "source": "user"}))
        return plan.with_keyframes(drawn)

    def remote(self, **changes: Any) -> None:
        """Change the settings of how clips are rendered far away."""
        self.settings = {**self.settings, "remote": {**self.settings["remote"], **changes}}

    @contextmanager
    def journal(self) -> Iterator[Journal]:
        """The journal of its jobs."""
        with closing(Ledger(ledger_url(self.home))) as ledger:
            yield ledger.journal

    def jobs(self) -> list[Job]:
        """Every job there ever was, oldest first."""
        with self.journal() as journal:
            return journal.jobs()[::-1]

    def states(self) -> list[str]:
        """The states they are in."""
        return [job.state for job in self.jobs()]

    def steps(self, job: int = 1) -> list[str]:
        """What its journal says of one job."""
        with self.journal() as journal:
            return [note.state for note in journal.notes(job)]

    def resolve(self, job: int, state: Any, **values: Any) -> None:
        """A person's word on a job, as `longvid jobs resolve` writes it down."""
        with self.journal() as journal:
            journal.step(job, state, **values)

    def spent(self) -> int:
        """Micro-dollars."""
        with closing(Ledger(ledger_url(self.home))) as ledger:
            return sum(row["micro_usd"] for row in ledger.spending())

    def held(self) -> int:
        """Micro-dollars."""
        with self.journal() as journal:
            return sum(hold["micro_usd"] for hold in journal.held())

    def told(self, words: str) -> int:
        """How many notices of the last run hold these words."""
        return sum(words in notice for notice in self.notices())

    def scraps(self) -> list[Path]:
        """What was fetched or begun and lies about."""
        return [*(self.home / "incoming").iterdir(), *(self.home / "scratch").iterdir()]


def held_until(fake: FakeVideo, ready: Callable[[], bool], monkeypatch: pytest.MonkeyPatch) -> None:
    """No job ends before that is so, as it is looked at with every job that comes; from then on they take half a second."""
    take = fake.take

    def taken(*shape: Any, **more: Any) -> Any:
        job = take(*shape, **more)
        if ready():
            fake.seconds = 0.5
        return job

    monkeypatch.setattr(fake, "take", taken)
    fake.seconds = 1e6


@pytest.fixture
def far(tmp_path: Path) -> FarStudio:
    """An empty store."""
    return FarStudio(tmp_path / "home", settings=QUICK, pictures=tmp_path / "pictures")


@pytest.fixture
def runway(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRunway]:
    """The service, and the SDK pointed to it. Its clips are tiny."""
    with FakeRunway(size=(64, 48)) as fake:
        for name, value in fake.env.items():
            monkeypatch.setenv(name, value)
        yield fake
