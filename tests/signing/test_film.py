"""Signing: what it puts into a film, what it leaves alone, and what an interruption leaves."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import c2pa
import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from PIL import Image, PngImagePlugin

from longvid_core import __version__
from longvid_core.errors import BadInput, NotEqual
from longvid_core.files import sha256_file
from longvid_core.media.boxes import boxes
from longvid_core.media.frames import count_and_hash
from longvid_core.media.images import asset_of
from longvid_core.media.tags import read_tags, write_tags
from longvid_core.planfile import load_plan
from longvid_core.signing.bare import credentials_span, without_credentials
from longvid_core.signing.credentials import read_credentials, write_credentials
from longvid_core.signing.film import sign_film
from longvid_core.signing.keys import Identity, load_identity
from longvid_core.signing.pictures import pictures_of
from longvid_core.signing.statement import read_statement

from .certificates import Authority
from .conftest import WORKFLOW, Reel, broken, copy_of

ROOT = Path(__file__).resolve().parents[2]


def credentials_of(path: Path, mime: str) -> list[dict]:
    """Every set of credentials in a file, the newest last, as the C2PA library reads them."""
    with open(path, "rb") as file, c2pa.Reader(mime, file) as reader:
        return list(json.loads(reader.json())["manifests"].values())


# -- what stays, and what comes -------------------------------------------------------------------------------------------------


def test_signing_changes_no_frame_no_tag_and_not_the_manifest(reel: Reel, own: Identity) -> None:
    before, manifest, tags = reel.film.read_bytes(), reel.manifest.read_bytes(), read_tags(reel.film)
    frames = count_and_hash(reel.film)
    assert tags.items() >= WORKFLOW.items()
    sign_film(reel.film, own)
    assert reel.film.read_bytes() != before and credentials_span(reel.film) is not None
    assert count_and_hash(reel.film) == frames and read_tags(reel.film) == tags
    assert reel.manifest.read_bytes() == manifest
    assert reel.files == ["a.manifest.json", "a.mp4", "a.signature.json"]


@pytest.mark.parametrize("name", ["a.mp4", "c.mov"])
def test_without_its_credentials_it_is_the_unsigned_film_byte_for_byte(
    shelf: Path, tmp_path: Path, own: Identity, name: str
) -> None:
    copy = copy_of(shelf, name, tmp_path / "reel")
    sign_film(copy.film, own)
    without_credentials(copy.film, tmp_path / "bare")
    assert (tmp_path / "bare").read_bytes() == (shelf / name).read_bytes()


def test_the_credentials_say_what_the_film_is_and_name_its_manifest(reel: Reel, own: Identity) -> None:
    signature = sign_film(reel.film, own).signature
    (said,) = credentials_of(reel.film, "video/mp4")
    assert said["title"] == "Small"
    assert said["claim_generator_info"][0]["name"] == "Longvid" and said["claim_generator_info"][0]["version"] == __version__
    claims = {a["label"]: a["data"] for a in said["assertions"]}
    (action,) = claims["c2pa.actions.v2"]["actions"]
    assert action["action"] == "c2pa.created"
    assert action["digitalSourceType"] == "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    assert claims["org.longvid.manifest"] == {"sha256": signature.manifest_sha256, "public_key": signature.public_key}
    assert said["signature_info"]["common_name"] == "Ann" and "time" not in said["signature_info"]


def test_the_file_beside_it_says_which_film_and_which_manifest_were_signed(reel: Reel, own: Identity) -> None:
    unsigned = sha256_file(reel.film)
    sign_film(reel.film, own)
    value = json.loads(reel.signature.read_text())
    assert value["schema"] == "longvid.signature/1" and value["signer"] == "Ann" and value["credentials"] is True
    assert value["unsigned_sha256"] == unsigned == json.loads(reel.manifest.read_text())["film"]["sha256"]
    assert value["signed_sha256"] == sha256_file(reel.film) != unsigned
    canonical = rfc8785.dumps(json.loads(reel.manifest.read_text()))
    assert value["manifest_sha256"] == hashlib.sha256(canonical).hexdigest()
    # all that a pipeline without C2PA needs:
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(value["public_key"]))
    key.verify(base64.b64decode(value["signature"]), canonical)


def test_neither_file_names_a_folder_or_a_key(signed: Reel, own_folder: Path) -> None:
    for file in (signed.film, signed.signature):
        data = file.read_bytes()
        assert str(own_folder).encode() not in data and str(signed.film.parent).encode() not in data
        assert b"PRIVATE KEY" not in data


@pytest.mark.parametrize("kind", ["p256", "p384", "p521", "rsa", "ed25519"])
def test_any_certificate_that_c2pa_takes_will_do(reel: Reel, tmp_path: Path, look, kind: str) -> None:
    authority = Authority(tmp_path / "studio")
    sign_film(reel.film, load_identity(*authority.leaf("The Colour House", kind)))
    verdict = look(reel)
    assert verdict.holds and verdict.signer.name == "The Colour House" and verdict.signer.trust == "unknown"
    assert verdict.signer.issuer == "Studio Authority" and verdict.signer.organization == "The Studio"


# -- again, by the same and by others -------------------------------------------------------------------------------------------


def test_signed_again_with_the_same_certificate_the_new_credentials_replace_the_old(signed: Reel, own: Identity, look) -> None:
    first = signed.film.stat().st_size
    sign_film(signed.film, own)
    assert len(credentials_of(signed.film, "video/mp4")) == 1
    assert abs(signed.film.stat().st_size - first) < 64 and look(signed).holds


def test_signed_by_another_the_earlier_credentials_stay_below(signed: Reel, tmp_path: Path, look) -> None:
    unsigned = json.loads(signed.signature.read_text())["unsigned_sha256"]
    studio = load_identity(*Authority(tmp_path / "studio").leaf("Studio"))
    for _ in range(2):
        signature = sign_film(signed.film, studio).signature
    by = [c["signature_info"]["common_name"] for c in credentials_of(signed.film, "video/mp4")]
    assert sorted(by) == ["Ann", "Studio", "Studio"]
    assert read_credentials(signed.film).earlier == 2 and read_credentials(signed.film).signer.name == "Studio"
    assert signature.unsigned_sha256 == unsigned and look(signed).holds


def test_a_film_that_was_changed_after_it_was_signed_is_not_signed_again(signed: Reel, own: Identity) -> None:
    data = bytearray(signed.film.read_bytes())
    data[-40] ^= 1
    signed.film.write_bytes(data)
    with pytest.raises(NotEqual, match="do not hold: the file has been changed"):
        sign_film(signed.film, own)
    assert signed.film.read_bytes() == data


def test_a_film_is_signed_with_its_own_manifest_only(reel: Reel, shelf: Path, own: Identity) -> None:
    before = reel.film.read_bytes()
    with pytest.raises(NotEqual, match="not the film that b.manifest.json tells of"):
        sign_film(reel.film, own, manifest=shelf / "b.manifest.json")
    write_tags(reel.film, {"comment": "changed since"})
    with pytest.raises(NotEqual, match="their hashes differ"):
        sign_film(reel.film, own)
    reel.film.write_bytes(before)
    reel.manifest.unlink()
    with pytest.raises(BadInput, match="cannot read the manifest"):
        sign_film(reel.film, own)
    assert reel.film.read_bytes() == before and reel.files == ["a.mp4"]


# -- where credentials do not fit -----------------------------------------------------------------------------------------------


def test_a_container_that_takes_no_credentials_stays_and_its_manifest_is_signed(
    shelf: Path, tmp_path: Path, own: Identity, look
) -> None:
    copy = copy_of(shelf, "d.mkv", tmp_path / "reel")
    signature = sign_film(copy.film, own).signature
    assert copy.film.read_bytes() == (shelf / "d.mkv").read_bytes()
    assert not signature.credentials and signature.signed_sha256 == signature.unsigned_sha256
    verdict = look(copy)
    assert verdict.holds and (verdict.signer.name, verdict.signer.trust) == ("Ann", "own")
    copy.film.write_bytes(copy.film.read_bytes()[:-9] + b"otherwise")
    assert "film" in broken(look(copy))


def test_detached_leaves_any_film_as_it_is(reel: Reel, own: Identity, look) -> None:
    before = reel.film.read_bytes()
    sign_film(reel.film, own, detached=True)
    assert reel.film.read_bytes() == before and look(reel).holds
    sign_film(reel.film, own)
    with pytest.raises(BadInput, match="carries credentials already"):
        sign_film(reel.film, own, detached=True)


def test_detached_needs_a_key_that_somebody_vouches_for(reel: Reel, tmp_path: Path, look) -> None:
    authority = Authority(tmp_path / "studio")
    with pytest.raises(BadInput, match="has no Ed25519 key"):
        sign_film(reel.film, load_identity(*authority.leaf("Studio")), detached=True)
    sign_film(reel.film, load_identity(*authority.leaf("Studio", "ed25519")), detached=True)
    assert look(reel).holds and look(reel).signer.name == "Studio"


# -- keyframes ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def stills(shelf: Path, tmp_path: Path) -> Path:
    """The film's keyframes, one of them with ComfyUI's text in it, their plan, and a picture that is none of them."""
    folder = tmp_path / "stills"
    folder.mkdir()
    for file in (shelf / "stills").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    text = PngImagePlugin.PngInfo()
    for name, value in WORKFLOW.items():
        text.add_itxt(name, value)
    with Image.open(folder / "segment_00.png") as first:
        first.load()
        first.save(folder / "segment_00.png", pnginfo=text)
    plan = json.loads((folder / "plan.json").read_text())
    plan["keyframes"][0]["image"]["sha256"] = sha256_file(folder / "segment_00.png")
    (folder / "plan.json").write_text(json.dumps(plan))
    Image.new("RGB", (64, 48), "red").save(folder / "note.png")
    return folder


def test_keyframes_are_signed_with_the_film_and_keep_pixels_and_text(reel: Reel, own: Identity, stills: Path, look) -> None:
    before = {p.name: asset_of(p).pixels_sha256 for p in stills.glob("*.png")}
    note = (stills / "note.png").read_bytes()
    signed = sign_film(reel.film, own, pictures=pictures_of(read_statement(reel.manifest), stills))
    assert [p.name for p in signed.pictures] == ["segment_00.png", "segment_01.png", "segment_02.png"]
    assert {p.name: asset_of(p).pixels_sha256 for p in stills.glob("*.png")} == before
    with Image.open(stills / "segment_00.png") as first:
        assert dict(first.text) == WORKFLOW
    (said,) = credentials_of(stills / "segment_01.png", "image/png")
    assert said["title"] == "Small, k01"
    assert (stills / "note.png").read_bytes() == note
    assert sorted(p.name for p in stills.iterdir()) == ["note.png", "plan.json", *(p.name for p in signed.pictures)]
    verdict = look(reel, pictures=signed.pictures)
    assert verdict.holds and sum(c.name == "keyframe" for c in verdict.checks) == 3


def test_the_plan_beside_signed_keyframes_still_loads(reel: Reel, own: Identity, stills: Path) -> None:
    before = load_plan(stills / "plan.json")
    pictures = pictures_of(read_statement(reel.manifest), stills)
    for _ in range(2):
        sign_film(reel.film, own, pictures=pictures)
        after = load_plan(stills / "plan.json")
    for old, new in zip(before.keyframes, after.keyframes, strict=True):
        assert old.image.pixels_sha256 == new.image.pixels_sha256 and old.image.sha256 != new.image.sha256
        assert old.source == new.source


@pytest.mark.parametrize("how", ["one byte", "another picture", "the signature stripped", "another film's"])
def test_a_keyframe_that_is_not_what_was_signed_is_named(
    reel: Reel, own: Identity, stills: Path, shelf: Path, tmp_path: Path, look, how: str
) -> None:
    signed = sign_film(reel.film, own, pictures=pictures_of(read_statement(reel.manifest), stills))
    victim = stills / "segment_01.png"
    if how == "one byte":
        data = bytearray(victim.read_bytes())
        data[-30] ^= 1
        victim.write_bytes(data)
    elif how == "another picture":
        victim.write_bytes((stills / "note.png").read_bytes())
    elif how == "the signature stripped":
        without_credentials(victim, victim)
    else:
        other = copy_of(shelf, "b.mp4", tmp_path / "other")
        sign_film(other.film, own, pictures=pictures_of(read_statement(other.manifest), shelf_copy(shelf, tmp_path / "more")))
        victim.write_bytes((tmp_path / "more" / "segment_01.png").read_bytes())
    verdict = look(reel, pictures=signed.pictures)
    assert broken(verdict) == {"keyframe"}
    (check,) = [c for c in verdict.checks if not c.holds]
    assert "segment_01.png" in check.message


def shelf_copy(shelf: Path, folder: Path) -> Path:
    folder.mkdir()
    for file in (shelf / "stills").glob("*.png"):
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


# -- interrupted ----------------------------------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
left = int(sys.argv[1])


def watch(event, args):
    global left
    changed = {"os.rename": 1, "os.remove": 0}.get(event)
    if changed is not None and os.path.basename(args[changed]).startswith("a."):  # what a person sees, and nothing hidden
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


from longvid_core.cli import main
sys.addaudithook(watch)
sys.exit(main(sys.argv[2:]))
"""


