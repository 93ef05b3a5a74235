"""What a model can do, read from the interface it publishes: a JSON schema of its input. Replicate has one of every model."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ..canonical import sha256_of
from ..catalog.models import FrameRule, ModelEntry, Need, PromptLimit, SeedSupport
from ..errors import CannotRender
from .jobs import Difference

Input = Mapping[str, Any]

_VIDEO = (".mp4", ".webm", ".mov", ".mkv", ".m4v")
_RATIO = re.compile(r"[1-9]\d*:[1-9]\d*")
_TIER = re.compile(r"\d+ ?(p|k)", re.I)
_SIZE = re.compile(r"[1-9]\d*x[1-9]\d*")
_SECONDS = re.compile(r"(\d+(?:\.\d+)?) ?s(?:ec(?:ond)?s?)?", re.I)
_MANY = 120
"""No list of lengths is longer."""


@dataclass(frozen=True)
class Schema:
    """A model's interface. `inputs`: JSON schema of each, references resolved."""

    model: str
    version: str | None
    """The id to ask for this very version by; None: its provider keeps that to itself."""
    inputs: Mapping[str, Input]
    required: frozenset[str]
    output: Input
    description: str = ""
    example: Any = None
    """What it gave once."""

    @property
    def sha256(self) -> str:
        """Over everything about the inputs that changes what a request means: not over their descriptions."""
        telling = ("type", "format", "enum", "default", "minimum", "maximum", "items", "maxLength", "multipleOf")
        inputs = {name: {k: v for k, v in value.items() if k in telling} for name, value in self.inputs.items()}
        return sha256_of({"inputs": inputs, "required": sorted(self.required), "output": _shape(self.output)})


def schema_of(
    model: str, version: str | None, openapi: Mapping[str, Any], *, description: str = "", example: Any = None
) -> Schema:
    """The interface in an OpenAPI document that calls its input `Input` and its output `Output`."""
    parts = (openapi.get("components") or {}).get("schemas") or {}
    given = _resolved(parts.get("Input") or {}, parts)
    inputs = {str(name): _resolved(value, parts) for name, value in (given.get("properties") or {}).items()}
    required = frozenset(str(name) for name in given.get("required") or ())
    return Schema(model, version, inputs, required, _resolved(parts.get("Output") or {}, parts), description, example)


def _resolved(value: Any, parts: Mapping[str, Any], depth: int = 8) -> dict[str, Any]:
    """A schema with what its references and combinations say laid under what it says itself. Of alternatives the first holds."""
    if not isinstance(value, Mapping) or not depth:
        return {}
    merged: dict[str, Any] = {}
    if isinstance(name := value.get("$ref"), str):
        merged |= _resolved(parts.get(name.rpartition("/")[2]), parts, depth - 1)
    for part in value.get("allOf") or ():
        merged |= _resolved(part, parts, depth - 1)
    for kind in ("anyOf", "oneOf"):
        ways = (_resolved(part, parts, depth - 1) for part in value.get(kind) or ())
        merged |= next((way for way in ways if way.get("type") != "null"), {})
    merged |= {k: v for k, v in value.items() if k not in ("$ref", "allOf", "anyOf", "oneOf", "const")}
    if "const" in value:
        merged["enum"] = [value["const"]]
    if isinstance(kinds := merged.get("type"), list):  # as OpenAPI 3.1 says that it may be left out
        merged["type"] = next((kind for kind in kinds if kind != "null"), "null")
    if isinstance(merged.get("items"), Mapping):
        merged["items"] = _resolved(merged["items"], parts, depth - 1)
    return merged


# -- what each input is --------------------------------------------------------------------------------------------------------


def _text(value: Input) -> bool:
    return value.get("type") == "string" and not value.get("format") and not value.get("enum")


def _picture(value: Input) -> bool:
    return value.get("type") == "string" and value.get("format") == "uri"


def _number(value: Input) -> bool:
    options = value.get("enum")
    if options:
        return all(_as_number(option) is not None for option in options)
    return value.get("type") in ("integer", "number")


def _switch(value: Input) -> bool:
    return value.get("type") == "boolean"


def _one_of(pattern: re.Pattern[str]) -> Callable[[Input], bool]:
    return lambda value: any(pattern.fullmatch(str(option)) for option in value.get("enum") or ())


def _as_number(value: Any) -> float | None:
    found = _SECONDS.fullmatch(value) if isinstance(value, str) else None
    try:
        return None if isinstance(value, bool) else float(found[1] if found else value)
    except (TypeError, ValueError):
        return None


