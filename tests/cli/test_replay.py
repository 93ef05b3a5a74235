"""`longvid replay`: the same film again from its manifest alone, and each thing that is otherwise named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from longvid_core.files import sha256_file
from longvid_core.manifest.build import manifest_path
from longvid_core.media.encode import ClipWriter
from longvid_core.media.frames import count_and_hash, iterate_frames, rgb_array
from longvid_core.models.records import PlannerRecord
from longvid_core.planfile import save_plan
from tests.films import small_plan

from .conftest import Longvid

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LONGVID_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def film(home: Path, longvid: Longvid) -> Path:
    """A film of two segments, its manifest beside it."""
    told = PlannerRecord(by="openai:model", model="model", prompt="A boat.", prompt_sha256="1" * 64, answer_sha256="2" * 64)
    return made(longvid, small_plan(2).model_copy(update={"planner": told}))


def made(longvid: Longvid, plan: Any, *options: str, name: str = "film") -> Path:
    save_plan(plan, Path("plan.json"))
    ran = longvid("render", "plan.json", "-o", f"{name}.mp4", *options)
    assert ran.code == 0, ran.err
    return Path(f"{name}.mp4").absolute()


def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A store where nothing is."""
    monkeypatch.setenv("LONGVID_HOME", str(tmp_path / "empty"))
    return tmp_path / "empty"


def rewrite(film: Path, change: Change) -> Path:
    """The film's manifest, changed."""
    path = manifest_path(film)
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))
    return path


