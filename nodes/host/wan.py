"""Wan on the canvas: one segment sampled with ComfyUI's own functions, out of whatever models are wired."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import comfy.model_management as memory

from longvid_core.catalog import Backend, entry_of
from longvid_core.diffusion.encoded import Encoded
from longvid_core.errors import CannotRender, Interrupted, RenderFailed
from longvid_core.events import Notice

from .api import core_node, io
from .graph import Upstream, upstream
from .restless import changed_again
from .wan_models import check_models, check_picture, check_text, ends_fit, other_shift, other_wants
from .weights import refuse_stale

if TYPE_CHECKING:
    import torch

    from longvid_core.models import Asset, Segment
    from longvid_core.providers.base import VideoRequest, Watch
    from longvid_core.render.session import Session

_AGAIN = "Queue it again to go on."
MODELS = ("model", "clip", "vae", "clip_vision")
"""The inputs that models are wired to."""
_TILE = {"tile_size": 512, "overlap": 64, "temporal_size": 64, "temporal_overlap": 8}
"""Of the tiled decode: pixels and frames; what ComfyUI's own node offers first."""


@dataclass(frozen=True)
class Sampling:
    """How segments are sampled. shift 0: whatever the wired model has."""

    sampler: str
    scheduler: str
    steps: int
    cfg: float
    shift: float
    negative: str
    tiled_decode: bool


