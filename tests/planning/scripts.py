"""Shared by the planner's tests: limits like real models', and prompts of many kinds."""

from __future__ import annotations

from typing import Any

from longvid_core.catalog import FrameRule
from longvid_core.models import Plan
from longvid_core.planning.brief import Brief, Limits
from longvid_core.planning.offline import plan_offline

BY_RULE = Limits(backend="wan", fps=16, rule=FrameRule(step=4, offset=1, min=9, max=161))
BY_LIST = Limits(backend="veo", fps=16, choices=(64, 96, 128))
UNEVEN = Limits(backend="odd", fps=12.5, choices=(50, 62, 75, 130))
EVERY = Limits(backend="any", fps=24, rule=FrameRule(min=2, max=40))

LIGHTHOUSE = (
    "A winter storm is breaking over a small fishing village. We begin high above the bay at dusk, slate-grey water torn with "
    "white, and drift down towards a lone lighthouse on a black rock. Inside, an old keeper in a mustard oilskin coat, white "
    "beard, copper-rimmed glasses, climbs the spiral stairs with a storm lantern that swings and throws gold light over wet "
    "stone. At the top he finds the great lamp dark, its glass cracked by a gull. He sets the lantern down, rolls up his "
    "sleeves, and begins to turn the old hand crank; the brass gears shudder, catch, and the beam slowly wakes.\n\n"
    "Out at sea a red trawler is rolling hard, its skipper, a young woman in a blue wool cap, wiping salt from the wheelhouse "
    "window. For a moment there is nothing but rain. Then a single sweep of light crosses her face.\n\n"
    "Dawn. The storm has blown itself out; the sea is flat and pink. On the gallery the keeper pours tea into two tin cups. The "
    "camera pulls away until the lighthouse is a small white stroke on an enormous calm sea."
)
KITE = """# Kite

Style: hand-painted 2D animation, soft gouache, late-summer palette. 16:9, 24 fps.
Character: MIRA, nine years old, short black hair, yellow raincoat, one missing front tooth.

1. (4s) Wide: a rice terrace at noon, wind moving over it like a hand over fur.
2. (6s) Mira runs uphill with a paper kite, the string too long for her.
3. (5s) The kite snaps into the sky. Low angle, lens flare.
4. (3s) CUT TO a kitchen: her grandmother looks up from a pot of soup.
5. (8s) Both of them on the roof at dusk, flying it together. "Higher," says the grandmother.
"""
WATCH = (
    "A 15-second vertical ad for a luxury watch. Scene 1: the watch rests on dark velvet in an elegant setting, a slow push-in. "
    "Scene 2: a woman in a charcoal suit fastens it while walking through a glass lobby. Scene 3: extreme close-up of the dial, "
    "light sliding over the hands."
)
SCREENPLAY = """FADE IN:

EXT. DESERT HIGHWAY - DAY

A battered red pickup rattles down an empty road.

INT. PICKUP - CONTINUOUS

JOE, 60s, sunburnt, a straw hat, grips the wheel.

                    JOE
          (quietly)
     We are exploring.

He taps the fuel gauge.

SMASH CUT TO:

EXT. DESERT HIGHWAY - NIGHT

Stars. The pickup is a tiny light in an enormous dark.

FADE OUT."""
HATED = {
    "one word": "Lighthouse",
    "japanese": "雨の夜、東京の路地を赤い傘の少女が歩いている。猫が屋根から飛び降りる。「迷子なの？」と少女が聞く。"
    "翌朝、二人は海辺を歩く。",
    "right to left": "في فجر هادئ، يمشي رجل عجوز على شاطئ البحر. يتوقف وينظر إلى الأفق؟ فجأة تهب عاصفة، ويركض الرجل نحو الصخور.",
    "emoji": "🚀🌕👨‍🚀➡️🪐👽🤝👨‍👩‍👧‍👦🎉🇫🇷",
    "headings": "# Dawn\n# The long road\n# A city of glass\n# Home",
    "giant": "a courier pedals past the harbour and the bells while the rain falls and the dogs bark and the lamps go out " * 12,
    "no spaces": "あ" * 900,
    "letters": "x" * 3000,
    "lists of lists": "- Morning\n  - A baker opens the shop\n  - Steam rises\n- Night\n  - The baker sleeps",
    "line ends": "\ufeffScene 1: A cat.\r\n\r\nScene 2: A dog.\r\nIt barks.\r\n\r\nScene 3: Both sleep.",
    "controls": "A cat\x00 sits.\x07 It\u202e sleeps.",
    "code": 'Show {"scene": 1} on a terminal; draw_circle(x, y) runs. Then for (i = 0; i < 3; i++) three circles bloom.',
    "long": "A fox runs over the hill and finds an old lantern by the river. It waits. " * 300,
}
PROMPTS = {"lighthouse": LIGHTHOUSE, "kite": KITE, "watch": WATCH, "screenplay": SCREENPLAY, **HATED}


def plan(prompt: str, limits: Limits = BY_RULE, **brief: Any) -> Plan:
    """The offline plan for a prompt."""
    return plan_offline(Brief(prompt=prompt, **brief), limits)


def letters(text: str) -> list[str]:
    """Everything in a text but white space and the byte order mark in front."""
    return [c for c in text.removeprefix("\ufeff") if not c.isspace()]
