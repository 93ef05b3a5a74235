"""`kill -9` at every state of a remote job's journal, for every provider: the same command goes on, each clip is bought once."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from longvid_core.models import Plan
from longvid_core.planfile import save_plan
from tests.fake_google import FakeGoogle
from tests.fake_replicate import FakeReplicate
from tests.fake_runway import FakeRunway
from tests.fake_video import FakeVideo
from tests.remote_parts import QUICK, FarStudio

SIZE = (64, 48)
NEVER = 10**6
"""So many looks at a job that it waits for ever."""
# Stops where it stands once that step is written down: after a download nobody else can hold it.
STOPS = """
import os, signal, sys
from longvid_core.cli import main
from longvid_core.store.journal import Journal
step, at = Journal.step, sys.argv.pop(1)

def stops(self, job, state, *args, **more):
    written = step(self, job, state, *args, **more)
    if state == at:
        os.kill(os.getpid(), signal.SIGSTOP)
    return written

Journal.step = stops
sys.exit(main())
"""


class Shoot(FarStudio):
    """`longvid render` of one plan, in processes that are killed."""

    fake: FakeVideo
    backend: str
    folder: Path

    def prepare(self, segments: int) -> Plan:
        plan = self.plan(segments)
        save_plan(plan, self.folder / "plan.json")
        return plan

    def start(self, stops_at: str = "") -> subprocess.Popen[str]:
        code = ["-c", STOPS, stops_at] if stops_at else ["-m", "longvid_core"]
        longvid = [sys.executable, *code, "render", str(self.folder / "plan.json"), "--backend", self.backend]
        quick = {"LONGVID_POLL_INTERVAL": "0.3", "LONGVID_RETRY__FIRST_WAIT_S": "0.02"}
        return subprocess.Popen(
            [*longvid, "--json", "-o", str(self.folder / "film.mp4")],
            env={**os.environ, **quick, "LONGVID_HOME": str(self.home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def newest(self) -> tuple[str, str]:
        """The state of the newest job, and the run that has it."""
        try:
            with closing(sqlite3.connect(f"file:{self.home}/ledger.db?mode=ro", uri=True)) as sql:
                found = sql.execute("SELECT state, run FROM jobs ORDER BY id DESC LIMIT 1").fetchone()
        except sqlite3.OperationalError:
            found = None  # there is no ledger yet
        return found or ("", "")

    def killed_at(self, state: str, seen: Callable[[], bool] = lambda: True) -> None:
        """Run until the newest job is this run's and in this state, and kill the process where it stands."""
        _, before = self.newest()
        process = self.start(state if state in ("downloaded", "verified") else "")
        while True:
            there, run = self.newest()
            if there == state and run != before and seen():
                break
            if process.poll() is not None:
                out, errors = process.communicate()
                pytest.fail(f"it ended before {state}: {out[-600:]} {errors[-600:]}")
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.communicate()

    def killed_while_asking(self, mood: str) -> None:
        """Kill it while the provider has the request and has not answered."""
        asked = len(self.fake.to("submit"))
        self.fake.moods = {"submit": [mood]}
        taken = len(self.fake.jobs) + mood.startswith("late")

        def in_it() -> bool:
            return len(self.fake.to("submit")) > asked and not self.fake.moods["submit"] and len(self.fake.jobs) == taken

        self.killed_at("intent", in_it)

    def finish(self) -> tuple[int, dict[str, Any]]:
        """Run to the end; its exit code and last line."""
        process = self.start()
        out, errors = process.communicate()
        assert out, errors
        return process.returncode, json.loads(out.splitlines()[-1])

    def film(self) -> dict[str, Any]:
        """What the manifest says of the film."""
        return json.loads((self.folder / "film.manifest.json").read_text())

    def settle(self) -> None:
        """Say what became of each unknown job, as one does at the provider's site; where it lists its jobs, nobody has to."""
        if isinstance(self.fake, FakeReplicate):
            return
        with self.journal() as journal:
            known = journal.remote_ids(self.backend.partition(":")[0])
            for job in journal.jobs(states=["intent", "unknown"]):
                words = [id for id, there in self.fake.jobs.items() if id not in known and job.prompt in json.dumps(there.fields)]
                if words:
                    journal.step(job.id, "submitted", remote_id=words[0])
                    known.add(words[0])
                else:
                    journal.step(job.id, "resubmit")