def test_the_same_bytes_come_out_where_nothing_of_the_film_is(
    film: Path, longvid: Longvid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = elsewhere(monkeypatch, tmp_path)
    alone = tmp_path / "alone" / "film.manifest.json"
    alone.parent.mkdir()
    shutil.move(manifest_path(film), alone)
    ran = longvid("replay", alone, "-o", "again", "--json")
    assert ran.code == 0, ran.out + ran.err
    assert [s["result"] for s in ran.last["segments"]] == ["identical bytes"] * 2
    assert ran.last["film_again"]["result"] == "identical bytes" and ran.last["holds"]
    assert Path(ran.last["film"]).read_bytes() == film.read_bytes()
    assert Path(ran.last["manifest"]).read_text() == alone.read_text(), "and it says of itself all that the first one does"
    assert sorted(p.name for p in Path("again").iterdir()) == ["film.manifest.json", "film.mp4"]
    assert not list(store.glob("clips/*/*")), "a replay leaves the store as it is"


def test_a_part_is_made_of_what_it_needs_alone(film: Path, longvid: Longvid) -> None:
    ran = longvid("replay", film, "--segments", "1,s01", "-o", "part", "--json")
    assert (ran.code, [(s["id"], s["result"]) for s in ran.last["segments"]]) == (0, [("s01", "identical bytes")])
    assert sorted(line["id"] for line in ran.lines if line["event"] == "keyframe_done") == ["k01", "k02"], "and not k00"
    assert [line for line in ran.lines if line["event"] == "notice" and "only a part of it was made again" in line["message"]]


def test_a_keyframe_whose_words_were_edited_keeps_its_picture(home: Path, longvid: Longvid) -> None:
    save_plan(small_plan(1), Path("plan.json"))
    assert longvid("keyframes", "plan.json", "-o", "board").code == 0
    value = json.loads(Path("board/plan.json").read_text())
    value["keyframes"][0]["prompt"] = "A castle on fire, at night."
    Path("board/plan.json").write_text(json.dumps(value))
    assert longvid("render", "board/plan.json", "-o", "film.mp4").code == 0
    ran = longvid("replay", "film.mp4", "--json")
    assert (ran.code, ran.last["film_again"]["result"]) == (0, "identical bytes"), "it is not drawn from the new words"


def test_a_chain_is_replayed_from_its_beginning(
    home: Path, longvid: Longvid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = made(longvid, small_plan(3, mode="chaining", cuts=(2,)))
    here = longvid("replay", film, "--segments", "s01", "--json")
    assert (here.code, [s["result"] for s in here.last["segments"]]) == (0, ["identical bytes"])
    assert here.last["film"] is None
    assert not [line for line in here.lines if line["event"] == "keyframe_done"], "the picture it starts on is in the store"
    elsewhere(monkeypatch, tmp_path)
    there = longvid("replay", film, "--segments", "1,2", "--json")
    assert [(s["index"], s["result"]) for s in there.last["segments"]] == [(1, "identical bytes"), (2, "identical bytes")]
    started = [line["id"] for line in there.lines if line["event"] == "segment_started"]
    assert sorted(started) == ["s00", "s01", "s02"], "what the middle of a chain starts on is not here, and is rendered, too"


def test_supplied_pictures_come_from_the_store_and_are_missed_without_it(
    home: Path, longvid: Longvid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.linear_gradient("L").resize((64, 48)).convert("RGB").save("mine.png")
    save_plan(small_plan(2, cuts=(1,)), Path("plan.json"))
    value = json.loads(Path("plan.json").read_text())
    value["keyframes"][0]["image"] = {"path": "mine.png"}
    Path("plan.json").write_text(json.dumps(value))
    assert longvid("render", "plan.json", "-o", "film.mp4").code == 0
    Path("mine.png").unlink()
    assert longvid("replay", "film.manifest.json").code == 0
    assert longvid("bundle", "film.manifest.json", "-o", "cut 2.zip").code == 0
    elsewhere(monkeypatch, tmp_path)
    ran = longvid("replay", "film.manifest.json", "--json")
    assert ran.code == 1
    assert [s["result"] for s in ran.last["segments"]] == ["not repeated", "identical bytes"]
    said = next(i for i, line in enumerate(ran.lines) if "keyframe k00 is neither in the store" in line.get("message", ""))
    started = next(i for i, line in enumerate(ran.lines) if line["event"] == "segment_started")
    assert said < started, "it is said before anything is rendered"
    assert longvid("replay", "film.manifest.json", "--check").code == 1
    bundled = longvid("replay", "cut 2.zip", "-o", ".", "--json")
    assert bundled.code == 0 and bundled.last["film_again"]["result"] == "identical bytes"
    assert Path(bundled.last["film"]).name == "cut 2.mp4", "named after the bundle, beside the film that is there"


def another_seed(value: dict[str, Any]) -> None:
    value["plan"]["segments"][1]["seed"] = "99"


def another_prompt(value: dict[str, Any]) -> None:
    value["plan"]["segments"][1]["prompt"] += " It rains."


def another_lens(value: dict[str, Any]) -> None:
    value["plan"]["segments"][1]["visual"]["lens"]["focal_length_mm"] = 85


def another_reference(value: dict[str, Any]) -> None:
    value["segments"][1]["references"][1]["pixels_sha256"] = "0" * 64


def another_model(value: dict[str, Any]) -> None:
    value["segments"][1]["model"]["fingerprint"]["pixels"] = 0


def another_request(value: dict[str, Any]) -> None:
    value["segments"][1]["seed"]["requested"] = "99"


def another_look(value: dict[str, Any]) -> None:
    value["segments"][1]["visual"]["lens"]["focal_length_mm"] = 85


def another_prompt_sent(value: dict[str, Any]) -> None:
    value["segments"][1]["prompt_sent"] = "Else."


def another_length(value: dict[str, Any]) -> None:
    value["segments"][1]["clip"]["frames"] -= 1


CHANGES = [
    another_seed, another_prompt, another_lens, another_reference, another_model,
    another_request, another_look, another_prompt_sent, another_length,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_check_names_the_segment_whose_record_was_changed(film: Path, longvid: Longvid, change: Change) -> None:
    ran = longvid("replay", rewrite(film, change), "--check", "--json")
    wrong = [f["what"] for f in ran.last["findings"] if f["holds"] is False]
    assert ran.code == 1 and "segment 1 (s01)" in wrong and "segment 0 (s00)" not in wrong


def test_check_names_what_the_manifest_tells_in_two_ways(film: Path, longvid: Longvid) -> None:
    def change(value: dict[str, Any]) -> None:
        value["segments"][1]["determinism"] = "none"
        value["keyframes"][2]["image"]["pixels_sha256"] = "0" * 64

    ran = longvid("replay", rewrite(film, change), "--check", "--json")
    assert [f["what"] for f in ran.last["findings"] if f["holds"] is False] == ["manifest", "keyframe k02"]


def another_title(value: dict[str, Any]) -> None:
    value["plan"]["title"] = "Else"


def another_clip(value: dict[str, Any]) -> None:
    value["segments"][1]["clip"]["sha256"] = "0" * 64


def another_encoding(value: dict[str, Any]) -> None:
    value["film"]["options"]["crf"] = 19


def test_check_names_what_the_films_own_key_is_of(film: Path, longvid: Longvid, tmp_path: Path) -> None:
    first = manifest_path(film).read_bytes()
    alone = tmp_path / "alone.manifest.json"
    for change in (another_title, another_clip, another_encoding):
        manifest_path(film).write_bytes(first)
        ran = longvid("replay", shutil.copy(rewrite(film, change), alone), "--check", "--json")
        wrong = [f["what"] for f in ran.last["findings"] if f["holds"] is False]
        assert ran.code == 1 and "film's key" in wrong and "segment 0 (s00)" not in wrong


def test_check_reads_everything_and_renders_nothing(film: Path, longvid: Longvid, home: Path) -> None:
    before = sorted(p for p in home.rglob("*") if p.parent.name != "hashes")
    ran = longvid("replay", film, "--check", "--json")
    assert ran.code == 0, ran.out
    held = {f["what"]: f["holds"] for f in ran.last["findings"]}
    assert held == {
        "signature": None,
        "film": True,
        "frames": True,
        "keys": True,
        "clips": True,
        "references": True,
        "model animatic:animatic": True,
    }
    assert sorted(p for p in home.rglob("*") if p.parent.name != "hashes") == before


def test_check_names_a_changed_film_and_a_swapped_clip(film: Path, longvid: Longvid, home: Path) -> None:
    one, other = sorted(p for p in home.glob("clips/*/*.mkv"))
    one.write_bytes(other.read_bytes())
    with open(film, "ab") as file:
        file.write(b"\0")
    ran = longvid("replay", film, "--check", "--json")
    wrong = [f["what"] for f in ran.last["findings"] if f["holds"] is False]
    assert ran.code == 1 and "film" in wrong and len([w for w in wrong if w.startswith("segment")]) == 1
    assert {f["what"]: f["holds"] for f in ran.last["findings"]}["frames"], "the pictures in it are the same"


def test_another_frame_is_measured_against_the_bound(
    film: Path, longvid: Longvid, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clip of a segment replaced by one with other pixels, in store and manifest: what comes out is not that."""
    value = json.loads(manifest_path(film).read_text())
    record = value["segments"][1]
    shelf = home / "clips" / record["render_key"][:2]
    clip = next(shelf.glob(f"{record['render_key']}.mkv"))
    brighter(clip)

    def swap(value: dict[str, Any]) -> None:
        value["segments"][1]["clip"] |= {"sha256": sha256_file(clip), "frames_sha256": count_and_hash(clip)[1]}

    ran = longvid("replay", rewrite(film, swap), "--html", "page.html", "--json")
    assert ran.code == 1
    second = ran.last["segments"][1]
    assert (second["result"], second["compared"], second["bound"]["largest"]) == ("differs", "clip", 0)
    assert second["delta"]["first"] == 0 and 0 < second["delta"]["largest"] <= 10 and 0 < second["delta"]["ssim"] <= 1
    assert ran.last["segments"][0]["result"] == "identical bytes"
    page = Path("page.html").read_text()
    monkeypatch.setattr("longvid_core.cli.replay_page.MOST", 1)
    assert longvid("replay", film, "--html", "one.html").code == 1
    one = Path("one.html").read_text()
    assert one.count("<img") == 3 and "their difference" in one and "Stills of 1 segments" in one
    assert (
        page.count("<img") == 6
        and "their difference" in page
        and "no difference" in page
        and "http:" not in page
        and "https:" not in page
    )


def brighter(clip: Path) -> None:
    """Write the clip anew, ten levels brighter."""
    frames = [rgb_array(frame) for frame in iterate_frames(clip)]
    with ClipWriter(clip, 64, 48, 16, lambda: False) as writer:
        for frame in frames:
            writer.write(np.clip(frame.astype(np.int16) + 10, 0, 255).astype(np.uint8))


def test_a_film_that_is_encoded_otherwise_is_named(film: Path, longvid: Longvid) -> None:
    def coarser(value: dict[str, Any]) -> None:
        value["film"]["options"]["crf"] = 45

    ran = longvid("replay", rewrite(film, coarser), "--json")
    assert ran.code == 1 and [s["result"] for s in ran.last["segments"]] == ["identical bytes"] * 2
    again = ran.last["film_again"]
    assert again["result"] == "differs" and "encoded otherwise" in again["message"]
    assert again["delta"]["differing"] > 0 and again["delta"]["psnr_db"] > 20


def test_other_versions_are_told(film: Path, longvid: Longvid) -> None:
    def older(value: dict[str, Any]) -> None:
        value["environment"]["libraries"]["numpy"] = "1.0"

    ran = longvid("replay", rewrite(film, older))
    assert ran.code == 0 and "numpy: 1.0 -> " in ran.out and "the same film" in ran.out


def test_a_shared_manifest_is_checked_and_not_rendered(home: Path, longvid: Longvid) -> None:
    plan = small_plan(2)
    film = made(longvid, plan, "--share")
    words = [plan.title, "sea at dusk"]
    assert not [w for w in words for file in (film, manifest_path(film)) if w.encode() in file.read_bytes()]
    assert longvid("replay", film, "--check").code == 0
    ran = longvid("replay", film)
    assert ran.code == 2 and "shared without its words" in ran.err
    ran = longvid("render", "plan.json", "--share", "--slate", "-o", "other.mp4")
    assert ran.code == 2 and "a slate shows its prompts" in ran.err and not Path("other.mp4").exists()


def test_a_film_never_overwrites_the_one_it_is_compared_with(film: Path, longvid: Longvid, tmp_path: Path) -> None:
    before = film.read_bytes()
    ran = longvid("replay", film, "-o", tmp_path)
    assert ran.code == 2 and "the film itself lies there" in ran.err and film.read_bytes() == before
    assert longvid("bundle", film, "-o", "film.zip").code == 0
    ran = longvid("replay", "film.zip", "-o", ".")
    assert ran.code == 2 and "beside its bundle" in ran.err and film.read_bytes() == before
    Path("signed").mkdir()
    Path("signed/film.signature.json").write_text("{}")
    ran = longvid("replay", "film.zip", "-o", "signed")
    assert ran.code == 2 and "film.mp4 there is signed" in ran.err
    film.unlink()
    manifest = manifest_path(film).read_bytes()
    ran = longvid("replay", manifest_path(film), "-o", tmp_path)
    assert ran.code == 2 and "the manifest itself lies there" in ran.err and manifest_path(film).read_bytes() == manifest


def test_a_number_that_readers_take_differently_is_bad_input(film: Path, longvid: Longvid) -> None:
    def large(value: dict[str, Any]) -> None:
        value["environment"]["serial"] = 2**60

    assert "no canonical JSON" in longvid("replay", rewrite(film, large), "--check").err


@pytest.mark.parametrize(
    "args", [("--segments", "7"), ("--segments", ""), ("nothing.json",), ("--check", "--segments", "0"), ("--check", "-o", "x")]
)
def test_what_is_not_there_is_bad_input(film: Path, longvid: Longvid, args: tuple[str, ...]) -> None:
    named = args if args[0].endswith(".json") else (str(film), *args)
    assert longvid("replay", *named).code == 2


def test_a_signed_film_is_accepted_until_something_of_it_changes(film: Path, longvid: Longvid, tmp_path: Path) -> None:
    assert longvid("sign", "--init", "--folder", "keys").code == 0
    assert longvid("sign", film, "--folder", "keys").code == 0
    ran = longvid("replay", film, "--check", "--json")
    held = {f["what"]: f["holds"] for f in ran.last["findings"]}
    assert ran.code == 0, held
    assert held["signature: film"] and held["signature: manifest"] and held["frames"] and "film" not in held
    assert longvid("replay", film).code == 0, "what is made again is the film before it was signed"

    def cheaper(value: dict[str, Any]) -> None:
        value["segments"][0]["cost"]["estimated"] = 1  # no hash but the signature's is of this

    alone = tmp_path / "alone"
    alone.mkdir()
    for file in (manifest_path(film), film.with_suffix(".signature.json")):
        shutil.copy(file, alone)
    ran = longvid("replay", alone / "film.manifest.json", "--check", "--json")
    held = {f["what"]: f["holds"] for f in ran.last["findings"]}
    assert ran.code == 0 and held["signature: manifest"] and held["signature: signer"] and held["film"] is None
    shutil.copy(rewrite(film, cheaper), alone)
    ran = longvid("replay", alone / "film.manifest.json", "--check", "--json")
    assert ran.code == 1 and [f["what"] for f in ran.last["findings"] if f["holds"] is False] == ["signature: manifest"]
    ran = longvid("replay", film, "--check", "--json")
    assert ran.code == 1
    assert "signature: manifest" in [f["what"] for f in ran.last["findings"] if f["holds"] is False]
    film.with_suffix(".signature.json").unlink()
    ran = longvid("replay", film, "--check", "--json")
    assert ran.code == 1 and [f["what"] for f in ran.last["findings"] if f["holds"] is False] == ["film"]
