"""What the combos of models offer: every registered provider's models, as PROVIDER:MODEL; and what is wrong with a choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from longvid_core.catalog import default_backend, entry_of, provider_names
from longvid_core.catalog.registry import Kind

if TYPE_CHECKING:
    from longvid_core.settings import Settings

NODE = "LongvidRemoteVideo"
AS_SET = "default"
"""What a combo says where longvid.yaml is to decide."""


def video_backends() -> list[str]:
    """Models that render segments: the default first, then those far away, then those that need a GPU here."""
    return _models("video")


def image_backends() -> list[str]:
    """Models that draw keyframes, the default first."""
    return _models("image")


def backend_named(backend: str, model: str) -> str:
    """PROVIDER:MODEL of the combo's choice and of the model written beside it, which may repeat the provider's name."""
    provider = backend.partition(":")[0]
    other = model.strip().removeprefix(f"{provider}:")
    return f"{provider}:{other}" if other else backend


def settings_of(fallback: str, on_unknown: str, on_failure: str) -> dict[str, Any]:
    """Those of the node's choices that go before longvid.yaml, as settings."""
    named = tuple(name for part in fallback.split(",") if (name := part.strip()))
    chosen = {"fallback": named, "on_unknown": on_unknown, "on_failure": on_failure}
    return {name: value for name, value in chosen.items() if value and value != AS_SET}


def complaint(backend: str | None) -> str | None:
    """Why nothing can be rendered by this choice: no such model, no key, no package. It may ask over the network.

    None where there is no reason, or the choice comes by a wire and is not known yet.
    """
    from longvid_core.catalog import find_backend
    from longvid_core.errors import LongvidError

    if backend is None:
        return None
    if wrong := lacking(backend):
        return wrong
    try:
        find_backend(backend, "video", _settings())
    except LongvidError as error:
        return str(error)
    return None


def lacking(backend: str) -> str | None:
    """Why PROVIDER[:MODEL] cannot be asked: it is not there, or lacks key or package. Nothing is asked over the network."""
    from longvid_core.catalog import find_backend
    from longvid_core.errors import LongvidError
    from longvid_core.render.agree import check_access

    try:
        provider = backend.partition(":")[0]
        if provider not in provider_names("video") or not entry_of(provider).others:
            find_backend(backend, "video")
        check_access(backend, _settings())
    except LongvidError as error:
        return str(error)
    return None


def all_or_nothing(asked: dict[str, Any]) -> dict[str, Any]:
    """What was asked of ComfyUI's queue, with those nodes alone as its outputs whose model cannot be asked: see `lacking`.

    ComfyUI refuses such a node and runs the others all the same: pictures would be paid for a film that cannot be made. With
    none but those left there is nothing to run, and the whole prompt is refused with their message.
    """
    prompt = asked.get("prompt")
    if asked.get("partial_execution_targets") is not None or not isinstance(prompt, dict):
        return asked
    stuck = [id for id, node in prompt.items() if _chosen(node) is not None and lacking(str(_chosen(node))) is not None]
    return {**asked, "partial_execution_targets": stuck} if stuck else asked


def _chosen(node: Any) -> str | None:
    """The backend that a node of a prompt names, where it is one of ours and no wire."""
    if not isinstance(node, dict) or node.get("class_type") != NODE or not isinstance(node.get("inputs"), dict):
        return None
    backend = node["inputs"].get("backend")
    return backend if isinstance(backend, str) else None


def _settings() -> Settings:
    from longvid_core.settings import load_settings

    return load_settings()


def _models(kind: Kind) -> list[str]:
    first = f"{default_backend(kind)}:{entry_of(default_backend(kind)).default}"
    listed: dict[str, tuple[bool, int]] = {}
    for place, provider in enumerate(provider_names(kind)):
        catalog = entry_of(provider)
        for model in sorted(catalog.models, key=lambda name: name != catalog.default):
            listed[f"{provider}:{model}"] = (kind == "video" and not catalog.models[model].remote, place)
    return [first, *(name for name in sorted(listed, key=lambda n: listed[n]) if name != first)]
