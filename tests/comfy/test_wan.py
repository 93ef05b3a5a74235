"""Wan2.1 FLF2V Sampler in a real ComfyUI, with tiny models at the true architecture."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from longvid_core.media.frames import iterate_frames, last_frame
from longvid_core.media.images import load_rgb, pixels_sha256
from tests.comfy.client import Client, Ended, Prompt
from tests.comfy.wan import (
    JOIN,
    MANIFEST,
    MODEL,
    SAMPLER,
    STEPS,
    by_hand,
    hold,
    noted,
    sampled,
    switch,
    wan_plan,
    wan_prompt,
    with_pictures,
)
from tests.films import changed


def manifest(comfy: Client, outputs: dict[str, Any]) -> dict[str, Any]:
    return json.loads(comfy.saved(outputs, MANIFEST).read_text(encoding="utf-8"))


def frames_of(found: dict[str, Any]) -> list[str]:
    return [segment["clip"]["frames_sha256"] for segment in found["segments"]]


def keys_of(found: dict[str, Any]) -> list[str]:
    return [segment["render_key"] for segment in found["segments"]]


def refused(comfy: Client, prompt: Prompt) -> str:
    """The message on the sampler, of a prompt that does not get as far as sampling."""
    before = sampled(comfy)
    with pytest.raises(Ended) as ended:
        comfy.run(prompt)
    assert ended.value.message["node_type"] == "LongvidWanFLF2VSampler"
    assert sampled(comfy) == before
    return str(ended.value.message["exception_message"])


def test_a_film_is_sampled_once_and_never_again(tiny: Client) -> None:
    plan = wan_plan(4, cuts=(2,))
    outputs = tiny.run(wan_prompt(plan))
    assert sampled(tiny) == 4 * STEPS
    first = manifest(tiny, outputs)
    assert first["film"]["frames"] == 4 * 5 - 2
    assert {s["determinism"] for s in first["segments"]} == {"bit-exact"}
    made = first["segments"][0]["made"]
    assert made["device"] == "cpu" and made["noise"] == {"device": "cpu", "seed": first["segments"][0]["seed"]["sent"]}
    assert made["sigmas"][0] == 1.0 and made["sigmas"][-1] == 0.0 and len(made["sigmas"]) == STEPS + 1
    assert "sampler_noise" not in made
    assert len(set(frames_of(first))) == 4

    tiny.run(wan_prompt(plan))
    assert sampled(tiny) == 4 * STEPS
    assert tiny.outcomes() == ["cached"] * 4

    tiny.free()
    ran = tiny.watch(wan_prompt(plan)).ran
    assert SAMPLER in ran and not ran & {MODEL, "steps", "text", "vae", "vision"}, "no model is loaded to find that all is there"


def test_the_same_frames_come_out_twice(tiny: Client) -> None:
    prompt = wan_prompt(wan_plan(2))
    first = manifest(tiny, tiny.run(prompt))
    shutil.rmtree(tiny.home)
    tiny.free()
    second = manifest(tiny, tiny.run(prompt))
    assert sampled(tiny) == 2 * 2 * STEPS
    assert frames_of(first) == frames_of(second)
    assert first["film"]["sha256"] == second["film"]["sha256"]


def test_the_pixels_are_those_of_the_same_graph_wired_by_hand(tiny: Client, tmp_path: Path) -> None:
    plan = with_pictures(wan_plan(2), tmp_path)

    def save(at: str) -> Prompt:
        return {f"{at} saved": {"class_type": "SaveImage", "inputs": {"images": [f"{at} decoded", 0], "filename_prefix": at}}}

    by_core = tiny.run(by_hand(plan, tiny.host, save))
    ours = manifest(tiny, tiny.run(wan_prompt(plan)))
    for number, segment in enumerate(plan.segments):
        clip = next((tiny.home / "clips").rglob(f"{ours['segments'][number]['render_key']}.mkv"))
        saved = [load_rgb(tiny.host.output / image["filename"]) for image in by_core[f"{segment.id} saved"]["images"]]
        found = [frame.to_image().convert("RGB") for frame in iterate_frames(clip)]
        assert len(found) == len(saved) == segment.frames
        assert max(np.abs(np.asarray(a, int) - np.asarray(b, int)).max() for a, b in zip(found, saved, strict=True)) <= 1


def test_one_changed_prompt_is_one_sampling(tiny: Client) -> None:
    plan = wan_plan(4)
    before = manifest(tiny, tiny.run(wan_prompt(plan)))
    count = sampled(tiny)
    after = manifest(tiny, tiny.run(wan_prompt(changed(plan, 2, prompt="Suddenly: lightning."))))
    assert sampled(tiny, count) == STEPS
    assert tiny.outcomes() == ["cached", "cached", "rendered", "cached"]
    same = [a == b for a, b in zip(frames_of(before), frames_of(after), strict=True)]
    assert same == [True, True, False, True]


def test_texts_are_encoded_before_anything_is_sampled_and_only_those_that_are_needed(tiny: Client) -> None:
    plan = wan_plan(4)
    tiny.run(wan_prompt(plan))
    order = noted(tiny, "order")
    texts = {line for line in order if line.startswith("text ")}
    assert len(texts) == 4 + 1, "each prompt, and the negative one they share"
    assert order == [*order[:5], *["step"] * (4 * STEPS)] and set(order[:5]) == texts
    tiny.run(wan_prompt(changed(plan, 2, prompt="Suddenly: lightning.")))
    later = noted(tiny, "order")[len(order) :]
    assert len(later) == 2 + STEPS and "Suddenly: lightning." in later[0] and later[1] in texts


def test_frames_of_one_segment_are_gone_before_the_next_begins(tiny: Client) -> None:
    prompt = wan_prompt(wan_plan(4))
    prompt["watched"] = {"class_type": "WatchedVAE", "inputs": {"vae": ["vae", 0]}}
    prompt[SAMPLER]["inputs"]["vae"] = ["watched", 0]
    tiny.run(prompt)
    assert noted(tiny, "held") == ["0"] * (4 * 2), "when each segment's pictures are encoded, and when it is decoded"


def test_clip_vision_is_not_needed_and_is_seen(tiny: Client) -> None:
    prompt = wan_prompt(wan_plan(1))
    seeing = manifest(tiny, tiny.run(prompt))
    del prompt[SAMPLER]["inputs"]["clip_vision"]
    blind = manifest(tiny, tiny.run(prompt))
    assert sampled(tiny) == 2 * STEPS
    assert frames_of(blind) != frames_of(seeing) and keys_of(blind) != keys_of(seeing)


def test_keys_follow_what_the_weights_are(tiny: Client) -> None:
    plan = wan_plan(1)
    models = tiny.host.base / "models" / "diffusion_models"
    one = manifest(tiny, tiny.run(wan_prompt(plan, lora=1.0)))
    half = manifest(tiny, tiny.run(wan_prompt(plan, lora=0.5)))
    none = manifest(tiny, tiny.run(wan_prompt(plan)))
    assert len({keys_of(m)[0] for m in (one, half, none)}) == 3
    assert len({frames_of(m)[0] for m in (one, half, none)}) == 3
    text = json.dumps(one["segments"])
    assert "tiny_" not in text and ".safetensors" not in text and str(tiny.host.base) not in text

    (models / "tiny_wan_flf2v.safetensors").rename(models / "renamed.safetensors")
    count = sampled(tiny)
    renamed = manifest(tiny, tiny.run(wan_prompt(plan, unet="renamed")))
    assert keys_of(renamed) == keys_of(none) and sampled(tiny, count) == 0
    (models / "renamed.safetensors").unlink()


def test_weights_that_changed_under_their_name_are_refused_until_they_are_loaded_again(tiny: Client) -> None:
    plan = wan_plan(1)
    before = manifest(tiny, tiny.run(wan_prompt(plan)))
    file = tiny.host.base / "models" / "diffusion_models" / "tiny_wan_flf2v.safetensors"
    os.utime(file)
    assert sampled(tiny) == STEPS
    tiny.run(wan_prompt(changed(plan, 0, prompt="Touched, and the same within.")))
    assert sampled(tiny) == 2 * STEPS
    whole = bytearray(file.read_bytes())
    whole[-4:] = (b"\x00\x00\x80\x3f", b"\x00\x00\x00\x3f")[whole[-4:] == b"\x00\x00\x80\x3f"]  # another float in the last weight
    file.write_bytes(whole)
    message = refused(tiny, wan_prompt(plan))
    assert "tiny_wan_flf2v.safetensors changed on disk" in message and "`model`" in message and "Unload" in message
    tiny.free()
    count = sampled(tiny)
    after = manifest(tiny, tiny.run(wan_prompt(plan)))
    assert sampled(tiny, count) == STEPS
    assert keys_of(after) != keys_of(before)


def test_a_model_that_is_made_anew_each_time_is_sampled_each_time_and_says_so(tiny: Client) -> None:
    prompt = wan_prompt(wan_plan(1))
    prompt["new"] = {"class_type": "AlwaysNew", "inputs": {"model": [MODEL, 0]}}
    prompt["steps"]["inputs"]["model"] = ["new", 0]
    outputs = tiny.run(prompt)
    assert "AlwaysNew" in outputs[SAMPLER]["text"][0]
    tiny.run(prompt)
    assert sampled(tiny) == 2 * STEPS


def test_a_model_that_says_by_the_clock_that_it_changed_is_told_of(tiny: Client) -> None:
    prompt = wan_prompt(wan_plan(1))
    prompt["clock"] = {"class_type": "ByTheClock", "inputs": {"model": [MODEL, 0], "number": 2**63}}
    prompt["steps"]["inputs"]["model"] = ["clock", 0]
    assert "ByTheClock" not in tiny.run(prompt)[SAMPLER]["text"][0]
    assert "ByTheClock says that it changed since the last run" in tiny.run(prompt)[SAMPLER]["text"][0]
    assert sampled(tiny) == 2 * STEPS


def test_a_lora_that_only_a_text_names_is_known_by_its_content(tiny: Client) -> None:
    prompt = wan_prompt(wan_plan(1))
    prompt["text_lora"] = {"class_type": "LoraInText", "inputs": {"model": [MODEL, 0], "text": "<lora:tiny_lora:0.5>"}}
    prompt["steps"]["inputs"]["model"] = ["text_lora", 0]
    before = manifest(tiny, tiny.run(prompt))
    assert frames_of(before) == frames_of(manifest(tiny, tiny.run(wan_prompt(wan_plan(1), lora=0.5))))
    lora = tiny.host.base / "models" / "loras" / "tiny_lora.safetensors"
    lora.write_bytes(lora.read_bytes()[:-4] + b"\x00\x00\x80\x3f")
    assert "tiny_lora.safetensors changed on disk" in refused(tiny, prompt)
    tiny.free()
    assert keys_of(manifest(tiny, tiny.run(prompt))) != keys_of(before)


def test_a_shift_that_is_wired_before_the_node_is_not_lost_without_a_word(tiny: Client) -> None:
    prompt = wan_prompt(wan_plan(1))
    prompt["shifted"] = {"class_type": "ModelSamplingSD3", "inputs": {"model": [MODEL, 0], "shift": 5.0}}
    prompt["steps"]["inputs"]["model"] = ["shifted", 0]
    assert "has a shift of 5, and this node's shift 8 takes its place" in tiny.run(prompt)[SAMPLER]["text"][0]


def test_cancel_keeps_what_is_finished_and_goes_on_from_there(tiny: Client) -> None:
    prompt = wan_prompt(wan_plan(4))
    hold(tiny, STEPS)
    queued = tiny.queue(prompt)
    tiny.wait_for_event("segment_done", 1)
    tiny.post("/interrupt", {})
    with pytest.raises(Ended) as ended:
        tiny.wait(queued)
    assert ended.value.kind == "execution_interrupted"
    hold(tiny, None)
    assert sum(e["event"] == "segment_done" for e in tiny.events()) == 1
    count = sampled(tiny)
    tiny.run(prompt)
    assert sampled(tiny, count) == 3 * STEPS
    assert tiny.outcomes() == ["cached", "rendered", "rendered", "rendered"]


def test_a_segment_that_fails_fails_alone_and_is_named(tiny: Client) -> None:
    plan = changed(wan_plan(4), 1, prompt="UNSPEAKABLE things happen.")
    with pytest.raises(Ended, match=r"segment 1 \(s01\).*this text cannot be encoded"):
        tiny.run(wan_prompt(plan))
    assert tiny.outcomes() == ["rendered", "failed", "rendered", "rendered"]
    count = sampled(tiny)
    tiny.run(wan_prompt(changed(plan, 1, prompt="Speakable things happen.")))
    assert sampled(tiny, count) == STEPS


def test_a_segment_without_memory_says_what_to_do_and_the_others_go_on(tiny: Client) -> None:
    prompt = wan_prompt(wan_plan(3))
    switch(tiny, "oom")
    with pytest.raises(Ended, match="out of memory: turn tiled_decode on, then"):
        tiny.run(prompt)
    assert tiny.outcomes() == ["failed", "rendered", "rendered"]
    count = sampled(tiny)
    tiny.run(prompt)
    assert sampled(tiny, count) == STEPS


def test_a_chain_starts_each_segment_on_the_last_frame_before_it(tiny: Client) -> None:
    plan = wan_plan(4, mode="chaining", cuts=(2,))
    outputs = tiny.run(wan_prompt(plan, unet="tiny_wan_i2v"))
    assert sampled(tiny) == 4 * STEPS
    found = manifest(tiny, outputs)
    assert found["film"]["frames"] == 4 * 5 - 2
    for before, after in ((0, 1), (2, 3)):
        key = found["segments"][before]["render_key"]
        clip = next((tiny.home / "clips").rglob(f"{key}.mkv"))
        (first,) = (r for r in found["segments"][after]["references"] if r["role"] == "first")
        assert first["pixels_sha256"] == pixels_sha256(last_frame(clip))
    count = sampled(tiny)
    tiny.run(wan_prompt(changed(plan, 1, prompt="Now it snows."), unet="tiny_wan_i2v"))
    assert sampled(tiny, count) == STEPS
    tiny.run(wan_prompt(changed(plan, 2, prompt="Now it snows."), unet="tiny_wan_i2v"))
    assert tiny.outcomes() == ["cached", "cached", "rendered", "rendered"]


def test_a_chain_ends_where_the_plan_has_a_picture_for_it(tiny: Client) -> None:
    plan = wan_plan(2, mode="chaining", cuts=(1,))
    open_ended = manifest(tiny, tiny.run(wan_prompt(plan)))
    plan = changed(wan_plan(2, mode="chaining"), 1, last_keyframe=plan.keyframes[0].id)
    found = manifest(tiny, tiny.run(wan_prompt(plan)))
    assert tiny.outcomes() == ["cached", "rendered"]
    assert [[r["role"] for r in s["references"]] for s in found["segments"]] == [["first"], ["first", "last"]]
    (picture,) = (k["image"]["pixels_sha256"] for k in found["plan"]["keyframes"])
    assert found["segments"][1]["references"][1]["pixels_sha256"] == picture
    assert frames_of(found)[1] != frames_of(open_ended)[1]


def test_a_part_of_the_film_is_a_film_of_its_own(tiny: Client) -> None:
    prompt = wan_prompt(wan_plan(4), segments="1-2")
    part = manifest(tiny, tiny.run(prompt))
    assert sampled(tiny) == 2 * STEPS
    assert [s["id"] for s in part["segments"]] == ["s01", "s02"]
    assert part["film"]["frames"] == 2 * 5 - 1
    whole = manifest(tiny, tiny.run(wan_prompt(wan_plan(4))))
    assert sampled(tiny) == 4 * STEPS
    assert keys_of(part) == keys_of(whole)[1:3]


def test_missing_keeps_clips_of_other_settings_and_says_how_they_were_made(tiny: Client) -> None:
    plan = wan_plan(3)
    before = manifest(tiny, tiny.run(wan_prompt(plan)))
    longer = changed(plan, 1, prompt="Thunder, and everything stops.")
    count = sampled(tiny)
    after = manifest(tiny, tiny.run(wan_prompt(longer, segments="missing", steps=3)))
    assert sampled(tiny, count) == 3
    assert tiny.outcomes() == ["cached", "rendered", "cached"]
    assert [s["model"]["fingerprint"]["sampling"]["steps"] for s in after["segments"]] == [STEPS, 3, STEPS]
    assert keys_of(after)[::2] == keys_of(before)[::2]
    tiny.run(wan_prompt(longer, steps=3))
    assert tiny.outcomes() == ["rendered", "cached", "rendered"]


@pytest.mark.parametrize(
    "sampler, noise, offset", [("euler_ancestral", "default_noise_sampler", 1), ("dpmpp_2m_sde", "BrownianTreeNoiseSampler", 0)]
)
def test_what_drew_a_stochastic_samplers_noise_is_recorded(tiny: Client, sampler: str, noise: str, offset: int) -> None:
    prompt = wan_prompt(wan_plan(1), sampler=sampler, steps=3)
    first = manifest(tiny, tiny.run(prompt))
    seed = int(first["segments"][0]["seed"]["sent"])
    assert first["segments"][0]["made"]["sampler_noise"] == {"sampler": noise, "seed": str(seed), "device": "cpu"}
    shutil.rmtree(tiny.home)
    assert frames_of(manifest(tiny, tiny.run(prompt))) == frames_of(first)


def test_progress_counts_segments_and_steps_and_shows_the_latent(tiny: Client) -> None:
    switch(tiny, "slow")
    told = tiny.watch(wan_prompt(wan_plan(2), steps=8))
    assert any("reading tiny_wan_flf2v.safetensors" in text for text in told.texts)
    assert any("segment 2 of 2" in text and "step 5 of 8" in text for text in told.texts)
    assert any("s left" in text for text in told.texts)
    assert told.pictures > 10
    again = tiny.watch(wan_prompt(wan_plan(2), steps=3))
    assert again.texts and not any("reading" in text for text in again.texts), "what a file's hash is, is known by now"


@pytest.mark.parametrize(
    "change, message",
    [
        ({"unet": "tiny_wan_t2v"}, "takes 16 channels, the 16 of its latent and none for pictures"),
        ({"unet": "tiny_wan22_ti2v"}, "has a latent of 48 channels; this node samples 16"),
        ({"model": ["other", 0]}, "the wired model is Linear, not a Wan video model"),
        ({"vae": ["pixels", 0]}, r"the wired VAE makes 3 channels in 2 dimensions; the model needs 16 in 3"),
        ({"vae": ["none", 0]}, "nothing comes out of what is wired to vae"),
        ({"clip": ["words", 0]}, "the wired CLIP makes 768 numbers of each word; the model reads 4096"),
        ({"clip_vision": ["eyes", 0]}, "the wired CLIP vision model makes 1664 numbers of each patch; the model reads 1280"),
        ({"segments": "9"}, "segment 9: the plan has no such segment"),
    ],
)
def test_what_cannot_be_sampled_is_refused_and_named(tiny: Client, change: dict[str, Any], message: str) -> None:
    prompt = wan_prompt(wan_plan(2), **change)
    prompt["other"] = {"class_type": "NotWan", "inputs": {}}
    prompt["pixels"] = {"class_type": "VAELoader", "inputs": {"vae_name": "pixel_space"}}
    prompt["none"] = {"class_type": "NoVAE", "inputs": {}}
    prompt["words"] = {"class_type": "TinyText", "inputs": {"salt": "", "width": 768}}
    prompt["eyes"] = {"class_type": "TinyVision", "inputs": {"width": 1664}}
    assert message in refused(tiny, prompt)


@pytest.mark.parametrize(
    "change, field, law",
    [({"frames": 6}, "frames 6", "4n+1"), ({"size": (64, 72)}, "width x height 64x72", "multiples of 16")],
)
def test_geometry_is_refused_before_any_model_is_loaded(tiny: Client, change: dict[str, Any], field: str, law: str) -> None:
    def loads() -> int:
        return tiny.host.log.read_text(encoding="utf-8", errors="replace").count("model weight dtype")

    before = loads()
    message = refused(tiny, wan_prompt(wan_plan(2, **change)))
    assert field in message and law in message
    assert loads() == before
    tiny.run(wan_prompt(wan_plan(1)))
    assert loads() == before + 1


def test_a_model_without_last_frames_is_warned_about_and_renders(tiny: Client) -> None:
    outputs = tiny.run(wan_prompt(wan_plan(1), unet="tiny_wan22_i2v"))
    assert "was not trained on last frames" in outputs[SAMPLER]["text"][0]
    assert sampled(tiny) == STEPS
    assert tiny.saved(outputs, JOIN).is_file()


def test_tiled_decode_is_another_clip_and_renders(tiny: Client) -> None:
    plain = manifest(tiny, tiny.run(wan_prompt(wan_plan(1))))
    tiled = manifest(tiny, tiny.run(wan_prompt(wan_plan(1), tiled_decode=True)))
    assert keys_of(plain) != keys_of(tiled)
    assert Path(tiny.home).is_dir() and tiled["segments"][0]["clip"]["frames"] == 5
