"""Checking: whatever was changed, swapped or taken away since a film was signed has a name."""

from __future__ import annotations

import datetime
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from longvid_core.media.boxes import boxes
from longvid_core.media.tags import write_tags
from longvid_core.signing import verify
from longvid_core.signing.bare import credentials_span, without_credentials
from longvid_core.signing.film import sign_film
from longvid_core.signing.keys import Identity, load_identity
from longvid_core.signing.verify import authorities, verify_film

from .certificates import Authority
from .conftest import Reel, broken, copy_of


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def inside(film: Path, kind: bytes) -> int:
    """A place in the middle of a box of that kind."""
    with open(film, "rb") as file:
        return next((body + end) // 2 for name, body, end in boxes(file, 0, film.stat().st_size) if name == kind)


def test_what_was_signed_holds(signed: Reel, look) -> None:
    verdict = look(signed)
    assert verdict.holds and [c.name for c in verdict.checks] == ["credentials", "film", "frames", "manifest", "signer"]
    assert (verdict.signer.name, verdict.signer.trust) == ("Ann", "own")


def test_an_unsigned_film_is_said_to_be_one(reel: Reel, look) -> None:
    verdict = look(reel)
    assert not verdict.holds and verdict.signer is None
    assert "a.mp4 is not signed" in verdict.check("credentials").message and verdict.check("frames").holds


# -- one byte -------------------------------------------------------------------------------------------------------------------


def test_a_byte_of_the_pictures(signed: Reel, look) -> None:
    flip(signed.film, inside(signed.film, b"mdat"))
    verdict = look(signed)
    assert {"credentials", "film"} <= broken(verdict)
    assert verdict.signer.trust == "own" and verdict.check("signer").holds, "who signed it is as well known as before"


def test_a_byte_of_the_index(signed: Reel, look) -> None:
    flip(signed.film, inside(signed.film, b"moov"))
    assert {"credentials", "film"} <= broken(look(signed))


def test_a_byte_that_no_player_and_no_credentials_look_at(signed: Reel, look) -> None:
    flip(signed.film, 12)  # ftyp, which C2PA leaves out
    assert "film" in broken(look(signed))


def test_a_byte_of_the_credentials(signed: Reel, look) -> None:
    span = credentials_span(signed.film)
    whole = signed.film.read_bytes()
    for at in range(span.start, span.end, (span.end - span.start) // 24):
        flip(signed.film, at)
        assert "film" in broken(look(signed)), at
        signed.film.write_bytes(whole)


def test_a_byte_of_the_manifest(signed: Reel, look) -> None:
    flip(signed.manifest, signed.manifest.read_bytes().index(b"Shot 1") + 5)
    verdict = look(signed)
    assert broken(verdict) == {"manifest"} and "not the one that was signed" in verdict.check("manifest").message


def test_a_byte_of_any_field_of_the_signature(signed: Reel, look) -> None:
    value = json.loads(signed.signature.read_text())
    for field in (*value, "BEGIN", "END CERT"):
        whole = signed.signature.read_bytes()
        start = whole.index(field.encode())
        for at in (start, start + len(field) + 6):
            flip(signed.signature, at)
            assert broken(look(signed)), (field, at)
            signed.signature.write_bytes(whole)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda text: text.replace("signature/1", "signature/2"), "Upgrade Longvid"),
        (lambda text: text.replace('"signer"', '"signer": "Eve", "signer"'), "'signer' stands in it twice"),
        (lambda text: "[" * 100_000, "is damaged"),
    ],
)
def test_a_signature_that_cannot_be_read_says_why(signed: Reel, look, change: Callable[[str], str], why: str) -> None:
    signed.signature.write_text(change(signed.signature.read_text()))
    verdict = look(signed)
    assert not verdict.holds and why in verdict.check("manifest").message