class CanvasWan:
    """Renders segments with the MODEL, CLIP, VAE and CLIP_VISION of this run. They are None where nothing has to be sampled.

    Sampling holds the thread it is called on, as in ComfyUI's own sampler: progress goes out from there.
    """

    name = "comfyui"

    def __init__(
        self,
        models: Mapping[str, Any],
        sampling: Sampling,
        graph: Upstream,
        *,
        scratch: Path,
        run_id: str,
        notice: Callable[[str], None],
    ) -> None:
        self._models = {name: models.get(name) for name in MODELS}
        self._sampling, self._graph, self._notice = sampling, graph, notice
        self._run_id = run_id
        self._encoded = Encoded(scratch)
        self._stopped = False
        """ComfyUI tells of a stop once, by raising it in whatever it does just then: nobody who asks later hears of it."""

    @property
    def connected(self) -> tuple[str, ...]:
        """The inputs that something is wired to."""
        return tuple(self._graph.inputs)

    def fingerprint(self, model: str) -> dict[str, Any]:
        """The graph upstream of the models and the sampler's settings. With a node in it that always changes: of this run."""
        value: dict[str, Any] = {"graph": self._graph.json_value(), "sampling": asdict(self._sampling)}
        if self._graph.changing:
            value["run"] = self._run_id
        return value

    async def prepare(self, model: str, requests: Sequence[VideoRequest], watch: Watch) -> None:
        """Refuse what cannot be, then encode every text, and every picture that is known, before the sampler is loaded."""
        if all(model is None for model in self._models.values()):  # ComfyUI was not asked to load any
            raise RenderFailed("a clip that was in the store is gone or damaged.", "Queue it again: it is rendered anew.")
        if empty := [name for name in self.connected if self._models[name] is None]:
            raise CannotRender(
                f"nothing comes out of what is wired to {' and '.join(empty)}: a checkpoint without one, most likely.",
                "Load it from a file of its own, with a loader for it.",
            )
        refuse_stale(self._models, self._graph.files)
        wired = self._models["model"]
        check_models(wired, self._models["vae"])
        for warning in (*ends_fit(wired, requests), *other_wants(wired), *other_shift(wired, self._sampling.shift)):
            self._notice(warning)
        texts = list(dict.fromkeys(text for request in requests for text in (request.prompt_sent, self._negative(request))))
        pictures = {end.pixels_sha256: end for r in requests for end in (r.first, r.last) if end is not None}
        seen = list(pictures.values()) if self._models.get("clip_vision") is not None else []
        for number, one in enumerate((*texts, *seen), 1):
            if watch.interrupted():
                raise Interrupted("encoding texts: stopped.", _AGAIN)
            encode: Callable[[Any], Any] = self._text if isinstance(one, str) else self._vision
            try:
                encode(one)
            except memory.InterruptProcessingException as stop:
                self._stopped = True
                raise Interrupted("encoding texts: stopped.", _AGAIN) from stop
            except CannotRender:
                raise
            except Exception:
                continue  # its segment tries it again, and fails alone
            watch.progress(number, len(texts) + len(seen))
            await asyncio.sleep(0)

    async def render(self, model: str, request: VideoRequest, target: Path, watch: Watch) -> Mapping[str, Any]:
        """Sample, decode and write one segment; nothing of it stays in memory."""
        from longvid_core.media.encode import ClipWriter

        from .videos import write_images

        if self._stopped:
            raise Interrupted("sampling: stopped.", _AGAIN)
        latent: dict[str, Any] | None = None
        gc.freeze()  # what is there already is not looked through at the end, which would take as long as a few steps
        try:
            latent, made = self._sample(request, watch)
            with ClipWriter(target, request.width, request.height, request.fps, watch.interrupted) as clip:
                write_images(self._decode(latent), clip)
            return made
        except memory.InterruptProcessingException as stop:
            self._stopped = True
            raise Interrupted("sampling: stopped.", _AGAIN) from stop
        except Exception as error:
            if not memory.is_oom(error):
                raise
            memory.unload_all_models()  # as ComfyUI does, so that the next segment finds room
            raise RenderFailed(f"the GPU ran out of memory: {self._way_out(request)}.") from error
        finally:
            latent = None
            gc.collect()  # ComfyUI's samplers leave tensors behind in circles: measured, a tenth more over twelve segments
            gc.unfreeze()
            memory.soft_empty_cache()

    def _sample(self, request: VideoRequest, watch: Watch) -> tuple[dict[str, Any], dict[str, Any]]:
        """The segment's latent and what is recorded of how it was sampled."""
        import comfy.sample

        from .facts import facts_of
        from .noise import noise_seen

        wired, chosen = self._models, self._sampling
        model = _shifted(wired["model"], chosen.shift)
        positive, negative, latent = self._conditioning(request)
        empty = comfy.sample.fix_empty_latent_channels(model, latent["samples"])
        seed = request.seed or 0
        with noise_seen() as drawn:
            samples = comfy.sample.sample(
                model, comfy.sample.prepare_noise(empty, seed), chosen.steps, chosen.cfg, chosen.sampler, chosen.scheduler,
                positive, negative, empty, callback=_callback(model, watch), disable_pbar=True, seed=seed,
            )  # fmt: skip
        return {**latent, "samples": samples}, facts_of(model, chosen, seed, drawn)

    def _conditioning(self, request: VideoRequest) -> io.NodeOutput:
        from .images import from_asset

        ends = {"start": request.first, "end": request.last}
        pictures = {f"{name}_image": from_asset(end) for name, end in ends.items() if end is not None}
        seen = {}
        if self._models.get("clip_vision") is not None:
            seen = {f"clip_vision_{name}_image": self._vision(end) for name, end in ends.items() if end is not None}
        return core_node("WanFirstLastFrameToVideo").execute(
            self._text(request.prompt_sent), self._text(self._negative(request)), self._models["vae"],
            request.width, request.height, request.frames, 1, **pictures, **seen,
        )  # fmt: skip

    def _decode(self, latent: dict[str, Any]) -> torch.Tensor:
        vae = self._models["vae"]
        images: torch.Tensor
        if self._sampling.tiled_decode:
            (images,) = core_node("VAEDecodeTiled")().decode(vae, latent, **_TILE)
        else:
            (images,) = core_node("VAEDecode")().decode(vae, latent)
        return images

    def _negative(self, request: VideoRequest) -> str:
        """The segment's own unwanted things, then the film's."""
        return ", ".join(filter(None, (request.negative.strip(), self._sampling.negative.strip())))

    def _text(self, text: str) -> Any:
        name = f"text {text}"
        if name not in self._encoded:
            encoded = core_node("CLIPTextEncode")().encode(self._models["clip"], text)[0]
            check_text(self._models["model"], encoded)
            self._encoded[name] = encoded
        return self._encoded[name]

    def _vision(self, picture: Asset) -> Any:
        import comfy.clip_vision

        from .images import from_asset

        vision: Any = self._models["clip_vision"]
        name = f"picture {picture.pixels_sha256}"
        if name not in self._encoded:
            encoded = dict(vars(vision.encode_image(from_asset(picture), crop=False)))
            check_picture(self._models["model"], encoded)
            self._encoded[name] = encoded
        output = comfy.clip_vision.Output()
        vars(output).update(self._encoded[name])
        return output

    def _way_out(self, request: VideoRequest) -> str:
        tiled = [] if self._sampling.tiled_decode else ["turn tiled_decode on"]
        return ", then ".join(
            [*tiled, "start ComfyUI with --lowvram", "use a smaller quantization of the model (fp8, GGUF)",
             f"plan shorter segments than {request.frames} frames, or a smaller picture than {request.width}x{request.height}"]
        )  # fmt: skip


