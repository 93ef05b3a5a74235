"""A storyboard as one page of HTML that needs nothing else: pictures stand in it as data."""

from __future__ import annotations

import base64
import io
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from ..models.base import exact_fps
from ..planning.provenance import without_address
from .storyboard import clock, colour

if TYPE_CHECKING:
    from ..models.plan import CastMember, Keyframe, Plan, Segment

_WIDTH, _SMALL = 640, 320
"""Pixels of a keyframe and of a cast member's picture on the page, at the most."""


def save_page(plan: Plan, path: Path) -> None:
    """Write the page, whole or not at all. Keyframes that are not drawn yet are told in words."""
    from ..files import write_bytes

    write_bytes(path, page(plan).encode())


def page(plan: Plan) -> str:
    """The page: the film's facts, its cast, and each segment with its two stills, its words and how it is seen."""
    rate, start, shots = exact_fps(plan.fps), 0, []
    painters = {k.source for k in plan.keyframes if k.source}
    pictures = {k.id: _picture(k, plan, told=len(painters) > 1) for k in plan.keyframes}
    for segment in plan.segments:
        start -= segment.index > 0 and segment.join == "continuous"
        shots.append(_shot(plan, segment, float(start / rate), pictures))
        start += segment.frames
    seconds = clock(float(plan.film_frames / rate))
    facts = [f"{len(plan.segments)} segments", seconds, f"{plan.width}×{plan.height}", f"{plan.fps:g} fps", f"{plan.mode} mode"]
    facts += [f"seed {plan.seed}", *([f"planned by {without_address(plan.planned_by)}"] if plan.planned_by else [])]
    facts += [f"keyframes by {next(iter(painters))}"] if len(painters) == 1 else []
    strip = "".join(f'<a href="#{escape(s.id)}" style="flex:{s.frames};background:{colour(s.index)}"></a>' for s in plan.segments)
    cast = "".join(_member(m) for m in plan.cast)
    return "".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            f"<title>{escape(plan.title)}</title><style>{STYLE}</style></head><body><main>",
            f"<header><h1 dir=auto>{escape(plan.title)}</h1><p>{escape(' · '.join(facts))}</p><nav>{strip}</nav></header>",
            f"<section class=cast><h2>Cast</h2><dl>{cast}</dl></section>" if cast else "",
            *shots,
            "</main></body></html>\n",
        ]
    )


def _member(member: CastMember) -> str:
    """One of the cast: name, look, and the pictures that say how they look."""
    name = member.name[:1].upper() + member.name[1:]
    seen = "".join(f'<img alt="" src="{_data(Path(r.image.path), _SMALL)}">' for r in member.references)
    return f"<div>{seen}<dt dir=auto>{escape(name)}</dt><dd dir=auto>{escape(member.look) or '–'}</dd></div>"


def _shot(plan: Plan, segment: Segment, start: float, pictures: dict[str, str]) -> str:
    look = plan.visual_of(segment).to_prompt()
    length = clock(float(segment.frames / exact_fps(plan.fps)))
    join = "" if segment.index == 0 else "cut" if segment.join == "cut" else "goes on"
    head = filter(None, [f"{clock(start)}", f"{length} long", join, "locked" if segment.locked else "", segment.backend or ""])
    ends = [name for name in (segment.first_keyframe, segment.last_keyframe) if name is not None]
    stills = f"<div class=ends>{''.join(pictures[name] for name in ends)}</div>" if ends else ""
    said = (
        f"<details><summary>Your words</summary><p dir=auto>{escape(segment.text)}</p></details>" if segment.text.strip() else ""
    )
    without = f"<p class=dim>without <bdi>{escape(segment.negative)}</bdi></p>" if segment.negative else ""
    return (
        f'<article id="{escape(segment.id)}" style="--c:{colour(segment.index)}"><h3><b>{segment.index:02d}</b> '
        f"<span>{escape(segment.id)}</span> <i>{escape(' · '.join(head))}</i></h3>"
        f"<div{' class=shot' if ends else ''}>{stills}"
        f"<div><p dir=auto>{escape(segment.prompt)}</p>{without}<p class=dim>{escape(look)}</p>"
        f'<p class=dim>complexity <span class=bar><b style="width:{100 * segment.complexity:.0f}%"></b></span> '
        f"{segment.complexity:g}</p>{said}</div></div></article>"
    )


