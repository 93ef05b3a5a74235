"""The manifest beside a film: complete, and silent about who made it where."""

from __future__ import annotations

import getpass
import hashlib
import json
import socket
from pathlib import Path

from longvid_core.manifest.build import manifest_path, write_manifest
from longvid_core.models import Manifest
from longvid_core.render.film import export_film
from tests.films import Studio, small_plan


def test_the_manifest_says_what_made_the_film(tmp_path: Path) -> None:
    made = Studio(tmp_path / "home").make(small_plan(3, cuts=(2,)))
    film = tmp_path / "film.mp4"
    release = export_film(made, film)
    write_manifest(release, manifest_path(film))
    value = json.loads((tmp_path / "film.manifest.json").read_text())
    assert value["schema"] == "longvid.manifest/1"
    assert value["film"]["sha256"] == hashlib.sha256(film.read_bytes()).hexdigest()
    assert value["film"]["frames"] == sum(s["clip"]["frames"] for s in value["segments"]) - 1
    assert [s["outcome"] for s in value["segments"]] == ["rendered"] * 3
    assert {s["determinism"] for s in value["segments"]} == {"bit-exact"}
    segment = value["segments"][1]
    assert segment["seed"]["requested"] == segment["seed"]["sent"] and segment["seed"]["sent"].isdigit()
    assert [r["role"] for r in segment["references"]] == ["first", "last"]
    shared = value["segments"][0]["references"][1], segment["references"][0]
    assert shared[0]["pixels_sha256"] == shared[1]["pixels_sha256"]
    assert segment["attempts"][0]["state"] == "rendered" and segment["cost"]["paid"] == 0
    assert value["environment"]["ffmpeg"] and value["environment"]["libraries"]["numpy"]
    assert Manifest.model_validate(value).film.frames == value["film"]["frames"]


def test_it_names_no_folder_user_or_host(tmp_path: Path) -> None:
    made = Studio(tmp_path / "home").make(small_plan(1))
    write_manifest(made, tmp_path / "m.json")
    text = (tmp_path / "m.json").read_text()
    assert str(tmp_path) not in text and "/" + getpass.getuser() not in text and socket.gethostname() not in text
