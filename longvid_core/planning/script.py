"""A text understood: what holds for the whole film, and its scenes with the words of each."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import Literal

from .beats import verb_at
from .counts import Count, asks_for_shots, count_said, each_length, film_count, only_format, without_counts, without_each
from .durations import film_length, length_in, without_amounts, without_lengths
from .lexicon import opens_with, pattern, patterns, split_terms, terms, words
from .telling import may_end_a_chat, shows_besides, spoken
from .textkit import says_something, word_count

_EMPHASIS = (
    (re.compile(r"!?\[([^\]\n]*)\]\((?:[^()\s]+)\)"), r"\1"),
    (re.compile(r"(\*\*|__)(?=\S)(.{1,2000}?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<![\w_])_(?=[^\s_])([^_\n]+?)(?<=[^\s_])_(?![\w_])"), r"\1"),
    (re.compile(r"(?<!`)`([^`\n]+)`(?!`)"), r"\1"),
    (re.compile(r"~~(?=\S)(.+?)(?<=\S)~~"), r"\1"),
    (re.compile(r"^[ \t]*>[ \t]?", re.MULTILINE), ""),
    (re.compile(r"(?<!\w)\*\*|\*\*(?!\w)"), ""),
    (re.compile(r"<br\s*/?>", re.IGNORECASE), " "),
)  # fmt: skip


@dataclass
class Passage:
    """Words that belong together: text[start:end], one paragraph, list entry or line."""

    start: int
    end: int
    gap: bool = False
    code: bool = False
    speech: bool = False
    heading: bool = False
    nested: bool = False


SceneKind = Literal["scene", "item", "prose"]


@dataclass
class Scene:
    """A stretch of the film. `kind`: marked as a scene; an entry of a shot list; or plain prose. `below`: its heading's level,
    marked as a scene or not; `level`: only where the heading has no such mark."""

    kind: SceneKind
    join: Literal["cut", "continuous"] | None = None
    seconds: float | None = None
    clock: tuple[float, float | None] | None = None
    level: int = 0
    below: int = 0
    indent: int = 0
    mark: str = ""
    settings: list[str] = field(default_factory=list)
    notes: list[tuple[str, str, str]] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)


@dataclass
class Script:
    """The whole text. What is said of the film as a whole stands in lists of plain words, marks and markup removed."""

    text: str
    title: str = ""
    total: float | None = None
    count: Count | None = None
    each: float | None = None
    context: list[str] = field(default_factory=list)
    style: list[str] = field(default_factory=list)
    setting: list[str] = field(default_factory=list)
    characters: list[str] = field(default_factory=list)
    negative: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    scenes: list[Scene] = field(default_factory=list)

    def note_format(self, said: str, *, meta: bool) -> None:
        """What a sentence about the film says of its length and number of shots; the first to say so counts.

        meta: it says nothing else, so that any number in it is one of shots, and any length the film's.
        """
        self.each = self.each or each_length(said)
        self.count = self.count or (count_said(said) if meta else film_count(said))
        self.total = self.total or film_length(said) or (length_in(said) if self.each is None else None)


def plain(text: str) -> str:
    """`text` without markdown emphasis, links and line breaks; braces, quotes and code words stay."""
    for found, instead in _EMPHASIS:
        text = found.sub(instead, text)
    return " ".join(text.split())


# ---- sentences about the film, not in it --------------------------------------------------------------------------------------


_LOOK_NOUN = re.compile(
    r"^(?!no |one |a |an |the )(?:[\w'’-]+\s+){1,4}(?:palette|grain|lighting|light|tones?|colou?rs|aesthetic|vibe|mood"
    r"|look|grade|grading"
    r"|textures?|cinematography"
    r"|photography|animation|style|lens|lenses)$",
    re.IGNORECASE,
)


@functools.cache
def _patterns() -> dict[str, re.Pattern[str]]:
    films = pattern("film_nouns").pattern
    refused = (  # not what somebody says, nor `No people know this place`
        r"(?!.*\b(?:says?|said|asks?|whispers?|shouts?|thinks?)\b)(?:please\s+)?(?:(?:do not|don['’]t|must not)\s+"
        r"(?:(?:show|add|include|depict|display|render|insert)\b|(?:use|put)(?=\s+(?:any|on[\s-]screen|(?:[\w-]+\s+){0,2}?(?:"
        + pattern("unwanted").pattern
        + r"|colou?rs?|effects?|filters?|lens(?:es)?|zooms?|transitions?|cuts|shots?|angles?|fonts?|slow[\s-]motion)\b)))"
        r"(?!\s+(?:this|that|it|me|her|him|us|them|your?|my|mercy|fear)\b)"
        r"(?!.*\bto (?:the|your|my|his|her)\s+(?!film|video|frame))"
        r"|avoid\b(?!\s+(?:me|her|him|us|them|your|my|his)\b)|exclude\b"
        rf"|(?:there (?:should|must) be )?no(?=\s+(?:\w+\s+)?(?:{pattern('unwanted').pattern})"
        r"(?:\s*(?:[,.;!/|]|$)|\s+(?:and|or|please|anywhere|at all|visible|allowed|on(?: the)? screen"
        r"|in the (?:\w+\s)?(?:film|video|shots?|frame|picture|image|background))\b)))"
    )
    asked = "|".join(sorted(split_terms(words()["film_requests"]), key=lambda t: (-len(t), t)))
    lead = (
        r"(?:please\s+)?(?:(?:can|could|would) you (?:please )?)?(?:(?:create|make|generate|produce|write|give me"
        r"|i (?:want|need|would like)|i['’]d like|we (?:want|need)|this is"
        r"|it is|it's)\s+(?:me\s+|us\s+)?)?"
    )
    return {
        "lead": re.compile(rf"\A\s*{lead}", re.IGNORECASE),
        "told": re.compile(
            rf"\s*(?:{pattern('articles').pattern}\s+)?(?:[\w'’-]+\s+){{0,2}}(?:{films})|.*(?:{films})\s*(?:{asked})?[\s。।！!.]*$",
            re.IGNORECASE | re.DOTALL,
        ),
        "film": re.compile(
            rf"\s*{lead}(?:an?|the|this|my|our)?\s*(?:[\w'’.:-]+,?\s+){{0,7}}?(?:{films})"
            r"(?=\s*(?:[,.:;!–—]|$)|\s+(?:about|for|showing|featuring|where|in which|that (?:shows|follows|tells)|set in"
            r"|made|shot|with|starring|inspired|in the style)\b)",
            re.IGNORECASE,
        ),
        "of": re.compile(
            rf"\s*{lead}(?:an?|the|this)?\s*(?:[\w'’.:-]+\s+){{0,5}}?(?:film|video|movie|animation|montage"
            rf"|documentary|ad|advert|commercial|trailer)s?\s+of\b",
            re.IGNORECASE,
        ),
        "wish": re.compile(
            rf"\s*(?:please\s+)?(?:(?:can|could|would) you (?:please )?)?(?:create|make|generate|produce)\s+(?:me\s+|us\s+)?"
            r"|\s*(?:give me|(?:i|we) (?:want|need)|i would like|i['’]d like)\s+(?=an?\s)"
            rf"|\s*(?:{pattern('film_wishes').pattern})\s*"
            rf"|(?<=(?-i:[\u0900-\u0963\u3005-\u30ff\u3400-\u9fff\uac00-\ud7a3]))\s*(?:{asked})(?=[\s。।！!.]*$)",
            re.IGNORECASE,
        ),
        "throughout": re.compile(r"\bthroughout\s*(?:[,;.]|$)|^(?:throughout|for the whole film)\s*[,:]", re.IGNORECASE),
        "style": re.compile(
            r"\s*(?:(?:all |everything )?(?:is |are )?(?:in|with) (?:the|a|an) [\w ,'’-]*\bstyle\b|in the (?:style|manner"
            r"|spirit) of|(?:shot|filmed|captured|rendered|drawn|painted|animated) (?:on|in|with|as|like)\b"
            r"|the (?:whole |overall |entire )?(?:film|video|look|style|palette|mood|tone|aesthetic|colou?rs?|lighting"
            r"|animation|ad|visuals?)(?: \w+)? (?:is|are|should|must|has|have|feels?|looks?|stays?)\b"
            r"|(?:keep|use|maintain) (?:the|a|an)? ?[\w ,'’-]*\b(?:style|look|palette|lighting|colou?rs?|aesthetic"
            r"|consistent)|(?:style|mood|look)s? of\b|(?:make|have) (?:it|this|them|everything|the \w+)(?: all)? (?:look|feel)\b"
            rf"|it should (?:look|feel)\b"
            rf"|(?:keep|use|with) (?:an? |the )?(?:\w+ )?(?:character|protagonist)s?\s*:)|{refused}",
            re.IGNORECASE,
        ),
        "refused": re.compile(rf"\s*(?:{refused})\s*(?P<what>.*)", re.IGNORECASE | re.DOTALL),
    }


def about_film(sentence: str) -> Literal["film", "style", "meta"] | None:
    """Whether a sentence speaks of the film: what it is (`a 15-second ad`), how it looks, or only its format."""
    said = plain(sentence).strip(" .。।?")
    if not said:
        return None
    if spoken(said) or (re.fullmatch(r"\d?\d:[0-5]\d", said) and said not in ("9:16", "9:21")):
        return None
    bare = pattern("geometry").sub("", said).strip(" ,.;:/|-–—")
    if not bare or only_format(said) or _only_wishes(said):
        return "meta"
    found = _patterns()
    if _wants_style(said) or (found["throughout"].search(said) and verb_at(["x", *re.findall(r"[\w'’-]+", said)]) is None):
        return "style"
    parts = [p.strip() for p in re.split(r"[,;/|]|\band\b|\bwith\b", said) if p.strip()]
    shotlike = sum(
        any(t.search(p) for name in ("heights", "framings", "moves", "keys") for t in patterns(name).values()) for p in parts
    )
    if shotlike * 2 >= len(parts):
        return None
    styled = [
        p
        for p in parts
        if _LOOK_NOUN.search(p)
        or (hit := pattern("styles").search(p))
        and word_count(p) <= 5
        and len(hit.group()) * 2.2 >= len(p)
    ]
    if len(styled) * 2 >= len(parts) and verb_at(["x", *re.findall(r"[\w'’-]+", said)]) is None and word_count(said) <= 30:
        return "style"
    return "film" if word_count(said) <= 60 and _names_film(said) else None


def _only_wishes(said: str) -> bool:
    """`3 scenes / 30 seconds / no dialogue`: every part a wish for the film, one of them its length or number of shots."""
    parts = re.split(r"\s*[/|·•]\s*|,\s+", said)
    formats = [only_format(p) or (length_in(p) is not None and not says_something(without_amounts(p))) for p in parts]
    return len(parts) > 1 and any(formats) and all(f or refused_in(p) for f, p in zip(formats, parts, strict=True))


def _names_film(said: str) -> bool:
    """`A short film about a fox`, `30秒の動画`; not `The night is short`."""
    found = _patterns()
    bare = without_counts(said)
    if asks_for_shots(said):
        return True
    if match := found["film"].match(bare) or found["of"].match(bare):
        named = found["lead"].sub("", match.group(), count=1)
        return verb_at(["x", *re.findall(r"[\w'’-]+", named)]) is None
    told = film_length(said) is not None and found["told"].match(without_amounts(bare))
    return bool(told) and verb_at(["x", *re.findall(r"[\w'’-]+", said)]) is None


def film_head(sentence: str) -> int:
    """How much of a sentence names the film before what it shows, `Coffee commercial: green hills at sunrise`; 0 for none."""
    match = re.match(r"\s*([^:：.!?]{3,60})(?::\s+|：\s*)(?=\S.{12,})", sentence, re.DOTALL)
    if not match or about_film(match[1]) not in ("film", "meta") or about_film(sentence[match.end() :]) is not None:
        return 0
    return match.end()


def refused_in(sentence: str) -> list[str]:
    """What `No text, no people.`, `Avoid cars.` or `Don't show the sky.` forbids, thing by thing; empty for other sentences."""
    match = _patterns()["refused"].match(plain(sentence).strip(" .。-*•"))
    if match is None or spoken(sentence) or re.search(r",\s*(?:only|just|but)\b", match["what"], re.IGNORECASE):
        return []
    parts = re.split(r"\s*[,;]\s*(?:and\s+|or\s+)?(?:no\s+|any\s+)?|\s+(?:and|or|nor)\s+(?:no\s+|any\s+)?", match["what"])
    return [bare for p in parts if (bare := re.sub(r"^(?:any|no|the)\s+", "", p.strip(" .!"), flags=re.IGNORECASE))]


def asks_for_style(sentence: str) -> bool:
    """Whether a sentence plainly asks how the film should look: `In the style of …`, `No text.`, or names a format."""
    return about_film(sentence) == "meta" or _wants_style(plain(sentence))


def _wants_style(said: str) -> bool:
    found = _patterns()
    if not found["style"].match(said) or spoken(said) or (found["refused"].match(said) and not refused_in(said)):
        return False
    return not shows_besides(said)


def closes_chat(sentence: str) -> bool:
    """`Let me know if you'd like any changes!`: whoever wrote the text down speaks to whoever asked for it."""
    return bool(_CLOSING.match(plain(sentence))) and may_end_a_chat(sentence)


def opens_story(sentence: str) -> bool:
    """Whether a sentence is where the film begins: `We open on …`."""
    return bool(opens_with("opening_verbs").match(sentence))


_CLOSING = re.compile(
    r"(?:let me know (?:if|what|whether)|feel free to (?:ask|adjust|change|modify|tweak)"
    r"|(?:i )?hope (?:this|that) (?:helps|works)"
    r"|would you like me to|(?:do you )?want me to|if you(?:['’]d| would) like (?:me|any|more))\b",
    re.IGNORECASE,
)
_CHAT = re.compile(
    r"(?:sure|okay|ok|certainly|of course|here(?:['’]s| is| are)|below (?:is|are)|the following|this is (?:a|the"
    r"|my) (?:storyboard|script|prompt|shot list))\b",
    re.IGNORECASE,
)


def film_words(sentence: str) -> str:
    """A sentence about the film as context for every prompt: no `Make me`, no length, no format, the article mended."""
    if only_format(plain(sentence)):
        return ""
    said = without_counts(_patterns()["wish"].sub("", without_each(plain(sentence))))
    said = re.sub(r"^\s*(?:make|have)?\s*(?:it|this|them|everything)(?: all)? (look|feel)s? ", r"\1s ", said, flags=re.IGNORECASE)
    said = pattern("geometry").sub("", without_lengths(said, everywhere=about_film(said) == "film"))
    if (
        _CHAT.match(said)
        or closes_chat(said)
        or re.sub(r"[\W\d_]+", " ", without_amounts(said)).strip().lower() in terms("untitled")
    ):
        return ""
    said = re.sub(r"[(\[（【][\d:.,\s–—-]*[)\]）】]", "", said)
    said = re.sub(r"\s+([,.;:!?])", r"\1", re.sub(r"([,;])(?:\s*[,;.])+", r"\1", said))
    said = " ".join(said.split()).strip(" ,;:-–—|/?")
    said = re.sub(r"\b([Aa])n?(?=\s+(\w))", _article, said)
    return said[:1].upper() + said[1:] if said and word_count(said.strip(".")) >= 1 else ""


def _article(match: re.Match[str]) -> str:
    first = match[2].lower()
    vowel = first in "aeio"
    if first in "uh" or match[2].isupper():
        return match.group()
    return match[1] + ("n" if vowel else "")