@pytest.fixture
def shoot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Shoot]:
    service, backend, more = request.param
    with service(size=SIZE, **more) as fake:
        for name, value in fake.env.items():
            monkeypatch.setenv(name, value)
        made = Shoot(tmp_path / "home", settings=QUICK, pictures=tmp_path / "pictures")
        made.fake, made.backend, made.folder = fake, backend, tmp_path
        yield made


def undisturbed(shoot: Shoot, plan: Plan) -> str:
    """`frames_sha256` of the film of a run that nothing disturbed, in a store of its own."""
    aside = FarStudio(shoot.folder / "undisturbed", settings=QUICK)
    made = aside.make(plan, backend=shoot.backend)
    shoot.fake.reset()
    return made.film.frames_sha256


RUNWAY = (FakeRunway, "runway:veo3.1", {})
VEO = (FakeGoogle, "google:veo-3.1-generate-001", {})
OMNI = (FakeGoogle, "google:gemini-omni-1.2-flash", {"delivery": "file"})
REPLICATE = (FakeReplicate, "replicate:bytedance/seedance-1-pro", {})
STATES = ("submitted", "running", "succeeded", "downloaded", "verified")


@pytest.mark.parametrize(
    ("shoot", "states"),
    [
        pytest.param(RUNWAY, ("not taken in", "taken in", "unknown", *STATES), id="runway"),
        pytest.param(REPLICATE, ("not taken in", "taken in", *STATES[:4]), id="replicate"),
        # whose clip comes with the answer that says it is done: between that and the disk there is no time
        pytest.param(VEO, ("taken in", "submitted", "running", "downloaded"), id="veo"),
        pytest.param(OMNI, ("taken in", "succeeded"), id="omni"),
    ],
    indirect=["shoot"],
)
def test_killed_in_one_state_after_the_other_one_clip_is_bought_once(shoot: Shoot, states: tuple[str, ...]) -> None:
    """Every run goes on where the one before was killed. An intent is `taken in` by the provider, or not."""
    fake = shoot.fake
    plan = shoot.prepare(1)
    whole = undisturbed(shoot, plan)
    for state in states:
        if state in ("not taken in", "taken in"):
            shoot.killed_while_asking("hang" if state == "not taken in" else "late:hang")
        elif state == "unknown":
            code, last = shoot.finish()
            assert code == 3 and "may have been bought" in last["message"] and shoot.newest()[0] == "unknown"
        else:
            (job,) = fake.jobs.values()
            fake.polls, job.end = NEVER if state == "submitted" else 0, "never" if state == "running" else None
            fake.moods = {"fetch": ["hang"]} if state == "succeeded" else {}
            shoot.killed_at(state)
            fake.moods = {}  # which it may have been killed before
        assert fake.charges == (state != "not taken in")
        if "unknown" not in states[states.index(state) + 1 :][:1]:  # which a run finds out
            shoot.settle()
    code, last = shoot.finish()
    assert code == 0 and [s["outcome"] for s in last["segments"]] == ["cached" if states[-1] == "verified" else "rendered"]
    assert fake.charges == 1 == len(shoot.film()["segments"]) and shoot.film()["film"]["frames_sha256"] == whole
    (paid,) = {job.micro_usd for job in shoot.jobs() if job.state == "verified"}
    assert paid and shoot.spent() == paid and shoot.held() == 0 and shoot.scraps() == []


@pytest.mark.parametrize("shoot", [RUNWAY], indirect=True, ids=["runway"])
def test_killed_again_and_again_it_still_gets_there(shoot: Shoot) -> None:
    fake, chance = shoot.fake, random.Random(7)
    whole = undisturbed(shoot, shoot.prepare(3))
    fake.seconds = 0.3
    for _ in range(3):
        open_before = fake.server.open
        process = shoot.start()
        while len(fake.asked) == 0 and process.poll() is None:
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 1.0))
        process.kill()
        process.communicate()
        fake.server.settle(open_before)  # else it takes a job in after it was settled that none was
        known = {job.remote_id for job in shoot.jobs()} - {None}
        unsettled = sum(state in ("intent", "unknown") for state in shoot.states())
        assert len(known) <= fake.charges <= len(known) + unsettled, "what was bought and is not known is told of"
        shoot.settle()
        fake.asked.clear()
    code, _ = shoot.finish()
    assert code == 0 and fake.charges == 3 == shoot.states().count("verified")
    assert shoot.film()["film"]["frames_sha256"] == whole and shoot.held() == 0 and shoot.scraps() == []