def as_taken(value: Any, taken: Input) -> Any:
    """A value as an input of that schema takes it: the option that is this number, or a word where it takes words."""
    number, options = _as_number(value), taken.get("enum") or ()
    if value not in options or isinstance(value, bool):
        for option in options:
            if number is not None and _as_number(option) == number:
                return option
    return str(value) if taken.get("type") == "string" and not isinstance(value, str) else value


_NAMES: dict[str, tuple[Callable[[Input], bool], tuple[str, ...]]] = {
    "prompt": (_text, ("prompt", "text_prompt", "prompt_text", "positive_prompt", "text", "caption")),
    "negative": (_text, ("negative_prompt", "n_prompt", "neg_prompt", "prompt_negative", "negative")),
    "first": (
        _picture,
        ("first_frame_image", "start_image", "first_frame", "start_frame", "first_image", "image", "input_image", "init_image",
         "image_url", "prompt_image", "start_image_url", "img"),
    ),
    "last": (
        _picture,
        ("last_frame_image", "end_image", "last_frame", "end_frame", "last_image", "tail_image", "image_tail", "final_image",
         "end_image_url"),
    ),
    "seconds": (_number, ("duration", "seconds", "duration_seconds", "video_length", "length", "num_seconds", "video_duration")),
    "frames": (_number, ("num_frames", "frames", "frame_count", "n_frames", "video_frames", "frame_num", "length_frames")),
    "fps": (_number, ("fps", "frames_per_second", "frame_rate", "framerate")),
    "ratio": (_one_of(_RATIO), ("aspect_ratio", "ratio", "video_aspect_ratio")),
    "resolution": (_one_of(_TIER), ("resolution", "quality", "video_quality")),
    "size": (_one_of(_SIZE), ("size", "video_size", "resolution")),
    "audio": (_switch, ("generate_audio", "generate_audio_switch", "enable_audio", "with_audio", "audio", "sound")),
    "seed": (lambda value: value.get("type") == "integer", ("seed", "random_seed", "noise_seed")),
}  # fmt: skip
"""What we call an input, what it has to be, and what models call it, the likeliest first."""


def _named(schema: Schema) -> dict[str, str]:
    """Our names for its inputs, and its own."""
    found = {}
    for ours, (fits, names) in _NAMES.items():
        theirs = next((name for name in names if name in schema.inputs and fits(schema.inputs[name])), None)
        if theirs is not None:
            found[ours] = theirs
    if found.get("size") == found.get("resolution"):
        found.pop("size", None)
    return found


# -- what it can do ------------------------------------------------------------------------------------------------------------


def entry_of_schema(schema: Schema, base: ModelEntry | None = None, given: Collection[str] = ()) -> ModelEntry:
    """The model as a catalog entry. CannotRender, with what was found, for one that is not asked by prompt or gives no video.

    base: the listed entry of the same model, for what a schema does not tell (the price, say). given: inputs that the settings
    bring besides.
    """
    names = _named(schema)
    if reason := _unfit(schema, names, given):
        raise CannotRender(f"replicate:{schema.model} cannot render segments: {reason}.", *_found(schema))
    prompt = schema.inputs[names["prompt"]]
    fps = schema.inputs[names["fps"]] if "fps" in names else {}
    frames = _frame_rule(schema.inputs[names["frames"]]) if "frames" in names else None
    seconds = _seconds(schema.inputs[names["seconds"]]) if "seconds" in names and frames is None else ()
    any_fps = frames is not None and "fps" in names and not fps.get("enum")
    told: dict[str, Any] = {
        "first_frame": _need(schema, names.get("first")),
        "last_frame": _need(schema, names.get("last")),
        "negative_prompt": "negative" in names,
        "native_fps": _as_number(fps.get("default")) or (base.native_fps if base else None),
        "any_fps": any_fps,
        "frames": frames,
        "plan_frames": _usual(frames, schema.inputs[names["frames"]]) if frames is not None else None,
        "seconds": seconds,
        "sizes": _options(schema, names.get("size"), _SIZE),
        "ratios": _options(schema, names.get("ratio"), _RATIO),
        "resolutions": _options(schema, names.get("resolution"), _TIER),
        "any_size": False,
        "seed": _seed(schema, names.get("seed")),
        "determinism": "best-effort" if "seed" in names else "none",
        "audio": "audio" in names,
        "remote": True,
        "inputs": {ours: theirs for ours, theirs in names.items() if _is_used(ours, seconds, frames, any_fps)},
        "source": f"its schema, sha256 {schema.sha256[:16]}",
        "checked": datetime.date.today(),
    }
    if isinstance(longest := prompt.get("maxLength"), int) and longest > 0:
        told["prompt_limit"] = PromptLimit(characters=longest)
    if base is None:
        return ModelEntry.model_validate({"label": schema.model, "concurrency": 4, "poll_s": 3, "outputs_live_s": 3600, **told})
    always = {name: value for name, value in base.always.items() if name in schema.inputs}
    return base.model_copy(update={**told, "always": always, "label": f"{base.label}, {schema.model.partition(':')[2][:8]}"})


