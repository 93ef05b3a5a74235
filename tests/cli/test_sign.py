"""`longvid sign` and `longvid verify`: from certificates of one's own to a film that others can check."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from longvid_core.cli import main
from tests.signing.certificates import Authority

from .conftest import Longvid, refused

PASSPHRASE = "planted-passphrase-0006"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with film.mp4, its manifest and its keyframes."""
    folder = tmp_path_factory.mktemp("made")
    shot = ["--segments", "2", "--size", "64x48", "--fps", "4", "--seconds", "2"]
    assert main(["plan", "A storm over the sea. A red boat.", *shot, "-o", str(folder / "plan.json")]) == 0
    assert main(["keyframes", str(folder / "plan.json"), "-o", str(folder / "stills")]) == 0
    assert main(["render", str(folder / "stills" / "plan.json"), "-o", str(folder / "film.mp4")]) == 0
    return folder


@pytest.fixture
def film(made: Path, tmp_path: Path) -> Path:
    """Copies of them here."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path / "film.mp4"


def test_certificates_of_ones_own_come_with_what_they_are_worth(longvid: Longvid, tmp_path: Path) -> None:
    ran = longvid("sign", "--init", "--folder", "keys", "--name", "Ann")
    assert ran.code == 0 and "certificates of Ann, valid to" in ran.out
    assert "It proves that the same key signed" in ran.out and "does not prove who holds the key" in ran.out
    assert "longvid verify FILM --trust ca.pem" in ran.out
    again = refused(longvid("sign", "--init", "--folder", "keys"))
    assert "none is ever replaced" in again and "--folder" in again


def test_without_a_certificate_the_way_to_one_is_shown(longvid: Longvid, film: Path) -> None:
    said = refused(longvid("sign", "film.mp4"))
    assert "longvid sign --init" in said and "--cert PEM --key PEM" in said


def test_init_sign_verify(longvid: Longvid, film: Path, tmp_path: Path) -> None:
    before = film.with_name("film.manifest.json").read_bytes()
    assert longvid("sign", "--init", "--name", "Ann").code == 0
    ran = longvid("sign", "film.mp4")
    assert ran.code == 0 and ran.out.startswith("film.mp4 is signed by Ann") and "film.signature.json" in ran.out
    assert film.with_name("film.manifest.json").read_bytes() == before
    ran = longvid("verify", "film.mp4")
    assert ran.code == 0 and "your own certificate" in " ".join(ran.out.split()) and "film.mp4 is what was signed" in ran.out
    value = longvid("verify", "film.mp4", "--json").last
    assert value["event"] == "done" and value["holds"] is True and value["signer"]["trust"] == "own"
    assert [c["name"] for c in value["checks"]] == ["credentials", "film", "frames", "manifest", "signer"]


def test_json_says_what_was_signed(longvid: Longvid, film: Path, tmp_path: Path) -> None:
    init = longvid("sign", "--init", "--json").last
    assert init["event"] == "done" and Path(init["authority"]).is_file() and "does not prove who" in init["worth"]
    done = longvid("sign", "film.mp4", "--keyframes", "stills", "--json").last
    beside = json.loads((tmp_path / "film.signature.json").read_text())
    assert done["event"] == "done" and done["signature"] == str(tmp_path / "film.signature.json")
    for field in ("unsigned_sha256", "signed_sha256", "manifest_sha256", "signer"):
        assert done[field] == beside[field]
    assert [Path(p).name for p in done["keyframes"]] == [f"segment_{i:02d}.png" for i in range(len(done["keyframes"]))]
    assert len(done["keyframes"]) > 1
    assert longvid("verify", "film.mp4", "--keyframes", "stills").code == 0
    assert longvid("render", "stills/plan.json", "-o", "again.mp4", "--json").last["film"]


def test_a_changed_film_ends_with_one_and_says_what(longvid: Longvid, film: Path) -> None:
    longvid("sign", "--init"), longvid("sign", "film.mp4")
    data = bytearray(film.read_bytes())
    data[-20] ^= 1
    film.write_bytes(data)
    ran = longvid("verify", "film.mp4")
    assert ran.code == 1 and "film.mp4 does not hold: credentials, film" in ran.out
    assert "Its bytes are others than those that were signed." in ran.out
    ran = longvid("verify", "film.mp4", "--json")
    assert ran.code == 1 and ran.last["holds"] is False and ran.last["event"] == "done"


def test_an_unsigned_film_ends_with_one(longvid: Longvid, film: Path) -> None:
    ran = longvid("verify", "film.mp4")
    assert ran.code == 1 and "film.mp4 is not signed" in ran.out
    assert "there is no film" in refused(longvid("verify", "none.mp4"))
    assert "Name the film that it tells of: film.mp4." in refused(longvid("verify", "film.manifest.json"))


def test_a_studios_certificate_is_trusted_by_who_names_its_authority(longvid: Longvid, film: Path, tmp_path: Path) -> None:
    studio, stranger = Authority(tmp_path / "studio"), Authority(tmp_path / "stranger")
    cert, key = studio.leaf("The Colour House", "rsa")
    assert longvid("sign", "film.mp4", "--cert", cert, "--key", key).code == 0
    ran = longvid("verify", "film.mp4")
    assert ran.code == 0 and "a certificate nobody here trusts" in " ".join(ran.out.split())
    assert "film.mp4 is what The Colour House signed, whoever that is" in ran.out
    ran = longvid("verify", "film.mp4", "--trust", studio.file)
    assert ran.code == 0 and "vouched for by Studio Authority" in " ".join(ran.out.split())
    ran = longvid("verify", "film.mp4", "--trust", stranger.file, "--json")
    assert ran.code == 1 and [c["name"] for c in ran.last["checks"] if not c["holds"]] == ["signer"]
    assert "holds no certificate" in refused(longvid("verify", "film.mp4", "--trust", key))


def test_settings_name_certificate_and_trust_once_for_all(longvid: Longvid, film: Path, tmp_path: Path) -> None:
    studio = Authority(tmp_path / "studio")
    cert, key = studio.leaf("The Colour House")
    (tmp_path / "longvid.yaml").write_text(f"signing:\n  cert: {cert}\n  key: {key}\n  trust: [{studio.file}]\n")
    assert "signed by The Colour House" in longvid("sign", "film.mp4").out
    assert longvid("verify", "film.mp4", "--json").last["signer"]["trust"] == "trusted"


def test_a_passphrase_comes_from_the_environment_and_shows_nowhere(
    longvid: Longvid, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGVID_SIGNING__PASSPHRASE", PASSPHRASE)
    outputs = [longvid("sign", "--init", "--folder", "keys"), longvid("sign", "film.mp4", "--folder", "keys", "--json")]
    monkeypatch.setenv("LONGVID_SIGNING__PASSPHRASE", f"{PASSPHRASE}-not")
    outputs.append(longvid("sign", "film.mp4", "--folder", "keys"))
    assert [ran.code for ran in outputs] == [0, 0, 2]
    monkeypatch.delenv("LONGVID_SIGNING__PASSPHRASE")
    assert "LONGVID_SIGNING__PASSPHRASE" in refused(longvid("sign", "film.mp4", "--folder", "keys"))
    said = "".join(ran.out + ran.err for ran in outputs).encode()
    written = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    assert PASSPHRASE.encode() not in said + written


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ([], "no film to sign"),
        (["--init", "film.mp4"], "FILM cannot go with --init"),
        (["film.mp4", "--key", "x.pem"], "--key needs the certificate"),
        (["film.mp4", "--name", "Ann"], "--name goes with --init"),
        (["none.mp4", "--cert", "x.pem"], "x.pem"),
        (["film.manifest.json"], "Name the film that it tells of: film.mp4."),
    ],
)
def test_what_does_not_go_together_is_refused(longvid: Longvid, film: Path, args: list[str], why: str) -> None:
    assert why in refused(longvid("sign", *args))


def test_a_folder_without_keyframes_of_this_film_is_refused(longvid: Longvid, film: Path, tmp_path: Path) -> None:
    longvid("sign", "--init")
    (tmp_path / "empty").mkdir()
    assert "holds no PNG" in refused(longvid("sign", "film.mp4", "--keyframes", "empty"))
    assert "does not exist" in refused(longvid("sign", "film.mp4", "--keyframes", "none"))
    assert not (tmp_path / "film.signature.json").exists()


def test_without_the_extra_the_message_names_it(longvid: Longvid, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "c2pa", None)
    assert longvid("sign", "--init").code == 0
    said = refused(longvid("sign", "film.mp4"))
    assert "c2pa-python" in said and 'pip install "longvid[sign]"' in said
    assert 'pip install "longvid[sign]"' in refused(longvid("verify", "film.mp4"))
