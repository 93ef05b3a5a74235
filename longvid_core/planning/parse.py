"""The structure of a text: title, what holds for the whole film, scenes. Nothing here decides lengths or beats."""

from __future__ import annotations

import re
from dataclasses import replace

from .beats import sentences
from .counts import bare_count
from .durations import film_length, seconds_of
from .json_text import json_script
from .lexicon import label_kinds, pattern, terms
from .marks import Piece, pieces_of
from .notes import Note, headings_as_settings, settle
from .pages import hours_as_words, title_at, with_underlined_headings, words_of
from .places import as_settings, generic, slug_words
from .prose import lengths_from_clocks, note_style, sort_prose
from .script import Passage, Scene, SceneKind, Script, about_film, asks_for_style, film_words, plain
from .telling import tells
from .textkit import says_something, word_count

_FILM_WIDE = ("style", "look_note", "setting", "time", "character", "sound")


def parse(text: str) -> Script:
    """What `text` (line breaks tidied) says, in scenes. Scenes without words are left out."""
    written = json_script(text)
    if written is not None:
        return written
    reader = _Reader(text)
    for index, piece in enumerate(reader.pieces):
        reader.take(index, piece)
    script = reader.finish()
    lengths_from_clocks(script.scenes)
    sort_prose(script)
    if not script.scenes:
        _only_marks(script, reader)
    return script


