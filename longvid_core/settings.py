"""Every setting, from one file and the environment: `longvid.yaml`, then `LONGVID_*`, then what a command says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from .diffusion.settings import FramepackSettings, WanSettings
from .errors import BadInput
from .models.base import Fps
from .models.film import Codec, Preset, Treatment
from .models.plan import Fit, Mode, SeedPolicy
from .validation import describe
from .yaml_text import YamlFault, parse_yaml

FILE_NAME = "longvid.yaml"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PlannerSettings(_Section):
    """Who plans."""

    name: str = Field("offline", description="`offline`, the rules that need no network; or openai:MODEL, on any such server")
    base_url: str | None = Field(
        None, description="An OpenAI-compatible server (Ollama, LM Studio, vLLM, llama.cpp), /v1 included; default: OpenAI's own"
    )
    mode: Literal["auto", "tools", "json_schema", "json", "md_json"] = Field(
        "auto",
        description="How the answer's form is asked for; auto: what the server is known to do, a step down where it refuses",
    )
    temperature: float | None = Field(None, ge=0, le=2, description="Sent where the model accepts one; default: the model's own")
    seed: int | None = Field(None, ge=0, lt=2**31, description="Sent where the model accepts one, for answers that repeat better")
    context: int | None = Field(None, ge=1024, description="Tokens the model can hold, where it is not a known one")
    timeout_s: float = Field(600, gt=0, description="How long one answer may take")
    reasks: int = Field(2, ge=0, le=10, description="How often an answer that does not hold is sent back with its faults")


class ImageSettings(_Section):
    """Who draws keyframes."""

    backend: str = Field("card", description="PROVIDER[:MODEL]")
    fallback: tuple[str, ...] = Field((), description="Who draws what that one does not, in this order; PROVIDER[:MODEL] each")
    base_url: str | None = Field(None, description="Where that provider is, instead of its own address")
    reword_model: str | None = Field(None, description="openai:MODEL that rewords refused prompts; default: the planner's")
    reword_limit: int = Field(2, ge=0, le=10, description="How often one prompt is reworded at most")
    timeout_s: float = Field(240, gt=0, description="How long one picture may take")
    quality: Literal["auto", "low", "medium", "high"] = Field("auto", description="For models that have levels of it")
    strength: float = Field(0.65, ge=0, le=1, description="How far image-to-image may go from its picture; 1: all the way")


class RetrySettings(_Section):
    """When a remote call that failed is made again."""

    attempts: int = Field(5, ge=1, le=20, description="Calls in all")
    first_wait_s: float = Field(1.0, ge=0, description="Bound of the first random wait; it doubles each time")
    longest_wait_s: float = Field(120.0, ge=0, description="No wait is longer, even where a provider asks for it")


class RemoteSettings(_Section):
    """How clips are rendered far away."""

    deadline_s: float = Field(3600, gt=0, description="How long one job is waited for; it can be gone on with afterwards")
    timeout_s: float = Field(120, gt=0, description="How long one call may take without a sign of life")
    retries: int = Field(2, ge=0, le=10, description="How often a job that failed by the provider's own fault is submitted again")
    audio: bool = Field(False, description="Ask for sound where a model makes it; it may cost more")
    concurrency: dict[str, Annotated[int, Field(ge=1)]] = Field(
        {}, description="How many jobs at once your account may have, by PROVIDER or PROVIDER:MODEL; default: the catalog's"
    )
    inputs: dict[str, dict[str, Any]] = Field(
        {}, description="Further input for a model, by PROVIDER:MODEL, as its provider names it: {resolution: 1080p}"
    )


class FilmSettings(_Section):
    """How the film is encoded."""

    codec: Codec = "h264"
    crf: int = Field(18, ge=0, le=51)
    preset: Preset = "medium"
    slate: bool = Field(False, description="Lay shot, timecode, prompt and seed over the picture")
    seam: Treatment = Field("drop", description="Where a shot goes on: the shared frame once, or dissolve")


class SigningSettings(_Section):
    """Who signs films, and whose signatures count. `longvid sign --init` makes what is needed where there is nothing."""

    cert: Path | None = Field(None, description="The certificate, as PEM, with those above it; default: your own in `folder`")
    key: Path | None = Field(None, description="Its private key, as PEM; default: the certificate's file holds it")
    passphrase: SecretStr | None = Field(None, description="Of the key; best kept in the variable alone")
    folder: Path | None = Field(None, description="What --init made; default: `signing` in the user configuration folder")
    trust: tuple[Path, ...] = Field((), description="PEM files with the certificates of authorities whose word counts")


class ComfyuiSettings(_Section):
    """The ComfyUI that replays what was sampled on its canvas. It is started for that alone, and nothing is written into it."""

    path: Path | None = Field(None, description="Its folder, the one with main.py; default: COMFYUI_PATH")
    python: Path | None = Field(None, description="The Python it runs in; default: its own .venv or venv, else Longvid's")
    arguments: tuple[str, ...] = Field(
        (), description="What it is started with, as you start it: [--lowvram], [--base-directory, FOLDER]"
    )
    threads: int | None = Field(
        None, ge=1, description="How many processor threads it computes with; default: a replay takes as many as the film's"
    )


def _named(field: str) -> BeforeValidator:
    """Lets a section be written as one word: `planner: offline` for `planner: {name: offline}`."""
    return BeforeValidator(lambda value: {field: value} if isinstance(value, str) else value)


class Settings(BaseSettings):
    """What a command does when its options say nothing. Unknown fields in the file are refused."""

    model_config = SettingsConfigDict(
        env_prefix="LONGVID_", env_nested_delimiter="__", extra="forbid", frozen=True, nested_model_default_partial_update=True
    )

    home: Path | None = Field(None, description="The store; default: the platform's user data folder")
    ledger_url: str | None = Field(None, description="SQLAlchemy URL of the ledger; default: ledger.db in the store")
    ffmpeg: str | None = Field(None, description="Path of the ffmpeg program; default: the system's, else a wheel's")
    mode: Mode = "keyframe"
    size: str = Field("832x480", pattern=r"^[1-9][0-9]{1,3}x[1-9][0-9]{1,3}$")
    fps: Fps | None = Field(None, description="Default: the backend's native rate")
    fit: Fit = "crop"
    seed_policy: SeedPolicy = "derived"
    planner: Annotated[PlannerSettings, _named("name")] = PlannerSettings()
    on_planner_failure: Literal["offline", "fail"] = Field(
        "fail", description="Where a model gives no plan: plan offline, or end"
    )
    images: Annotated[ImageSettings, _named("backend")] = ImageSettings()
    backend: str = Field("animatic", description="PROVIDER[:MODEL] that renders segments")
    budget: float | None = Field(None, ge=0, description="US dollars one run may cost")
    film: FilmSettings = FilmSettings()
    retry: RetrySettings = RetrySettings()
    remote: RemoteSettings = RemoteSettings()
    signing: SigningSettings = SigningSettings()
    fallback: tuple[str, ...] = Field((), description="Who renders a segment that its backend does not; PROVIDER[:MODEL] each")
    on_failure: Literal["stop", "placeholder"] = Field(
        "stop", description="A segment nobody renders: no film, or an animatic in its place, marked as such"
    )
    on_unknown: Literal["ask", "resubmit"] = Field(
        "ask", description="A job that may have been bought, its answer lost: ask you, or submit it (and maybe pay) again"
    )
    poll_interval: float | None = Field(None, gt=0, description="Seconds between two looks at a job; default: the catalog's")
    keys: dict[str, SecretStr] = Field(
        {},
        description="Keys of remote providers by name; the environment's win over these. `planner` and `images`: for a base_url "
        "there that is not the provider's own; nothing else is sent to it",
    )
    wan: WanSettings = WanSettings()
    framepack: FramepackSettings = FramepackSettings()
    comfyui: Annotated[ComfyuiSettings, _named("path")] = ComfyuiSettings()

    @property
    def store_home(self) -> Path:
        """The store's folder, absolute."""
        if self.home is not None:
            return self.home.expanduser().absolute()
        import platformdirs

        return Path(platformdirs.user_data_dir("longvid", appauthor=False))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment before the file: a machine's own variables are nearer than a shared file."""
        comfyui = os.environ.get("COMFYUI_PATH")
        named = {"comfyui": {"path": comfyui}} if comfyui else {}
        return env_settings, InitSettingsSource(settings_cls, named), init_settings