def test_killed_between_any_two_steps_there_is_a_whole_film_and_signing_again_finishes(
    signed: Reel, own: Identity, own_folder: Path, look
) -> None:
    """Signed once already, so that the first signature is one that must not stay beside the second film."""
    bare = json.loads(signed.signature.read_text())["unsigned_sha256"]
    seen, steps = set(), 0
    while True:
        command = [sys.executable, "-c", KILLED, str(steps), "sign", str(signed.film), "--folder", str(own_folder)]
        done = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=600)
        without_credentials(signed.film, signed.film.parent / "bare")
        assert sha256_file(signed.film.parent / "bare") == bare
        (signed.film.parent / "bare").unlink()
        if signed.signature.exists():
            assert look(signed).holds, "a signature stands beside a film that it is not of"
        seen.add(signed.signature.exists())
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        sign_film(signed.film, own)
        assert look(signed).holds and signed.files == ["a.manifest.json", "a.mp4", "a.signature.json"]
        steps += 1
    assert seen == {True, False} and steps >= 3


def test_a_disk_that_refuses_leaves_the_film_as_it_was(reel: Reel, own: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    from longvid_core.errors import StoreError

    before = reel.film.read_bytes()
    real = os.replace

    def full(source, target) -> None:
        if Path(target) == reel.film:
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(StoreError, match="the disk is full"):
        sign_film(reel.film, own)
    assert reel.film.read_bytes() == before and reel.files == ["a.manifest.json", "a.mp4"]


# -- a long film ----------------------------------------------------------------------------------------------------------------

MEASURED = """
import sys
from pathlib import Path
from longvid_core.signing.credentials import read_credentials, write_credentials
from longvid_core.signing.keys import load_identity
film, folder = Path(sys.argv[1]), Path(sys.argv[2])
signed, own = film.with_name("signed.mp4"), load_identity(folder / "cert.pem", folder / "key.pem")
write_credentials(film, signed, own, title="", manifest_sha256="a", public_key="b", again=False)
assert read_credentials(signed).fault is None
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def test_memory_does_not_grow_with_the_film(reel: Reel, own_folder: Path) -> None:
    with open(reel.film, "rb") as file:
        *_, (kind, body, end) = boxes(file, 0, reel.film.stat().st_size)
    assert kind == b"mdat" and end == reel.film.stat().st_size
    peaks = []
    for more in (1 << 20, 96 << 20):
        with open(reel.film, "r+b") as file:  # longer by so much of nothing
            file.seek(body - 8)
            file.write((end + more - body + 8).to_bytes(4, "big"))
            file.truncate(end + more)
        command = [sys.executable, "-c", MEASURED, str(reel.film), str(own_folder)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr
        peaks.append(int(done.stdout))
    assert peaks[1] < peaks[0] + 24_000, "kilobytes: of 95 MiB more, C2PA holds a few pieces at a time"


def test_media_data_in_several_boxes_is_signed_whole(reel: Reel, tmp_path: Path, own: Identity) -> None:
    """As other tools write it. The library mixes up the hashes of several boxes' pieces, now and then."""
    more = os.urandom(9000)
    with open(reel.film, "ab") as file:
        for start in range(0, 9000, 1000):
            file.write((8 + 1000).to_bytes(4, "big") + b"mdat" + more[start : start + 1000])
    signed = tmp_path / "signed.mp4"
    write_credentials(reel.film, signed, own, title="", manifest_sha256="a", public_key="b", again=False)
    read = read_credentials(signed)
    assert read is not None and read.fault is None
    with open(signed, "r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(bytes([more[-1] ^ 1]))
    read = read_credentials(signed)
    assert read is not None and read.fault == "the file has been changed since they were written"
