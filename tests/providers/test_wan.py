"""Wan through diffusers, at the true architecture with random weights: what goes in, what comes out, what is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from longvid_core.errors import CannotRender, Interrupted
from longvid_core.media.frames import iterate_frames, last_frame, rgb_array
from longvid_core.media.images import pixels_sha256
from longvid_core.models.clip import Rendered
from longvid_core.providers.base import VideoRequest
from longvid_core.providers.wan import PROVIDER
from tests.films import Studio, changed, outcomes, small_plan
from tests.local_models import Samplings, around, rendered, save_wan

FOUR = 4


def hashes(made: Rendered) -> list[str]:
    return [o.clip.frames_sha256 for o in made.outcomes if o.clip]


def test_a_film_between_keyframes(studio: Studio, flf2v: Path, samplings: Samplings) -> None:
    plan = small_plan(3, frames=9)
    made = studio.clips(plan, backend=f"wan:{flf2v}")

    assert outcomes(made) == ["rendered"] * 3 and samplings.clips == 3
    for outcome in made.outcomes:
        assert outcome.clip is not None
        assert (outcome.clip.frames, outcome.clip.width, outcome.clip.height) == (9, 64, 48)
        assert [r.role for r in outcome.references] == ["first", "last"]
        assert outcome.determinism == "bit-exact"  # on a processor, as here
        assert outcome.seed.sent == outcome.seed.requested
    assert len(set(hashes(made))) == 3


def test_two_empty_stores_give_the_same_frames(tmp_path: Path, flf2v: Path, samplings: Samplings) -> None:
    plan = small_plan(2, frames=9)
    one, two = (Studio(tmp_path / name).clips(plan, backend=f"wan:{flf2v}") for name in ("one", "two"))
    assert samplings.clips == 4
    assert hashes(one) == hashes(two) and len(hashes(one)) == 2


def test_what_is_kept_is_not_sampled_again(studio: Studio, flf2v: Path, samplings: Samplings) -> None:
    plan = small_plan(FOUR, frames=9)
    first = studio.clips(plan, backend=f"wan:{flf2v}")
    assert samplings.clips == FOUR

    again = studio.clips(plan, backend=f"wan:{flf2v}")
    assert outcomes(again) == ["cached"] * FOUR and samplings.clips == FOUR
    assert hashes(again) == hashes(first)

    other = studio.clips(changed(plan, 2, prompt="A whale passes under the boat."), backend=f"wan:{flf2v}")
    assert outcomes(other) == ["cached", "cached", "rendered", "cached"] and samplings.clips == FOUR + 1
    assert hashes(other)[2] != hashes(first)[2]


def test_the_pictures_the_words_and_the_seed_reach_the_model(studio: Studio, flf2v: Path, samplings: Samplings) -> None:
    """Each of them alone makes another clip: a model that was handed something else would not notice."""
    plan = small_plan(1, frames=9)
    variants = {
        "as it is": plan,
        "first": plan.model_copy(
            update={"keyframes": (plan.keyframes[0].model_copy(update={"prompt": "a cave"}), plan.keyframes[1])}
        ),
        "last": plan.model_copy(
            update={"keyframes": (plan.keyframes[0], plan.keyframes[1].model_copy(update={"prompt": "a cave"}))}
        ),
        "prompt": changed(plan, 0, prompt="Nothing but fog."),
        "negative": changed(plan, 0, negative="fog"),
        "seed": changed(plan, 0, seed=8),
    }
    made = {name: hashes(studio.clips(p, backend=f"wan:{flf2v}"))[0] for name, p in variants.items()}
    assert len(set(made.values())) == len(variants), made


def test_the_frames_are_those_of_the_pipeline_called_by_hand(
    flf2v: Path, request_of: Callable[..., VideoRequest], tmp_path: Path
) -> None:
    """As its documentation does it: VAE and image encoder in full precision, the rest in bfloat16."""
    import torch
    from diffusers import AutoencoderKLWan, FlowMatchEulerDiscreteScheduler, WanImageToVideoPipeline
    from transformers import CLIPVisionModel

    full = {"dtype": torch.float32}
    pipe = WanImageToVideoPipeline.from_pretrained(
        flf2v,
        vae=AutoencoderKLWan.from_pretrained(flf2v, subfolder="vae", **full),
        image_encoder=CLIPVisionModel.from_pretrained(flf2v, subfolder="image_encoder", dtype=torch.float32),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=16.0),
        dtype=torch.bfloat16,
    )
    request = request_of(negative="fog")
    assert request.first is not None and request.last is not None
    by_hand = pipe(
        image=Image.open(request.first.path),
        last_image=Image.open(request.last.path),
        prompt=request.prompt_sent,
        negative_prompt="fog, snow",
        height=48,
        width=64,
        num_frames=9,
        num_inference_steps=2,
        guidance_scale=5.0,
        generator=torch.Generator("cpu").manual_seed(7),
        output_type="np",
    ).frames[0]
    with PROVIDER.opened(around({"negative": "snow"})) as run:
        rendered(run, flf2v, request, tmp_path / "clip.mkv")
    ours = np.stack([rgb_array(frame) for frame in iterate_frames(tmp_path / "clip.mkv")])
    assert np.array_equal(ours, (by_hand * 255).round().astype("uint8"))


def test_a_chain_goes_on_from_the_last_frame(studio: Studio, i2v: Path, samplings: Samplings) -> None:
    made = studio.clips(small_plan(3, mode="chaining", frames=9), backend=f"wan:{i2v}")
    assert outcomes(made) == ["rendered"] * 3 and samplings.clips == 3
    assert [[r.role for r in o.references] for o in made.outcomes] == [["first"]] * 3
    for before, after in zip(made.outcomes, made.outcomes[1:], strict=False):
        assert before.clip is not None
        assert pixels_sha256(last_frame(before.clip.path)) == after.references[0].pixels_sha256


def test_wan_2_2_hands_over_from_one_transformer_to_the_other(
    studio: Studio, tmp_path: Path, processor: None, samplings: Samplings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The noisy step is the first one's, the quiet one the second's; a last frame may be there, and matters where it is."""
    from diffusers import WanTransformer3DModel

    folder = save_wan(tmp_path / "A14B", "i2v-2.2")
    asked: list[object] = []
    forward = WanTransformer3DModel.forward
    monkeypatch.setattr(WanTransformer3DModel, "forward", lambda me, *a, **k: asked.append(me) or forward(me, *a, **k))
    ends = studio.clips(small_plan(1, frames=9), backend=f"wan:{folder}")
    assert ends.outcomes[0].model.id == "wan2.2-i2v"
    assert asked[0] is asked[1] is not asked[2] and asked[2] is asked[3]
    open_end = studio.clips(small_plan(1, mode="chaining", frames=9), backend=f"wan:{folder}")
    assert len({*hashes(ends), *hashes(open_end)}) == 2


