"""Finding providers: the ones in this package by their catalog file, outside ones by entry point."""

from __future__ import annotations

import difflib
import functools
import importlib
from dataclasses import dataclass, field
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from ..errors import BadInput, UnknownName
from ..yaml_text import YamlFault, parse_yaml
from .models import ModelEntry, ProviderEntry

if TYPE_CHECKING:
    from ..settings import Settings

Kind = Literal["image", "video"]
ENTRY_POINTS = "longvid.providers"
DEFAULTS: dict[Kind, str] = {"image": "card", "video": "animatic"}


@dataclass(frozen=True)
class Backend:
    """A model one can render with: where it is listed and what it can do."""

    provider: str
    model: str
    entry: ModelEntry = field(hash=False)
    renderer: Any = field(default=None, compare=False, repr=False)
    """What renders, where a host brings it along; None: the registered provider."""
    instead_of: str | None = field(default=None, compare=False)
    """The retired model that was asked for, where this one takes its place."""

    def __str__(self) -> str:
        return f"{self.provider}:{self.model}"

    @property
    def asked(self) -> str:
        """The name by which it was asked for: `find_backend` finds the same with it."""
        return f"{self.provider}:{self.instead_of or self.model}"

    @property
    def succession(self) -> str | None:
        """That a retired model was asked for and this one takes its place, in words; None where it was not."""
        if self.instead_of is None:
            return None
        since = entry_of(self.provider).retired[self.instead_of].since
        gone = f"was shut down on {since}" if since else "is gone"
        return f"{self.asked} {gone}; {self} takes its place."


def default_backend(kind: Kind) -> str:
    """The provider used when none is named."""
    return DEFAULTS[kind]


def is_default(backend: Backend, kind: Kind) -> bool:
    """Whether it is the one that is used when none is named."""
    return find_backend(default_backend(kind), kind) == backend


@functools.cache
def _own_catalogs() -> dict[str, ProviderEntry]:
    folder = resources.files(__package__)
    entries = {}
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml"):
            entries[file.name[:-5]] = _parse(file.name, file.read_text(encoding="utf-8"))
    return entries


def _parse(name: str, text: str) -> ProviderEntry:
    try:
        return ProviderEntry.model_validate(parse_yaml(text))
    except (YamlFault, ValidationError) as error:
        raise BadInput(f"catalog file {name} does not hold: {error}", "Mend the file, or reinstall Longvid.") from error


@functools.cache
def _outside() -> dict[str, metadata.EntryPoint]:
    return {point.name: point for point in metadata.entry_points(group=ENTRY_POINTS)}


def provider_names(kind: Kind) -> list[str]:
    """All providers of a kind, ours first, each group by name."""
    own = [name for name, entry in _own_catalogs().items() if entry.kind == kind and not entry.hosted]
    return own + sorted(name for name in _outside() if name not in own and entry_of(name).kind == kind)


@functools.cache
def entry_of(provider: str) -> ProviderEntry:
    """The provider's catalog. UnknownName where there is no such provider."""
    own = _own_catalogs()
    if provider in own:
        return own[provider]
    if provider in _outside():
        catalog = load_provider(provider).catalog
        return _parse(str(catalog), Path(catalog).read_text(encoding="utf-8"))
    raise UnknownName(f"there is no provider {provider!r}.", _instead(provider, [*own, *_outside()]))


@functools.cache
def load_provider(provider: str) -> Any:
    """The provider's object, imported on first use: `PROVIDER` of `providers/NAME.py`, or what the entry point names."""
    own = _own_catalogs().get(provider)
    if own is not None and own.hosted:
        raise UnknownName(
            f"{own.label} renders on its own node only.", "Choose one of: " + ", ".join(provider_names(own.kind)) + "."
        )
    if own is not None:
        return importlib.import_module(f"..providers.{provider}", __package__).PROVIDER
    if provider in _outside():
        loaded = _outside()[provider].load()
        return loaded() if isinstance(loaded, type) else loaded
    raise UnknownName(f"there is no provider {provider!r}.", _instead(provider, [*_own_catalogs(), *_outside()]))


def find_backend(name: str, kind: Kind, settings: Settings | None = None) -> Backend:
    """The backend `PROVIDER[:MODEL]`. UnknownName, with what there is, for a provider or model not listed.

    A provider whose catalog says `others` takes any further name and tells which listed model it is like, or what it can do:
    it may ask over the network for that, with the key in `settings` (default: those that `load_settings` finds). A retired
    name gives its successor; see `Backend.succession`.
    """
    provider, _, model = name.partition(":")
    if provider not in provider_names(kind):
        what = "draws keyframes" if kind == "image" else "renders video"
        raise UnknownName(f"no provider {provider!r} {what}.", _instead(provider, provider_names(kind)))
    entry = entry_of(provider)
    model = model or entry.default
    if gone := entry.retired.get(model):
        return Backend(provider, gone.successor, entry.models[gone.successor], instead_of=model)
    if model not in entry.models and entry.others:
        return Backend(provider, model, _unlisted(provider, model, settings))
    if model not in entry.models:
        raise UnknownName(f"{provider} has no model {model!r}.", _instead(model, list(entry.models)))
    return Backend(provider, model, entry.models[model])


def _unlisted(provider: str, model: str, settings: Settings | None) -> ModelEntry:
    from ..providers.base import Describes
    from ..settings import load_settings

    loaded = load_provider(provider)
    if isinstance(loaded, Describes):
        return loaded.entry(model, settings or load_settings())
    return entry_of(provider).models[loaded.like(model)]


def _instead(wrong: str, names: list[str]) -> str:
    close = difflib.get_close_matches(wrong, names, n=1)
    hint = f"Did you mean {close[0]}? " if close else ""
    return f"{hint}There is: {', '.join(sorted(set(names)))}."
