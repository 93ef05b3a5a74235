"""Certificates and keys: those one makes here, and those one brings."""

from __future__ import annotations

import datetime
import os
import stat
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as s
from cryptography.x509.oid import ExtendedKeyUsageOID

from longvid_core.errors import BadInput, MissingTool
from longvid_core.signing.authority import make_own
from longvid_core.signing.film import sign_film
from longvid_core.signing.keys import certificates_in, load_identity, name_of, vouched_for

from .certificates import Authority
from .conftest import Reel

DAY = datetime.timedelta(days=1)


def test_what_init_makes_can_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    folder = make_own(tmp_path / "deep" / "signing", name="Ann").folder
    names = {p.name: stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()}
    assert set(names) == {"ca.pem", "cert.pem", "key.pem", "manifest.cert.pem", "manifest.key.pem"}
    assert names["key.pem"] == names["manifest.key.pem"] == 0o600
    assert [p.name for p in folder.parent.iterdir()] == ["signing"]


def test_a_careless_umask_changes_nothing_about_that(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = make_own(tmp_path / "signing").folder
    finally:
        os.umask(before)
    assert not any(p.stat().st_mode & 0o077 for p in folder.glob("*key.pem"))


def test_the_authority_vouches_for_these_two_and_its_key_is_nowhere(tmp_path: Path) -> None:
    folder = make_own(tmp_path / "signing", name="Ann").folder
    (authority,) = certificates_in(folder / "ca.pem")
    for name in ("cert.pem", "manifest.cert.pem"):
        chain = certificates_in(folder / name)
        assert name_of(chain[0]) == "Ann" and vouched_for(chain, [authority])
    secrets = [s.load_pem_private_key(p.read_bytes(), None) for p in folder.glob("*key.pem")]
    publics = [k.public_key().public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo) for k in secrets]
    own = authority.public_key().public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo)
    assert len(publics) == 2 and own not in publics


def test_two_people_get_two_names_and_neither_is_the_machines(tmp_path: Path) -> None:
    import getpass
    import socket

    made = [make_own(tmp_path / f"{i}") for i in range(2)]
    assert made[0].name != made[1].name
    text = "".join(str(c.subject) for m in made for c in certificates_in(m.folder / "cert.pem"))
    assert socket.gethostname() not in text and f"={getpass.getuser()}" not in text


def test_certificates_are_never_replaced(tmp_path: Path) -> None:
    folder = make_own(tmp_path / "signing").folder
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    with pytest.raises(BadInput, match="none is ever replaced"):
        make_own(folder)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    with pytest.raises(BadInput, match="is not empty"):
        make_own(tmp_path / "full")
    (tmp_path / "empty").mkdir()
    assert make_own(tmp_path / "empty").authority.is_file()


@pytest.mark.parametrize("name", ["", " ", "x" * 49, "a\nb", "\ud800"])
def test_a_name_that_no_certificate_holds_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="--name"):
        make_own(tmp_path / "signing", name=name or " ")
    assert not (tmp_path / "signing").exists()


def test_a_passphrase_locks_both_keys(tmp_path: Path) -> None:
    folder = make_own(tmp_path / "signing", passphrase="open sesame").folder
    for file in folder.glob("*key.pem"):
        assert b"ENCRYPTED" in file.read_bytes()
    pair = folder / "cert.pem", folder / "key.pem"
    assert load_identity(*pair, passphrase="open sesame").manifest_key is not None
    with pytest.raises(BadInput, match="locked with a passphrase") as said:
        load_identity(*pair)
    assert "LONGVID_SIGNING__PASSPHRASE" in str(said.value)
    with pytest.raises(BadInput, match="does not open it") as said:
        load_identity(*pair, passphrase="close sesame")
    assert "sesame" not in str(said.value)


def test_keys_of_any_form_are_read_where_they_are(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    cert, key = authority.leaf("Old style", form=s.PrivateFormat.TraditionalOpenSSL)
    assert b"EC PRIVATE KEY" in key.read_bytes() and load_identity(cert, key).algorithm == "es256"
    cert.write_bytes(key.read_bytes() + cert.read_bytes())
    assert load_identity(cert).name == "Old style"
    assert load_identity(*authority.leaf("Unlocked"), passphrase="needless").name == "Unlocked"


def test_a_chain_in_any_order_is_put_in_order(tmp_path: Path) -> None:
    cert, key = Authority(tmp_path).leaf("Studio")
    first, second = cert.read_text().split("-----END CERTIFICATE-----\n")[:2]
    cert.write_text("".join(part + "-----END CERTIFICATE-----\n" for part in (second, first)))
    assert [name_of(c) for c in load_identity(cert, key).chain] == ["Studio", "Studio Authority"]


def test_a_certificate_that_does_not_fit_says_why(tmp_path: Path, reel: Reel) -> None:
    authority = Authority(tmp_path / "a")
    cert, key = authority.leaf("One")
    _, other = authority.leaf("Two")
    before = reel.film.read_bytes()
    for pair, why in (
        ((cert, other), "does not belong to the certificate"),
        ((cert, cert), "holds no private key"),
        ((key, key), "holds no certificate"),
        ((tmp_path / "none.pem", key), "no such file"),
        (authority.leaf("Old", valid=(-9 * DAY, -DAY)), "expired on"),
        (authority.leaf("Young", valid=(DAY, 9 * DAY)), "not valid before"),
        (authority.leaf("Odd", "k1"), "C2PA knows no signatures"),
    ):
        with pytest.raises(BadInput, match=why):
            load_identity(*pair)
    with pytest.raises(BadInput, match="C2PA does not take the certificate of Server") as said:
        sign_film(reel.film, load_identity(*authority.leaf("Server", use=ExtendedKeyUsageOID.SERVER_AUTH)))
    assert "emailProtection" in str(said.value)
    assert reel.film.read_bytes() == before and reel.files == ["a.manifest.json", "a.mp4"]


@pytest.mark.parametrize("package", ["c2pa", "cryptography.x509"])
def test_without_the_extra_the_message_names_it(reel: Reel, own, look, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingTool, match=r"longvid\[sign\]"):
        look(reel)
