"""Story in the form of a note: what somebody says, and labels whose words tell instead of naming. In doubt it is story."""

from __future__ import annotations

import re

from .beats import verb_at
from .lexicon import pattern
from .textkit import says_something, word_count

_SAYING = (
    r"(?:says?|said|asks?|asked|warns?|warned|tells?|told|whispers?|whispered|shouts?|shouted|orders?|ordered|cries|cried|mutters?"
    r"|muttered|murmurs?|murmured|replie[sd]|answers?|answered|begs?|begged|yells?|yelled|thinks?|thought|reads?|writes?|wrote"
    r"|sagt|sagte|fragt|fragte|flüstert|ruft|rief|warnt|warnte|dit|demande|murmure|crie|prévient|dice|dijo|pregunta|susurra|grita"
    r"|advierte|disse|diz|sussurra|avverte|говорит|сказала?|шепчет|кричит|تقول|يقول|قالت?)"
)
_TAG = re.compile(
    rf"[,!?،\"”’»]\s*(?:[^\W\d][\w'’-]*\s+){{0,4}}?{_SAYING}(?!\w)(?:\s+[^\W\d][\w'’-]*){{0,4}}[\s.!?]*$"
    r"|(?:と|って)(?:言|叫|囁|聞)\w+。?$|[，,]\s*\w{1,6}[说說道喊问問]。?$",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"\W*(?:he|she|they|i|nobody|somebody|someone|everybody|everyone|no one|none of|one of|dozens|hundreds"
    r"|that(?=\s+(?:is|was)\b)|that['’]s)(?!\w)",
    re.IGNORECASE,
)
_NOTHING = re.compile(
    r"\W*(?:none|nothing|unknown|everywhere|nowhere|stolen|lost|abandoned|unbekannt|keine?r?|inconnue?|aucune?|desconocid[oa])\W*",
    re.IGNORECASE,
)
_SCENIC = re.compile(
    r"[^,]*,\s*(?P<clause>(?:he|she|it|they|we|i|you|the|an?|his|her|their|its|two|three)\s.*)", re.IGNORECASE | re.DOTALL
)
_LOOKS = re.compile(
    r"(?:colou?rs?|light|lighting|palette|tones?|look|grain|image|picture|frame|camera|film|video|style|mood|shots?)\b",
    re.IGNORECASE,
)


def spoken(sentence: str) -> bool:
    """Whether a sentence ends with who says it: `Avoid the red house, the old man warns.`"""
    return _TAG.search(sentence) is not None


def shows_besides(sentence: str) -> bool:
    """`Painted in blue, the boat leaves.`: a look in front, and a deed of something that is no look."""
    match = _SCENIC.fullmatch(sentence)
    if match is None:
        return False
    words = re.findall(r"[\w'’-]+", match["clause"])
    verb = verb_at(words)
    return verb is not None and _LOOKS.search(" ".join(words[:verb])) is None


def tells(kind: str, label: str, value: str, *, in_prose: bool) -> bool:
    """Whether what follows a label is no note but goes on with the story: `Notes: she pins them to the wall.`

    in_prose: the label shares its line with the story, so that it may be any word with a colon.
    """
    first = re.split(r"(?<=[.!?])\s|(?<=[。！？])", value.strip(), maxsplit=1)[0]
    if spoken(first):
        return True
    if kind == "title":
        return _is_sentence(first) or (in_prose and label.lower() not in ("title",) and value[:1].islower())
    if kind == "meta":
        return (
            not re.search(r"\d", first)
            and not pattern("geometry").search(first)
            and (_SUBJECT.match(first) is not None or _is_picture(first))
        )
    if not in_prose:
        return False
    if kind == "character":
        return _NOTHING.fullmatch(first) is not None or re.match(r"that\s+(?:is|was)\b", first, re.IGNORECASE) is not None
    if kind == "negative":
        return False
    return _SUBJECT.match(first) is not None or _NOTHING.fullmatch(first) is not None


def _is_sentence(words: str) -> bool:
    """`two boxers circle each other in the ring.`, not `She Who Waits`."""
    said = words.split()
    small = sum(w[:1].islower() for w in said)
    tokens = re.findall(r"[\w'’-]+", words)
    return words.rstrip()[-1:] in ".!?" and word_count(words) >= 5 and small * 3 >= len(said) * 2 and len(tokens) > 4


def _is_picture(words: str) -> bool:
    """`a girl in red`, `A folded page lies on the floor`: no name of a format, a platform or a model."""
    tokens = re.findall(r"[\w'’-]+", words)
    if pattern("film_nouns").search(words) or pattern("shot_nouns").search(words) or len(tokens) < 3:
        return False
    return tokens[0].lower() in ("a", "an") or verb_at(["x", *tokens]) is not None


def may_end_a_chat(sentence: str) -> bool:
    """Whether what offers help or asks for an answer is about a text or a film: not `If you'd like more soup, ring the bell.`"""
    return says_something(sentence) and _ABOUT_WORK.search(sentence) is not None


_ABOUT_WORK = re.compile(
    r"\b(?:chang\w+|adjust\w*|tweak\w*|edit\w*|versions?|variations?|refin\w+|expand\w*|extend\w*|modif\w+|revis\w+|rework\w*"
    r"|generat\w+|creat\w+|prompts?|scenes?|shots?|segments?|storyboards?|scripts?|videos?|films?|clips?|styles?|tones?|formats?"
    r"|details?|options?|shorter|longer|anything else|feedback|you think|works?(?=\W*$)|works? for you|helps(?=\W*$)|questions?"
    r"|convert\w*|translat\w+)\b",
    re.IGNORECASE,
)