def _is_used(ours: str, seconds: Collection[float], frames: FrameRule | None, any_fps: bool) -> bool:
    """A length or rate that is the model's only one need not be said."""
    return {"seconds": bool(seconds), "frames": frames is not None, "fps": any_fps, "seed": False}.get(ours, True)


def _unfit(schema: Schema, names: Mapping[str, str], given: Collection[str]) -> str | None:
    """Why it cannot be used; None: it can."""
    if "prompt" not in names:
        return "it takes no prompt"
    output = schema.output
    shape = output.get("items") if output.get("type") == "array" else output
    files = [f for f in _strings(schema.example) if "." in f.rpartition("/")[2]]
    if not isinstance(shape, Mapping) or not (_picture(shape) or (shape.get("type") == "object" and files)):
        return "it gives no file"
    if files and not any(f.partition("?")[0].lower().endswith(_VIDEO) for f in files):
        return f"what it gave once is no video ({files[0].rpartition('/')[2][:60]})"
    if not files and not {"seconds", "frames", "fps"} & set(names) and "video" not in schema.description.lower():
        return "nothing says that it gives video"
    known = {*names.values(), *given}
    if unknown := sorted(n for n in schema.required if n not in known and schema.inputs.get(n, {}).get("default") is None):
        return f"it cannot do without {', '.join(unknown)}, which nothing here gives"
    return None


def _found(schema: Schema) -> list[str]:
    inputs = ", ".join(f"{name} ({_kind(value)})" for name, value in schema.inputs.items()) or "none"
    return [
        f"Its inputs: {inputs}. Its output: {_kind(schema.output) or 'none'}.",
        "Choose another model, or give what it needs as remote.inputs in longvid.yaml.",
    ]


def _kind(value: Input) -> str:
    kind = str(value.get("format") or value.get("type") or ("one of a list" if value.get("enum") else ""))
    return f"list of {_kind(value['items'])}" if kind == "array" and isinstance(value.get("items"), Mapping) else kind


def _shape(value: Input) -> dict[str, Any]:
    """A schema of an output without its words."""
    return {k: _shape(v) if isinstance(v, Mapping) else v for k, v in value.items() if k in ("type", "format", "items")}


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return [text for part in parts for text in _strings(part)]


def _need(schema: Schema, name: str | None) -> Need:
    return "none" if name is None else "required" if name in schema.required else "optional"


def _options(schema: Schema, name: str | None, pattern: re.Pattern[str]) -> tuple[str, ...]:
    options = schema.inputs[name].get("enum") or () if name is not None else ()
    return tuple(str(option) for option in options if pattern.fullmatch(str(option)))


def _seconds(value: Input) -> tuple[float, ...]:
    """Every length, or every whole one between its bounds; without bounds the one it makes unless told."""
    if value.get("enum"):
        return tuple(sorted(s for s in map(_as_number, value["enum"]) if s is not None and s > 0))
    low, high, usual = (_as_number(value.get(k)) for k in ("minimum", "maximum", "default"))
    if high is not None and high >= 1:
        return tuple(float(s) for s in range(max(1, math.ceil(low or 1)), min(int(high), _MANY) + 1))
    return (usual,) if usual is not None and usual > 0 else ()


def _frame_rule(value: Input) -> FrameRule | None:
    """From its least to its most. Latent video has 4n+1 or 8n+1 frames: where the usual length looks like it, so do all."""
    counts = [int(c) for c in map(_as_number, value.get("enum") or ()) if c]
    usual = int(_as_number(value.get("default")) or (counts[0] if counts else 0))
    low, high = (_as_number(value.get(k)) for k in ("minimum", "maximum"))
    if high is None or counts:
        return FrameRule(min=usual, max=usual) if usual > 0 else None
    step = next((s for s in (8, 4) if usual > s and usual % s == 1), int(_as_number(value.get("multipleOf")) or 1))
    return FrameRule(step=step, offset=1 if usual % step == 1 and step > 1 else 0, min=max(1, int(low or 1)), max=int(high))


def _usual(rule: FrameRule, value: Input) -> FrameRule | None:
    usual = int(_as_number(value.get("default")) or 0)
    return rule.model_copy(update={"max": usual}) if rule.min <= usual < rule.max else None


