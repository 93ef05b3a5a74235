"""Finding providers, and reading what their models can do."""

from __future__ import annotations

import pytest

from longvid_core.catalog import FrameRule, entry_of, find_backend, provider_names
from longvid_core.catalog.registry import load_provider
from longvid_core.errors import UnknownName
from longvid_core.providers.base import Opened


def test_every_catalog_file_has_its_provider() -> None:
    for kind, verb in (("image", "draw"), ("video", "render")):
        for name in provider_names(kind):  # type: ignore[arg-type]
            provider = load_provider(name)
            assert provider.name == name and entry_of(name).models
            if isinstance(provider, Opened):  # it renders once it is opened, with weights that need not be here
                continue
            assert callable(getattr(provider, verb))
            for model in entry_of(name).models:
                assert provider.fingerprint(model)


def test_a_model_may_be_left_out() -> None:
    assert str(find_backend("animatic", "video")) == "animatic:animatic"
    assert find_backend("card:card", "image").entry.price.usd == 0


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("animatc", "video", "Did you mean animatic"),
        ("card", "video", "There is: animatic"),
        ("animatic:fast", "video", "no model 'fast'"),
        ("", "image", "There is: card"),
    ],
)
def test_an_unknown_name_comes_with_what_there_is(name: str, kind, said: str) -> None:
    with pytest.raises(UnknownName, match=said):
        find_backend(name, kind)


@pytest.mark.parametrize(
    ("wanted", "nearest"), [(0, 5), (5, 5), (6, 5), (7, 5), (7.1, 9), (80, 81), (82.9, 81), (83.1, 85), (10**6, 161)]
)
def test_the_nearest_legal_length(wanted: float, nearest: int) -> None:
    rule = FrameRule(step=4, offset=1, min=5, max=161)
    assert rule.nearest(wanted) == nearest and rule.allows(nearest)