def test_a_byte_anywhere(signed: Reel, look, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(6)
    for file in (signed.film, signed.manifest, signed.signature):
        whole = file.read_bytes()
        for _ in range(40):
            at = dice.randrange(len(whole))
            flip(file, at)
            assert not look(signed).holds, (file.name, at)
            file.write_bytes(whole)
    assert look(signed).holds


# -- something taken away or put in its place -----------------------------------------------------------------------------------


def test_the_film_as_it_was_before_it_was_signed(signed: Reel, shelf: Path, look) -> None:
    signed.film.write_bytes((shelf / "a.mp4").read_bytes())
    verdict = look(signed)
    assert broken(verdict) == {"credentials", "film"}
    assert "as it was before it was signed, byte for byte" in verdict.check("credentials").message


def test_a_film_made_anew_beside_an_old_signature(signed: Reel, shelf: Path, look) -> None:
    signed.film.write_bytes((shelf / "b.mp4").read_bytes())
    signed.manifest.write_bytes((shelf / "b.manifest.json").read_bytes())
    verdict = look(signed)
    assert not verdict.holds and "the signature beside it is another film's" in verdict.check("credentials").message


def test_a_film_stripped_of_its_credentials_by_another_tool(signed: Reel, look) -> None:
    without_credentials(signed.film, signed.film)
    write_tags(signed.film, {"comment": "copied"})
    verdict = look(signed)
    assert broken(verdict) == {"credentials", "film"} and "carries none now" in verdict.check("credentials").message


def test_another_film_in_its_place(signed: Reel, shelf: Path, tmp_path: Path, own: Identity, look) -> None:
    other = copy_of(shelf, "b.mp4", tmp_path / "other")
    sign_film(other.film, own)
    a, b = signed.film.read_bytes(), other.film.read_bytes()
    signed.film.write_bytes(b), other.film.write_bytes(a)
    for swapped in (signed, other):
        verdict = look(swapped)
        assert {"credentials", "film", "frames"} <= broken(verdict)
        assert "this is another film" in verdict.check("credentials").message


def test_another_manifest_or_signature_in_its_place(signed: Reel, shelf: Path, tmp_path: Path, own: Identity, look) -> None:
    other = copy_of(shelf, "b.mp4", tmp_path / "other")
    sign_film(other.film, own)
    manifest, signature = signed.manifest.read_bytes(), signed.signature.read_bytes()
    signed.manifest.write_bytes(other.manifest.read_bytes())
    assert {"frames", "film", "manifest"} <= broken(look(signed))
    signed.manifest.write_bytes(manifest)
    signed.signature.write_bytes(other.signature.read_bytes())
    assert {"film", "manifest"} <= broken(look(signed))
    signed.signature.write_bytes(signature)
    assert look(signed).holds


@pytest.mark.parametrize("what", ["signature", "manifest"])
def test_what_is_missing_is_named(signed: Reel, look, what: str) -> None:
    missing = getattr(signed, what)
    missing.unlink()
    verdict = look(signed)
    assert "manifest" in broken(verdict) and missing.name in verdict.check("manifest").message
    assert verdict.check("credentials").holds and verdict.signer.name == "Ann"


def test_frames_that_are_not_the_manifests(signed: Reel, own: Identity, shelf: Path, tmp_path: Path, look) -> None:
    """A signer who lies about the frames, with everything else in order."""
    manifest = json.loads(signed.manifest.read_text())
    manifest["film"]["frames_sha256"] = "0" * 64
    signed.manifest.write_text(json.dumps(manifest))
    sign_film(signed.film, own)
    verdict = look(signed)
    assert broken(verdict) == {"frames"} and "as many, but others" in verdict.check("frames").message


def test_a_signature_by_somebody_else_beside_the_film(signed: Reel, tmp_path: Path, reel: Reel, shelf: Path, look) -> None:
    """Somebody signs the manifest anew, under the same name, and leaves the film."""
    forger = load_identity(*Authority(tmp_path / "forger").leaf("Ann", "ed25519"))
    copy = copy_of(shelf, "a.mp4", tmp_path / "copy")
    sign_film(copy.film, forger)
    value = json.loads(copy.signature.read_text())
    value["signed_sha256"] = json.loads(signed.signature.read_text())["signed_sha256"]
    signed.signature.write_text(json.dumps(value))
    assert broken(look(signed)) == {"manifest"}


# -- what is no change ----------------------------------------------------------------------------------------------------------


def test_a_manifest_in_another_order_and_indentation_is_the_same(signed: Reel, look) -> None:
    value = json.loads(signed.manifest.read_text())
    signed.manifest.write_text(json.dumps(dict(reversed(value.items())), indent=7))
    assert look(signed).holds


def test_a_name_that_stands_twice_is_not(signed: Reel, look) -> None:
    """The last one is what was signed; another reader would take the first."""
    text = signed.manifest.read_text()
    signed.manifest.write_text(text.replace('"film": {', '"film": {"frames": 99999,', 1))
    verdict = look(signed)
    assert "manifest" in broken(verdict) and "twice" in verdict.check("manifest").message


def test_the_three_files_may_be_moved_together(signed: Reel, tmp_path: Path, look) -> None:
    moved = Reel(tmp_path / "release" / "final.mp4")
    moved.film.parent.mkdir()
    for old, new in ((signed.film, moved.film), (signed.manifest, moved.manifest), (signed.signature, moved.signature)):
        old.rename(new)
    assert look(moved).holds


# -- who ------------------------------------------------------------------------------------------------------------------------


def test_a_named_authority_is_trusted_and_no_other(reel: Reel, tmp_path: Path) -> None:
    studio, stranger = Authority(tmp_path / "studio"), Authority(tmp_path / "stranger")
    sign_film(reel.film, load_identity(*studio.leaf("Studio")))
    trusted = verify_film(reel.film, trust=authorities(others=[stranger.file, studio.file]), must_trust=True)
    assert trusted.holds and trusted.signer.trust == "trusted" and "Studio Authority" in trusted.check("signer").message
    for must, holds in ((True, False), (False, True)):
        unknown = verify_film(reel.film, trust=authorities(others=[stranger.file]), must_trust=must)
        assert unknown.signer.trust == "unknown" and unknown.holds is holds
        assert "nobody here trusts" in unknown.check("signer").message


def test_a_certificate_of_the_same_name_is_not_ones_own(reel: Reel, tmp_path: Path, own: Identity, look) -> None:
    sign_film(reel.film, load_identity(*Authority(tmp_path / "forger", name="Ann (authority)").leaf("Ann")))
    verdict = look(reel)
    assert (verdict.signer.name, verdict.signer.trust) == ("Ann", "unknown")


@pytest.mark.parametrize("detached", [False, True])
def test_a_detached_signature_is_trusted_alike(reel: Reel, tmp_path: Path, detached: bool) -> None:
    studio, stranger = Authority(tmp_path / "studio"), Authority(tmp_path / "stranger")
    sign_film(reel.film, load_identity(*studio.leaf("Studio", "ed25519")), detached=detached)
    assert verify_film(reel.film, trust=authorities(others=[studio.file])).signer.trust == "trusted"
    assert verify_film(reel.film, trust=authorities(others=[stranger.file])).signer.trust == "unknown"


def test_an_expired_certificate_proves_nothing_about_when(reel: Reel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but the clock says when a detached signature was made, so one by a certificate that is over may be from after."""
    studio = Authority(tmp_path / "studio")
    sign_film(reel.film, load_identity(*studio.leaf("Studio", "ed25519")), detached=True)
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=400)
    monkeypatch.setattr("longvid_core.signing.keys._now", lambda: later)
    verdict = verify_film(reel.film, trust=authorities(others=[studio.file]), must_trust=True)
    assert verdict.signer.expired and verdict.signer.trust == "unknown" and broken(verdict) == {"signer"}
    assert "has expired" in verdict.check("signer").message


def test_no_network_is_asked(signed: Reel, look, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*args: object, **more: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    assert look(signed).holds
    assert verify.read_credentials(signed.film).fault is None