def _seed(schema: Schema, name: str | None) -> SeedSupport:
    if name is None:
        return SeedSupport(promise="none")
    low, high = (_as_number(schema.inputs[name].get(k)) for k in ("minimum", "maximum"))
    # without bounds: what every language's int holds
    return SeedSupport(parameter=name, range=(max(0, int(low or 0)), int(high) if high else 2**31 - 1), promise="accepted")


# -- whether an entry still holds ----------------------------------------------------------------------------------------------


def differences(entry: ModelEntry, schema: Schema) -> tuple[Difference, ...]:
    """Where a catalog entry and the interface differ. What the entry leaves out on purpose is no difference: tiers, say."""
    names = _named(schema)
    found = [*_names_differ(entry, schema, names), *_lengths_differ(entry, schema, names)]

    def tell(field: str, listed: Any, live: Any) -> None:
        found.append(Difference(field=field, listed=_words(listed), live=_words(live)))

    for name, value in entry.always.items():
        options = schema.inputs.get(name, {}).get("enum")
        if name not in schema.inputs or (options and value not in options):
            tell(f"always.{name}", value, options or "")
    for field, ours, pattern in (("ratios", "ratio", _RATIO), ("resolutions", "resolution", _TIER), ("sizes", "size", _SIZE)):
        listed, live = getattr(entry, field), _options(schema, entry.inputs.get(ours), pattern)
        if set(listed) - set(live) or (field == "ratios" and listed and set(live) - set(listed)):
            tell(field, listed, live)
    seed = _seed(schema, names.get("seed"))
    if entry.seed.parameter != seed.parameter:
        tell("seed", entry.seed.parameter or "none", seed.parameter or "none")
    elif seed.parameter and {"minimum", "maximum"} & set(schema.inputs[seed.parameter]):
        if entry.seed.range[0] < seed.range[0] or entry.seed.range[1] > seed.range[1]:
            tell("seed.range", entry.seed.range, seed.range)
    for field, ours in (("first_frame", "first"), ("last_frame", "last")):
        live_need = _need(schema, entry.inputs.get(ours))
        if live_need == "required" and getattr(entry, field) != "required":
            tell(field, getattr(entry, field), live_need)
    longest = schema.inputs.get(entry.inputs.get("prompt", "prompt"), {}).get("maxLength")
    limit = entry.prompt_limit.characters if entry.prompt_limit else None
    if isinstance(longest, int) and longest != limit:
        tell("prompt_limit", limit or "", longest)
    if reason := _unfit(schema, names, {*entry.inputs.values(), *entry.always}):
        tell("inputs", "", reason)
    return tuple(found)


def _names_differ(entry: ModelEntry, schema: Schema, names: Mapping[str, str]) -> list[Difference]:
    """Inputs that are called otherwise, are gone, or are new and of use."""
    lost = [
        Difference(field=f"inputs.{ours}", listed=theirs, live=names.get(ours, ""))
        for ours, theirs in entry.inputs.items()
        if theirs not in schema.inputs
    ]
    new = [
        Difference(field=f"inputs.{ours}", listed="", live=theirs)
        for ours, theirs in names.items()
        if ours not in entry.inputs and ours not in ("seed", "fps") and theirs not in entry.always
    ]
    return lost + new


def _lengths_differ(entry: ModelEntry, schema: Schema, names: Mapping[str, str]) -> list[Difference]:
    """Lengths that are no longer legal, or longer ones that are."""
    if "frames" in entry.inputs and entry.frames is not None:
        value = schema.inputs.get(entry.inputs["frames"], {})
        low, high = (_as_number(value.get(k)) for k in ("minimum", "maximum"))
        short, long = entry.frames.min, entry.frames.max
        if (low is not None and short < low) or (high is not None and not high - entry.frames.step < long <= high):
            return [Difference(field="frames", listed=f"{short} to {long}", live=f"{_words(low)} to {_words(high)}")]
    if "seconds" not in entry.inputs or entry.inputs["seconds"] not in schema.inputs:
        return []
    listed, value = set(entry.seconds), schema.inputs[entry.inputs["seconds"]]
    live = set(_seconds(value))
    if listed - live or any(s > min(listed, default=0) for s in live - listed):
        return [Difference(field="seconds", listed=_words(sorted(listed)), live=_words(sorted(live)))]
    return []


def _words(value: Any) -> str:
    if isinstance(value, list | tuple | set):
        return ", ".join(_words(each) for each in value)
    return f"{value:g}" if isinstance(value, float) else str(value) if value is not None else ""
