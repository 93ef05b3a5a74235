"""Encoded texts wait on disk, as they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from longvid_core.diffusion.encoded import Encoded


def values() -> list[Any]:
    """Such things as encoders give: tensors of any type in lists, tuples and dicts."""
    import torch

    return [
        [[torch.arange(6.0).reshape(2, 3), {"pooled_output": None, "strength": 0.5}]],
        (torch.zeros(2, dtype=torch.bfloat16), torch.ones(1)),
        {"hidden": torch.ones(3), "sizes": [torch.Size([3, 224, 224])]},
    ]


def same(a: Any, b: Any) -> bool:
    import torch

    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


@pytest.mark.parametrize("which", range(3))
def test_what_is_kept_comes_back_from_disk_as_it_was(tmp_path: Path, which: int) -> None:
    kept, value = Encoded(tmp_path), values()[which]
    kept["a text"] = value
    assert "a text" in kept and len(kept) == len(list(tmp_path.iterdir())) == 1
    assert same(kept["a text"], value)
    assert kept["a text"] is not value
    kept.clear()
    assert "a text" not in kept and not list(tmp_path.iterdir())


def test_two_runs_in_one_folder_do_not_share(tmp_path: Path) -> None:
    import torch

    one, other = Encoded(tmp_path), Encoded(tmp_path)
    one["a"], other["a"] = torch.zeros(1), torch.ones(1)
    assert torch.equal(one["a"], torch.zeros(1)) and torch.equal(other["a"], torch.ones(1))


def test_what_is_more_than_tensors_stays_in_memory(tmp_path: Path) -> None:
    import torch

    kept, hook = Encoded(tmp_path), object()
    kept["hooked"] = [[torch.ones(1), {"hooks": hook}]]
    assert kept["hooked"][0][1]["hooks"] is hook
    assert not list(tmp_path.iterdir())