def _picture(keyframe: Keyframe, plan: Plan, *, told: bool) -> str:
    """A keyframe as a figure: its picture where there is one, else its place in the film's shape with its words.

    told: who drew it is said beside it.
    """
    words = escape(keyframe.prompt)
    shape = f"aspect-ratio:{plan.width}/{plan.height}"
    if keyframe.image is None:
        return f'<figure><div class=blank style="{shape}">not drawn yet</div><figcaption dir=auto>{words}</figcaption></figure>'
    made = f" <i>{escape(keyframe.source)}</i>" if told and keyframe.source else ""
    return (
        f'<figure><img alt="{words}" src="{_data(Path(keyframe.image.path), _WIDTH)}" style="{shape}">'
        f"<figcaption dir=auto>{words}{made}</figcaption></figure>"
    )


def _data(path: Path, width: int) -> str:
    """The picture as a JPEG no wider than the page shows it, as the address of itself. Unreadable where it is none."""
    from ..media.images import load_rgb

    image = load_rgb(path)
    image.thumbnail((width, 4 * width))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"


POLICY = "default-src 'none';img-src data:;style-src 'unsafe-inline'"
STYLE = """
:root{color-scheme:light dark;--bg:light-dark(#faf8f4,#15161a);--ink:light-dark(#22252b,#e9e7e2);
--dim:light-dark(#6b6f78,#9a9ca5);--card:light-dark(#fff,#1e2026);--line:light-dark(#e4e0d8,#2d3038)}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
main{max-width:1280px;margin:0 auto;padding:2.5rem 1.25rem 4rem}
h1{font-size:2.1rem;line-height:1.15;margin:0 0 .3rem}
h2{font-size:1rem;margin:0 0 .5rem}
header p,.dim,h3 i,figcaption,dd{color:var(--dim)}
header p{margin:0 0 1.2rem}
nav{display:flex;gap:2px;height:14px;border-radius:7px;overflow:hidden}
nav a{display:block;min-width:3px}
.cast{margin:2rem 0 0}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(240px,1fr));gap:.6rem 1.5rem;margin:0}
dt{font-weight:600}
dd{margin:0;font-size:.9rem}
dl img{width:100%;aspect-ratio:3/2;object-fit:cover;border-radius:6px;margin-bottom:.4rem}
article{background:var(--card);border:1px solid var(--line);border-left:5px solid var(--c);border-radius:10px;
padding:1.1rem 1.3rem;margin:1.4rem 0 0;scroll-margin-top:1rem}
h3{display:flex;gap:.6rem;align-items:baseline;margin:0 0 .8rem;font-size:1rem;font-weight:500}
h3 b{color:var(--c);font-size:1.25rem}
h3 i{font-style:normal;margin-left:auto;font-size:.9rem}
.shot{display:grid;gap:.4rem 1.5rem}
@media(min-width:1000px){.shot{grid-template-columns:3fr 2fr}.shot p:first-child{margin-top:0}}
.ends{display:grid;grid-template-columns:repeat(auto-fit,minmax(250px,1fr));gap:1rem;align-content:start}
figure{margin:0;max-width:640px}
figure img,.blank{display:block;width:100%;object-fit:cover;border-radius:6px;
background:color-mix(in srgb,var(--c) 18%,var(--card))}
.blank{display:grid;place-items:center;color:var(--dim);font-size:.85rem}
figcaption{font-size:.82rem;margin-top:.35rem}
p{margin:.7rem 0 0}
.dim{font-size:.88rem}
.bar{display:inline-block;width:90px;height:6px;border-radius:3px;background:var(--line);vertical-align:middle;overflow:hidden}
.bar b{display:block;height:100%;background:var(--c)}
details{margin-top:.7rem;font-size:.9rem}
summary{cursor:pointer}
@media print{article{break-inside:avoid}}
"""