def load_settings(config: Path | None = None) -> Settings:
    """The settings: `config`, else `longvid.yaml` here, else the user's own one; then the environment.

    Raises BadInput, naming file and field, for a file that is missing, unreadable, not YAML or holds unknown fields.
    """
    file = config or _found()
    try:
        return Settings(**_read(file) if file else {})
    except ValidationError as error:
        fields = {str(fault["loc"][0]) for fault in error.errors(include_url=False) if fault["loc"]}
        variables = sorted(
            n for n in os.environ if n.upper().startswith("LONGVID_") and n[8:].lower().partition("__")[0] in fields
        )
        places = [*variables, *([str(file)] if file else [])] or ["the environment"]
        raise BadInput(
            f"settings in {' or '.join(places)} cannot be used:",
            *describe(error),
            "See `longvid schema settings` for what may stand there.",
        ) from error


def _found() -> Path | None:
    import platformdirs

    places = (Path(FILE_NAME), Path(platformdirs.user_config_dir("longvid", appauthor=False)) / FILE_NAME)
    return next((place for place in places if place.is_file()), None)


def _read(file: Path) -> dict[str, Any]:
    try:
        values = parse_yaml(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"cannot read the settings file {file}: {error.strerror}.", "Check the path given to --config.") from error
    except (YamlFault, UnicodeDecodeError) as error:
        raise BadInput(f"{file} is not YAML: {error}", "Mend it, or start from an empty file.") from error
    if values is None:
        return {}
    if not isinstance(values, dict) or not all(isinstance(name, str) for name in values):
        raise BadInput(f"{file} holds no settings: it must be `name: value` lines.", "See `longvid schema settings`.")
    return values
