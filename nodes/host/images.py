"""Pictures across the edge: ComfyUI's IMAGE tensors (float32, [B, H, W, 3], 0 to 1) and the core's files and PIL images."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .api import io, ui
from .folders import temp_folder
from .kept import remember

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

    from longvid_core.models import Asset, Keyframe, Plan
    from longvid_core.render.session import Session


def to_pictures(images: torch.Tensor) -> list[Image]:
    """A batch as PIL images, mode RGB. Rounded, not cut off: a PNG that became a tensor becomes the same PNG again."""
    from PIL import Image

    bytes_ = (images[..., :3].clamp(0, 1) * 255).round().byte().cpu().numpy()
    return [Image.fromarray(frame) for frame in bytes_]


def all_pictures(batches: Iterable[torch.Tensor]) -> list[Image]:
    """Every picture of a list of batches, in order."""
    return [picture for batch in batches for picture in to_pictures(batch)]


def from_picture(picture: Image) -> torch.Tensor:
    """One picture as a batch of one."""
    import numpy as np
    import torch

    return torch.from_numpy(np.asarray(picture.convert("RGB"), dtype=np.float32) / 255).unsqueeze(0)


def from_assets(assets: Sequence[Asset], plan: Plan | None = None) -> torch.Tensor:
    """Pictures as one batch: brought to the plan's size by its fit, or, without a plan, all of the first one's size.

    It is mapped onto a file in ComfyUI's temp folder, not held: a long film has hundreds of keyframes, ComfyUI keeps
    outputs for the next run, and the system can take mapped pages back.
    """
    import torch

    width, height = (plan.width, plan.height) if plan is not None else _picture(assets[0], None).size
    file = temp_folder() / f"longvid_{uuid.uuid4().hex}.rgb"
    batch = torch.from_file(str(file), shared=True, size=len(assets) * height * width * 3, dtype=torch.float32)
    batch = batch.reshape(len(assets), height, width, 3)
    for index, asset in enumerate(assets):
        batch[index] = from_picture(_picture(asset, plan))[0]
    if os.name == "posix":
        file.unlink()  # the mapping keeps it alive for as long as someone uses it
    return batch


def from_asset(asset: Asset) -> torch.Tensor:
    """One picture as a batch of one, at its own size."""
    return from_picture(_picture(asset, None))


def _picture(asset: Asset, plan: Plan | None) -> Image:
    from longvid_core.media.images import fit_image, load_rgb

    picture = load_rgb(asset.path)
    return picture if plan is None else fit_image(picture, plan.width, plan.height, plan.fit)


def saved_first(images: torch.Tensor | None, session: Session) -> Path | None:
    """The first picture of a batch as a PNG in the session's scratch; None where there is no batch."""
    from longvid_core.media.images import save_png

    if images is None:
        return None
    target = session.scratch / f"{uuid.uuid4().hex}.png"
    save_png(to_pictures(images[:1])[0], target)
    return target


def pictures_of(keyframes: Iterable[Keyframe]) -> list[Asset]:
    """The pictures of the keyframes that have one, in order."""
    return [keyframe.image for keyframe in keyframes if keyframe.image is not None]


def preview(assets: Sequence[Asset], node_id: str) -> ui.SavedImages:
    """The pictures a node put out, shown on it: copied to ComfyUI's temp folder, where a browser may see them."""
    remember(node_id, (asset.path for asset in assets))
    run = uuid.uuid4().hex[:8]
    folder = temp_folder() / "longvid"
    folder.mkdir(parents=True, exist_ok=True)
    results = []
    for number, asset in enumerate(assets):
        name = f"{run}_{number:04}{Path(asset.path).suffix}"
        shutil.copyfile(asset.path, folder / name)
        results.append(ui.SavedResult(name, "longvid", io.FolderType.temp))
    return ui.SavedImages(results)