def sampling_of(inputs: Mapping[str, Any]) -> Sampling:
    """The sampler's settings among a node's inputs."""
    return Sampling(**{name: value for name, value in inputs.items() if name not in MODELS})


def canvas_backend(hidden: io.HiddenHolder, session: Session, inputs: Mapping[str, Any], sampling: Sampling) -> Backend:
    """The models among a node's inputs as a backend. The files they are made from are read once, to be known again."""
    graph = upstream(hidden.dynprompt, hidden.unique_id, MODELS, session.sha256_of)

    def warn(message: str) -> None:
        session.emit(Notice(level="warning", message=message))

    if graph.changing:
        warn(
            f"ComfyUI runs {', '.join(sorted(graph.changing))} anew every time, so these clips cannot be known again: they will "
            "be sampled again when this is queued again."
        )
    if again := changed_again(graph) if inputs else []:
        warn(
            f"{', '.join(again)} says that it changed since the last run, with the same settings and files: what it feeds is "
            "another model now, and its clips are sampled again."
        )
    renderer = CanvasWan(inputs, sampling, graph, scratch=session.scratch, run_id=session.run_id, notice=warn)
    return Backend(CanvasWan.name, "wan", entry_of(CanvasWan.name).models["wan"], renderer)


def models_to_load(backend: Backend, missing: Sequence[Segment]) -> list[str]:
    """The inputs ComfyUI has to evaluate: those that are connected, or none where the store has every clip."""
    return list(backend.renderer.connected) if missing else []


def _shifted(model: Any, shift: float) -> Any:
    """The model with that sigma shift (ComfyUI's ModelSamplingSD3); itself for 0."""
    return core_node("ModelSamplingSD3")().patch(model, shift)[0] if shift else model


def _callback(model: Any, watch: Watch) -> Callable[[int, torch.Tensor, torch.Tensor, int], None]:
    """Tells each step, with the latent as a picture where ComfyUI is set to show previews."""
    import latent_preview

    previewer = latent_preview.get_previewer(model.load_device, model.model.latent_format)

    def told(step: int, denoised: torch.Tensor, noisy: torch.Tensor, total: int) -> None:
        shown = previewer.decode_latent_to_preview_image("JPEG", denoised) if previewer is not None else None
        if shown is not None:
            watch.preview(shown[1])
        watch.steps(step + 1, max(step + 1, total))  # an adaptive sampler takes as many as it likes
        if watch.interrupted():
            raise Interrupted("sampling: stopped.", _AGAIN)

    return told
