"""A film and its manifest are two files, and a kill may come between any two steps: what stands there always belongs together."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

from longvid_core.manifest.build import manifest_path, write_manifest
from longvid_core.render.film import export_film
from tests.films import Studio, small_plan
from tests.test_crashes import Maker

# One child for each instant: it kills itself as the system is about to be asked for its n-th step.
HAND_OVER = """
import os, signal, sys
from pathlib import Path
from longvid_core.manifest.build import manifest_path, write_manifest
from longvid_core.models.film import Release
from longvid_core.render.film import export_film

old, new = (Release.model_validate_json(Path(name).read_text()) for name in sys.argv[1:3])
target = Path(sys.argv[3])
manifest = manifest_path(target)
STEPS = ("open", "os.remove", "os.rename", "shutil.copyfile", "subprocess.Popen")


def hand_over(release):
    write_manifest(export_film(release, target), manifest)


def dying_at(number):
    left = [number]

    def watch(event, args):
        if event in STEPS:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


for number in range(1, 200):
    hand_over(old)
    child = os.fork()
    if not child:
        dying_at(number)
        hand_over(new)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    for file in (target, manifest):
        copy = target.parent.parent / "seen" / str(number) / file.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if file.exists():
            copy.write_bytes(file.read_bytes())
    if status == 0:
        break
    assert status == signal.SIGKILL
"""


def pair(folder: Path) -> tuple[str, str | None]:
    """The hash of the film that stands there, and the one that the manifest beside it tells of."""
    film, manifest = folder / "film.mp4", folder / "film.manifest.json"
    told = json.loads(manifest.read_text())["film"]["sha256"] if manifest.exists() else None
    return hashlib.sha256(film.read_bytes()).hexdigest(), told


def test_killed_at_every_step_no_manifest_stands_beside_a_film_it_does_not_tell_of(tmp_path: Path) -> None:
    studio = Studio(tmp_path / "home")
    releases = [studio.make(small_plan(1)), studio.make(small_plan(1, size=(80, 48)))]
    names = [tmp_path / "old.json", tmp_path / "new.json"]
    for name, release in zip(names, releases, strict=True):
        name.write_text(release.model_dump_json(by_alias=True))
    (tmp_path / "out").mkdir()
    command = [sys.executable, "-c", HAND_OVER, *map(str, names), str(tmp_path / "out" / "film.mp4")]
    subprocess.run(command, check=True)
    seen = [pair(folder) for folder in sorted((tmp_path / "seen").iterdir(), key=lambda p: int(p.name))]
    old, new = (release.film.sha256 for release in releases)
    assert {told for _, told in seen} == {old, None, new}
    assert all(told in (film, None) for film, told in seen)
    assert seen[0] == (old, old) and (new, None) in seen and seen[-1] == (new, new)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["film.manifest.json", "film.mp4"], "nothing hidden stays"


def test_a_run_killed_once_its_film_is_there_leaves_no_manifest_of_the_film_before(tmp_path: Path) -> None:
    first, second = (Maker(tmp_path, "--segments", "1", "--seed", seed) for seed in ("1", "2"))
    first.finish()
    before = pair(tmp_path)
    second.killed_at("stage_started", 5)  # plan, keyframes, clips, join, manifest
    film, told = pair(tmp_path)
    assert film != before[0] and told in (film, None)
    second.finish()
    assert pair(tmp_path) == (film, film)


def test_the_manifest_of_the_same_film_stays_while_it_is_handed_over_again(tmp_path: Path) -> None:
    release = Studio(tmp_path / "home").make(small_plan(1))
    film = tmp_path / "film.mp4"
    write_manifest(export_film(release, film), manifest_path(film))
    export_film(release, film)
    assert pair(tmp_path)[1] == release.film.sha256
    manifest_path(film).write_text("[]")  # something else under its name tells of no film
    export_film(release, film)
    assert not manifest_path(film).exists()
