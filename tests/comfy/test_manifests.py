"""What goes out with a film from the canvas, and a film's way back onto it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from longvid_core.manifest.bundle import opened_bundle
from longvid_core.media.tags import read_tags
from longvid_core.models import Manifest
from longvid_core.seeds import segment_seed
from longvid_core.signing.verify import verify_film
from tests.comfy.client import Client, Ended, Prompt, node_id, small, with_inputs
from tests.signing.certificates import Authority

WORKFLOW = {"nodes": [], "note": "what the canvas held"}
WRITER, LOADER = "LongvidManifestWriter", "LongvidManifestLoader"


def film_of(comfy: Client, prompt: Prompt, outputs: dict) -> Path:
    return comfy.saved(outputs, node_id(prompt, "LongvidConcat"))


def manifest_beside(film: Path) -> Manifest:
    return Manifest.model_validate_json(film.with_suffix(".manifest.json").read_text(encoding="utf-8"))


def text_of(prompt: Prompt, outputs: dict, class_type: str) -> str:
    return "\n".join(outputs[node_id(prompt, class_type)]["text"])


def loaded(path: str, prompt: Prompt) -> Prompt:
    """Clips and film of a manifest, rendered and joined as `prompt` does it."""
    remote, concat = (prompt[node_id(prompt, kind)]["inputs"] for kind in ("LongvidRemoteVideo", "LongvidConcat"))
    return {
        "m": {"class_type": LOADER, "inputs": {"path": path}},
        "r": {"class_type": "LongvidRemoteVideo", "inputs": {**remote, "plan": ["m", 0], "keyframes": ["m", 1]}},
        "c": {"class_type": "LongvidConcat", "inputs": {**concat, "clips": ["r", 0]}},
        "s": {"class_type": "PreviewAny", "inputs": {"source": ["m", 2]}},
    }


def test_a_film_goes_out_signed_with_all_that_belongs_to_it_and_its_workflow_stays_in_it(fresh: Client, tmp_path: Path) -> None:
    cert, key = Authority(tmp_path).leaf("The Colour House")
    exports = {"timeline": "otio", "bundle": "references", "frames": "png 8 bit"}
    prompt = with_inputs(small("keyframe_mode"), WRITER, certificate=str(cert), certificate_key=str(key), **exports)
    outputs = fresh.run(prompt, WORKFLOW)
    film = film_of(fresh, prompt, outputs)
    said = text_of(prompt, outputs, WRITER)
    assert "determinism: bit-exact" in said and "signed by The Colour House" in said and f"wrote {film.stem}.otio" in said
    assert json.loads(read_tags(film)["workflow"]) == WORKFLOW
    verdict = verify_film(film)
    assert [c.name for c in verdict.checks if not c.holds] == [] and verdict.signer and verdict.signer.name == "The Colour House"
    manifest = manifest_beside(film)
    assert len(json.loads((film.parent / f"{film.stem}_frames" / "frames.json").read_text())["frames"]) == manifest.film.frames
    with opened_bundle(film.with_suffix(".bundle.zip")) as bundle:
        assert bundle.canvas()["workflow"] == WORKFLOW

    again = fresh.run(prompt, WORKFLOW)  # over the signed film: it is the same one, unsigned first and signed anew
    assert film_of(fresh, prompt, again) == film and manifest_beside(film).film == manifest.film
    assert [c.name for c in verify_film(film).checks if not c.holds] == []
    assert json.loads(read_tags(film)["workflow"]) == WORKFLOW
    plain = with_inputs(prompt, WRITER, certificate="", share=True)
    assert film_of(fresh, plain, fresh.run(plain, WORKFLOW)) == film
    assert not {"prompt", "workflow", "title"} & set(read_tags(film)), "what is shared without its words has none in its tags"
    assert not film.with_suffix(".signature.json").exists()  # its prompt is another one now, its frames are not
    assert manifest_beside(film).film.frames_sha256 == manifest.film.frames_sha256
    fresh.run(with_inputs(plain, WRITER, share=False), WORKFLOW)
    assert {"prompt", "workflow", "title"} <= set(read_tags(film)), "and has them again where it is not shared"


@pytest.mark.parametrize("mode", ["keyframe", "chaining"])
def test_a_film_comes_back_from_its_manifest_and_costs_nothing(fresh: Client, mode: str) -> None:
    prompt = small(f"{mode}_mode")
    film = film_of(fresh, prompt, fresh.run(prompt))
    manifest = manifest_beside(film)
    named = film.with_suffix(".manifest.json").relative_to(fresh.host.output).as_posix()
    back = loaded(f"{named} [output]", prompt)
    outputs = fresh.run(back)
    assert fresh.outcomes() == ["cached"] * len(manifest.plan.segments)
    said = text_of(back, outputs, LOADER)
    assert manifest.plan.title in said and "from the store" in said and "drawn anew" not in said
    seeds = [str(segment_seed(manifest.plan, s)) for s in manifest.plan.segments]
    assert list(outputs["s"]["text"]) == seeds
    assert film_of(fresh, back, outputs) == film


def test_the_nodes_say_what_is_wrong_and_what_to_do(fresh: Client) -> None:
    prompt = small("keyframe_mode")
    with pytest.raises(Ended, match="no manifest is named"):
        fresh.run(loaded("", prompt))
    with pytest.raises(Ended, match="there is no file"):
        fresh.run(loaded("none.manifest.json", prompt))
    with pytest.raises(Ended, match="(?s)none at 16 frames a second.*--otio"):
        fresh.run(with_inputs(prompt, WRITER, timeline="edl"))