class _Reader:
    """Goes once through the pieces."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.script = Script(text)
        self.pieces = with_underlined_headings(text, hours_as_words(text, pieces_of(text)))
        shown = [p for p in self.pieces if not p.markup]
        self.lone_line = len({p.start for p in shown if p.opens_line}) <= 1
        self.listed = sum(p.number is not None for p in shown) >= 2
        self.bulleted = sum(p.bullet for p in shown) >= 2
        self.timed = sum(p.seconds is not None or p.clock is not None for p in shown) >= 2
        self.screenplay = any(p.slug for p in shown) or sum(p.join is not None for p in shown) >= 2
        self.title_at = title_at(text, self.pieces)
        self.section: str | None = None
        self.section_hard = False
        self.section_used = False
        self.after_gap = True
        self.pending: Piece | None = None
        self.above: list[tuple[int, str]] = []
        self.open_passage = False
        self.local: list[Note] = []
        self.wide_to = -1
        self.lengths: list[tuple[Scene, float | None]] = []

    def words(self, piece: Piece) -> str:
        return words_of(self.text, piece)

    @property
    def scenes(self) -> list[Scene]:
        return self.script.scenes

    def take(self, index: int, piece: Piece) -> None:
        if piece.markup == "blank":
            self.after_gap, self.open_passage = True, False
            return
        if piece.markup == "rule":
            self.pending, self.open_passage, self.section = replace(piece, join="cut"), False, None
            return
        if piece.markup == "fence":
            self.open_passage = False
            return
        if (piece.scene or piece.slug) and (piece.level or not self.section_hard):
            self.section = None
        if piece.start == self.title_at:
            self.script.title = self.words(piece)
        elif piece.level and not piece.scene:
            self._heading(piece)
        elif piece.label is not None:
            self._label(piece)
        elif self._in_section(piece):
            self._note_section(piece)
        else:
            self._words(index, piece)
        self.after_gap = False

    # -- headings and labels --

    def _heading(self, piece: Piece) -> None:
        self.open_passage = False
        words = self.words(piece)
        bare = words.lower().strip(" :.")
        kind = piece.label or label_kinds().get(bare)
        self._leave(piece.level)
        self.section, self.section_hard, self.section_used = None, True, False
        if kind in (*_FILM_WIDE, "negative"):
            self.section = kind
            return
        if bare in terms("containers") or kind in ("action", "title"):
            return
        self._enter(piece.level)
        scene = self._open("scene", piece, level=piece.level)
        scene.settings = [w for _, w in self.above if w and not generic(w)]
        if says_something(words):
            scene.passages.append(Passage(piece.content, piece.end, True, heading=True))

    def _leave(self, level: int) -> None:
        while self.above and self.above[-1][0] >= level:
            self.above.pop()

    def _enter(self, level: int) -> None:
        """A heading that has nothing below it but headings is no scene: those below it play there."""
        self._leave(level)
        last = self.scenes[-1] if self.scenes else None
        if last is not None and last.below and last.below < level and all(p.heading for p in last.passages):
            self.scenes.pop()
            said = " ".join(plain(self.text[p.start : p.end]).strip("# ") for p in last.passages)
            self.above.append(
                (last.below, re.sub(r"^(?:episode|chapter|act|part)\s+\w+\s*[:.–—-]\s*", "", said, flags=re.IGNORECASE))
            )

    def _label(self, piece: Piece) -> None:
        self.open_passage = False
        kind, words = piece.label or "", self.words(piece)
        self.section = None
        begun = any(not all(p.heading for p in s.passages) for s in self.scenes)
        scene = self.scenes[-1] if self.scenes else None
        if words and tells(kind, piece.said, words, in_prose=self.lone_line or not piece.opens_line):
            as_character = kind == "meta" and piece.said.lower() == "model"
            self._words(-1, replace(piece, content=piece.content if as_character else _label_start(self.text, piece), label=None))
        elif kind == "title":
            named = self._label_value(piece, every=True)
            self.script.title = self.script.title or " ".join(named)
        elif kind in ("duration", "meta", "count"):
            self._format(kind, piece, scene)
        elif kind in ("action", "voice") or (kind == "sound" and words and begun and not piece.opens_line and self._in_prose()):
            if words:  # a sound in the midst of the story is heard there
                self._words(-1, replace(piece, content=piece.content if kind == "action" else _label_start(self.text, piece)))
        elif not words:
            self.section, self.section_hard, self.section_used = kind, False, False
        elif kind == "negative":
            self.script.negative += self._label_value(piece)
        elif kind == "character" or not begun or scene is None:
            for value in self._label_value(piece):
                self._note(kind, piece.said, value)
        else:
            for value in self._label_value(piece):
                apart = piece.gap or not piece.opens_line
                outside = (
                    not piece.bullet and piece.indent <= scene.indent and (piece.gap or scene.kind == "item" or kind == "style")
                )
                wide = outside if piece.opens_line else bool(self.local) and self.local[-1].wide and self.wide_to == piece.start
                self.wide_to = piece.end if wide else -1
                self.local.append(Note(scene, kind, piece.said, value, apart, wide))

    def _in_prose(self) -> bool:
        return bool(self.scenes) and self.scenes[-1].kind == "prose"

    def _format(self, kind: str, piece: Piece, scene: Scene | None) -> None:
        """A label that gives the film's length, number of shots or format."""
        if kind == "count" and bare_count(self._first_sentence(piece)) is None:
            if self.words(piece):  # `Shots: a wave, a gull`: those are the story
                self._words(-1, replace(piece, label=None))
            return
        in_prose = self.lone_line or not piece.opens_line
        if kind == "duration" and in_prose and self.words(piece) and seconds_of(self._first_sentence(piece)) is None:
            self._words(-1, replace(piece, content=_label_start(self.text, piece), label=None))  # `Length: three metres.`
            return
        value = " ".join(self._label_value(piece, every=True))
        if kind == "duration":
            seconds = seconds_of(value)
            if scene is not None and scene.kind != "prose":
                self.lengths.append((scene, seconds))
            else:
                self.script.note_format(value, meta=True)
                self.script.total = self.script.total or seconds
            return
        if kind == "count":
            self.script.count = self.script.count or bare_count(value)
        self.script.note_format(pattern("geometry").sub("", value), meta=False)

    def _first_sentence(self, piece: Piece) -> str:
        spans = sentences(self.text, piece.content, piece.end)
        return plain(self.text[slice(*spans[0])]) if spans else ""

    def _label_value(self, piece: Piece, every: bool = False) -> list[str]:
        """What a label says. Where the label shares its line with the story, only its first sentence and fragments.

        every: the rest of any line is the story's, not only of a text that is one line.
        """
        if piece.opens_line and not self.lone_line and not every:
            return [self.words(piece)]
        spans = sentences(self.text, piece.content, piece.end)
        kept = 1
        while kept < len(spans) and about_film(self.text[spans[kept][0] : spans[kept][1]]) in ("style", "meta"):
            kept += 1
        if kept < len(spans):
            self._words(-1, replace(piece, content=spans[kept][0], label=None))
        return [plain(self.text[spans[0][0] : spans[kept - 1][1]])] if spans else []

    def _in_section(self, piece: Piece) -> bool:
        if self.section is None or piece.scene or piece.slug or piece.join or piece.clock:
            return False
        if self.section_hard:
            return True
        if self.section_used and self.after_gap and not piece.bullet:
            self.section = None
            return False
        return not (piece.number is not None and self.section != "character")

    def _note_section(self, piece: Piece) -> None:
        self.section_used = True
        self._note(self.section or "", "", self.words(piece))

    def _note(self, kind: str, said: str, words: str) -> None:
        """Write down what a film-wide label says."""
        script = self.script
        if not says_something(words):
            return
        script.total = script.total or film_length(words)
        if kind == "character":
            script.characters.append(words)
        elif kind == "negative":
            script.negative.append(words)
        elif kind == "setting":
            script.setting.append(film_words(words))
        elif kind in ("style", "look_note") and not said and asks_for_style(words):
            note_style(script, words)
        elif kept := film_words(words):
            named = said and kind in ("look_note", "sound", "time")
            script.style.append(f"{said[:1].upper()}{said[1:]}: {kept}" if named else kept)

    # -- scenes and words --

    def _open(self, kind: SceneKind, piece: Piece, level: int = 0) -> Scene:
        pending, self.pending = self.pending, None
        scene = Scene(
            kind,
            join=piece.join or (pending.join if pending else None),
            seconds=piece.seconds or (pending.seconds if pending else None),
            clock=piece.clock or (pending.clock if pending else None),
            level=level,
            below=piece.level,
            indent=piece.indent,
            mark=self.text[piece.start : piece.content],
        )
        self.scenes.append(scene)
        self.open_passage = False
        return scene

    def _words(self, index: int, piece: Piece) -> None:
        words = self.text[piece.content : piece.end]
        marked = self._opens_scene(piece)
        if marked and not says_something(words) and not piece.scene and not piece.slug:
            keep = self.pending
            self.pending = (
                piece
                if keep is None
                else replace(
                    piece, join=piece.join or keep.join, seconds=piece.seconds or keep.seconds, clock=piece.clock or keep.clock
                )
            )
            self.open_passage = False
            return
        if piece.level and marked:
            self._enter(piece.level)
        if marked or (self.pending is not None) or not self.scenes or self._leaves_list(piece):
            old = self.scenes[-1] if self.scenes else None
            kind: SceneKind = marked or (
                "scene" if self.pending is not None and self.pending.join else "item" if self.pending is not None else "prose"
            )
            scene = self._open(kind, piece)
            if old is not None and kind == "item" and piece.join is None:
                scene.settings = list(old.settings) if old.kind == "item" else as_settings(self.text, old)
            elif not scene.settings and piece.level:
                scene.settings = [w for _, w in self.above if w and not generic(w)]
            if piece.name and not generic(piece.name):
                scene.settings = [*scene.settings, piece.name]
        else:
            scene = self.scenes[-1]
            scene.seconds = scene.seconds or piece.seconds
        if not says_something(words):
            return
        if piece.slug:
            scene.settings.append(slug_words(words, self.text[piece.start : piece.content]))
            scene.passages.append(Passage(piece.content, piece.end, True, heading=True))
            self.open_passage = False
            return
        speech = self._is_cue(index, piece)
        heading = piece.scene and piece.opens_line and word_count(words) <= 8 and words.rstrip()[-1:] not in '.!?,;:。！？…"”'
        own_line = piece.bullet or piece.number is not None or piece.code or speech or marked is not None
        if self.open_passage and not own_line and not heading and scene.passages and piece.opens_line:
            scene.passages[-1].end = piece.end
        else:
            start = piece.content
            nested = marked is None and (piece.bullet or piece.number is not None) and bool(scene.passages)
            scene.passages.append(Passage(start, piece.end, self.after_gap or own_line, piece.code, speech, heading, nested))
        self.open_passage = not piece.level and not heading
        if not piece.opens_line and not marked:
            self.open_passage = True

    def _opens_scene(self, piece: Piece) -> SceneKind | None:
        """The kind of scene that begins here, if one does."""
        if piece.scene or piece.slug or piece.join:
            return "scene"
        if piece.clock is not None or (piece.seconds is not None and self.timed):
            return "item"
        last = self.scenes[-1] if self.scenes else None
        nested = last is not None and (
            (last.kind == "item" and piece.indent >= last.indent + 2)
            or (last.kind == "scene" and (not last.level or piece.bullet))
        )
        if piece.number is not None and self.listed:
            return None if nested else "item"
        if piece.bullet and self.bulleted and not nested:
            return None if last is not None and last.kind == "item" and self.listed else "item"
        return None

    def _leaves_list(self, piece: Piece) -> bool:
        last = self.scenes[-1]
        return (
            last.kind == "item"
            and self.after_gap
            and piece.opens_line
            and piece.indent == 0
            and not piece.bullet
            and bool(last.passages)
            and last.clock is None
        )

    def _is_cue(self, index: int, piece: Piece) -> bool:
        """Whether a line of a screenplay is the name over a speech."""
        if (
            index < 0
            or not self.screenplay
            or not self.after_gap
            or not piece.opens_line
            or piece.bullet
            or piece.number is not None
        ):
            return False
        words = self.text[piece.content : piece.end].strip()
        follows = index + 1 < len(self.pieces) and not self.pieces[index + 1].markup and not self.pieces[index + 1].slug
        name = re.sub(r"\([^)]*\)", "", words).strip()
        return follows and name.isupper() and len(name.split()) <= 4 and name[-1:] not in ".!?:"

    def finish(self) -> Script:
        settle(self.script, self.local, self.lengths, self._note)
        headings_as_settings(self.script)
        return self.script


def _label_start(text: str, piece: Piece) -> int:
    at = text.find(piece.said, piece.start, piece.content)
    return at if at >= 0 else piece.content


def _only_marks(script: Script, reader: _Reader) -> None:
    """Nothing but titles, labels and sentences about the film: then those are the film."""
    shown = [p for p in reader.pieces if not p.markup and says_something(script.text[p.content : p.end])]
    if shown:
        scene = Scene("prose")
        for piece in shown:
            if piece.label in ("meta", "duration", "negative"):
                continue
            if piece.start == reader.title_at and len(shown) > 1:
                continue
            scene.passages.append(Passage(piece.content, piece.end, piece.gap))
        if scene.passages:
            script.scenes = [scene]
            script.context = []
            shows = "\n".join(plain(script.text[p.start : p.end]) for p in scene.passages)
            script.style = [s for s in script.style if len(shown) > 1 and s[:30] not in shows]