def test_a_model_that_needs_a_last_frame_is_no_model_for_a_chain(studio: Studio, flf2v: Path) -> None:
    with pytest.raises(CannotRender) as refused:
        studio.clips(small_plan(2, mode="chaining", frames=9), backend=f"wan:{flf2v}")
    assert "needs a last frame" in str(refused.value) and "wan:i2v-14b-480p" in str(refused.value)


def test_a_model_that_takes_a_first_frame_alone_is_given_no_last_one(studio: Studio, i2v: Path) -> None:
    with pytest.raises(CannotRender, match="takes no last frame"):
        studio.clips(small_plan(2, frames=9), backend=f"wan:{i2v}")


@pytest.mark.parametrize(("change", "said"), [({"frames": 8}, "4n"), ({"size": (72, 48)}, "multiples of 16")])
def test_what_it_cannot_make_is_refused_before_anything_is_loaded(studio: Studio, flf2v: Path, change: dict, said: str) -> None:
    with pytest.raises(CannotRender, match=said):
        studio.clips(small_plan(1, **{"frames": 9, **change}), backend=f"wan:{flf2v}")


def test_stopping_in_the_second_segment_keeps_the_first(studio: Studio, flf2v: Path, samplings: Samplings) -> None:
    plan = small_plan(FOUR, frames=9)
    with pytest.raises(Interrupted):
        studio.clips(plan, backend=f"wan:{flf2v}", interrupted=lambda: samplings.passes > 5)  # in the second one's first step
    assert samplings.passes == 6
    assert [state for _, state in studio.attempts()] == ["rendered", "interrupted"]

    made = studio.clips(plan, backend=f"wan:{flf2v}")
    assert outcomes(made) == ["cached", "rendered", "rendered", "rendered"]
    assert samplings.passes == 6 + 3 * 4


def test_progress_is_told_in_steps_with_pictures_of_what_comes(
    studio: Studio, flf2v: Path, samplings: Samplings, monkeypatch
) -> None:
    monkeypatch.setenv("LONGVID_WAN__STEPS", "4")
    studio.clips(small_plan(2, frames=9), backend=f"wan:{flf2v}")
    steps = [(e.id, e.done, e.total) for e in studio.events if e.event == "progress" and e.unit == "step"]
    assert {(i, 4, 4) for i in ("s00", "s01")} <= set(steps)
    loading = [e for e in studio.events if e.event == "progress" and e.stage == "weights" and e.id is None]
    assert loading[-1].done == loading[-1].total > 100_000  # bytes of the transformer and the VAE


def test_what_was_used_is_recorded_and_names_no_place(studio: Studio, flf2v: Path, samplings: Samplings) -> None:
    (outcome,) = studio.clips(small_plan(1, frames=9), backend=f"wan:{flf2v}").outcomes
    assert outcome.clip is not None
    made = outcome.clip.made
    assert made["device"] == "cpu" and made["scheduler"] == "FlowMatchEulerDiscreteScheduler"
    assert made["sigmas"][0] == 1.0 and made["sigmas"][-1] == 0.0 and len(made["sigmas"]) == 3
    assert made["shift"] == made["scheduler_config"]["shift"] == 16.0  # the publisher's, not the 7 of this folder
    assert (made["guidance"], made["dtype"], made["vae_dtype"]) == (5.0, "bf16", "fp32")
    assert {"torch", "diffusers", "transformers"} <= set(made["libraries"])
    weights = outcome.model.fingerprint["weights"]
    name = "transformer/diffusion_pytorch_model.safetensors"
    assert weights[name] == hashlib.sha256((flf2v / name).read_bytes()).hexdigest()
    assert outcome.model.id == "wan2.1-flf2v"
    assert str(flf2v) not in json.dumps([outcome.model.json_value(), made])
