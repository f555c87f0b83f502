"""The pages say the same in each language, and uploaders are told what they can do about every class of error."""

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest

from mediaproc.acts import completion
from mediaproc.core.draft.approximations import Motion
from mediaproc.core.errors import ErrorClass
from mediaproc.core.health import Health
from mediaproc.core.lifecycle import AttemptOutcome, Status
from mediaproc.core.notes import Done, Feature, NoteCode, Notes, Where
from mediaproc.core.notes.record import recorded
from mediaproc.core.plan.model import VariantName
from mediaproc.core.stage import Stage
from mediaproc.core.timeline.appearance import BlendMode, MaskShape
from mediaproc.core.timeline.transition import TransitionKind
from mediaproc.core.verification import VerificationResult
from mediaproc.web.preferences import Language
from mediaproc.web.texts import Texts, placeholders, texts_in

ENGLISH, CHINESE = texts_in(Language.ENGLISH), texts_in(Language.CHINESE)
PACKAGE = Path(__file__).resolve().parents[2] / "mediaproc"
TEMPLATES = PACKAGE / "web/templates"
PLANS = PACKAGE / "core/plan"
_LISTS = (ast.Tuple, ast.List)
# What else stands in tuples and lists there.
_NO_FLAGS = {"-an", "VideoDecisions"}


def _keys(texts: Texts) -> set[str]:
    """The keys, a message that depends on a count as one: Chinese has no singular."""
    return {key.removesuffix(".one").removesuffix(".other") for key in texts.messages}


def test_both_languages_have_the_same_messages() -> None:
    # What is drawn instead of something is an English word to begin with.
    values = {key for key in CHINESE.messages if key.startswith("note_value.")}
    assert _keys(ENGLISH) == _keys(CHINESE) - values


def test_a_message_wants_the_same_values_in_both_languages() -> None:
    both = set(ENGLISH.messages) & set(CHINESE.messages)
    differing = [key for key in both if placeholders(ENGLISH.messages[key]) != placeholders(CHINESE.messages[key])]
    assert differing == []


def test_chinese_messages_are_in_chinese() -> None:
    names = {"nav.product", "nav.html_lang", "nav.webhooks", "webhooks.number", "webhooks.url_example"}
    names |= {"units.percent", "overview.of"}
    not_chinese = {key for key, text in CHINESE.messages.items() if not re.search(r"[\u4e00-\u9fff]", text)}
    assert not_chinese <= names


@pytest.mark.parametrize("error_class", ErrorClass)
@pytest.mark.parametrize("texts", [ENGLISH, CHINESE], ids=lambda texts: texts.language)
def test_an_uploader_is_told_of_every_error_class_what_to_do(texts: Texts, error_class: ErrorClass) -> None:
    sentence = texts.of_uploader(error_class)
    assert len(re.findall(r"[.。]", sentence)) >= 1
    final = texts.of_uploader(error_class, for_good=True)
    assert len(re.findall(r"[.。]", final)) >= 1
    assert not re.search(r"\b(ffmpeg|executor|task|lease)\b|执行器|任务|租约", sentence + final)
    # What nobody tries again is not promised to be.
    assert not re.search(r"try again|重试", final)


@pytest.mark.parametrize("texts", [ENGLISH, CHINESE], ids=lambda texts: texts.language)
def test_an_operator_is_told_of_every_error_class_stage_decision_and_flag(texts: Texts) -> None:
    keys = [
        *(f"error_class.{each}" for each in ErrorClass),
        *(f"task.stage_{each}" for each in Stage),
        *(f"task.is_{each}" for each in VerificationResult),
        *(f"task.by_{each}" for each in (*VariantName, completion.DECISION)),
        *(f"task.did_{each}" for each in ("retry", "cancel", "reject", "priority")),
        *(f"overview.is_{each}" for each in Health),
        *(f"flags.{each}" for each in (*_flags_of_plans(), "draft")),
    ]
    assert [key for key in keys if not texts.has(key)] == []


@pytest.mark.parametrize("texts", [ENGLISH, CHINESE], ids=lambda texts: texts.language)
def test_every_note_has_its_sentence_feature_and_what_was_done(texts: Texts) -> None:
    keys = [
        *(f"notes.{each}" for each in NoteCode),
        *(f"note_feature.{each}" for each in Feature),
        *(f"task.note_{each}" for each in Done),
    ]
    assert [key for key in keys if not texts.has(key)] == []
    for code in NoteCode:
        assert re.search(r"[.。]$", texts.messages[f"notes.{code}"])
        assert not re.search(r"\b(ffmpeg|executor|task|lease)\b|执行器|任务|租约", texts.messages[f"notes.{code}"])


def test_what_is_drawn_instead_of_something_has_its_chinese_word() -> None:
    drawn = {*Motion, *MaskShape, *BlendMode, *(each.name.lower() for each in TransitionKind), *_values_of_notes()}
    assert [each for each in drawn if not CHINESE.has(f"note_value.{each}")] == []
    assert {key.removeprefix("note_value.") for key in CHINESE.messages if key.startswith("note_value.")} == drawn


def _values_of_notes() -> set[str]:
    """What stands as a value where a note is taken, and why a face cannot be used."""
    found: set[str] = set()
    for file in (PACKAGE / "core").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="take"), keywords=keywords):
                    values = [each.value for each in keywords if each.arg == "value"]
                case ast.Call(func=ast.Name(id="UnusableFace"), args=values):
                    pass
                case _:
                    continue
            found |= {str(each.value) for each in values if isinstance(each, ast.Constant)}
    assert {"an image", "it has no blank"} <= found
    return found


def test_a_note_is_told_in_each_language_and_names_what_the_draft_names() -> None:
    where = Where(segment_id="s", start=0, duration=1)
    notes = Notes()
    notes.take(NoteCode.TRANSITION_APPROXIMATED, where, name="{value}", value=TransitionKind.SLIDE_LEFT.name.lower())
    notes.take(NoteCode.STICKER, where)
    approximated, nameless = (recorded(each) for each in notes.all(duration=1))
    assert ENGLISH.of_note(approximated) == approximated.sentence == "The transition '{value}' is drawn as slide left."
    assert CHINESE.of_note(approximated) == "转场“{value}”以“向左滑动”代替。"
    assert (ENGLISH.of_note(nameless), CHINESE.of_note(nameless)) == ("The sticker is not drawn.", "贴纸未绘制。")
    several = replace(nameless, more=1500)
    assert CHINESE.of_note(several) == "另有 1,500 条同类提示：贴纸。"  # noqa: RUF001 - as Chinese writes it
    later = replace(nameless, code="hologram", feature="hologram")
    assert (CHINESE.of_note(later), CHINESE.of_feature("hologram")) == (later.sentence, "hologram")


def _flags_of_plans() -> set[str]:
    """The keys of the tables of reasons in the modules that plan, and the flags that stand in tuples and lists."""
    found: set[str] = set()
    for name in ("copy_or_encode", "stream_selection", "frame_rate", "video_plan", "video_variants", "video_decisions"):
        for node in ast.walk(ast.parse((PLANS / f"{name}.py").read_text(encoding="utf-8"))):
            parts = node.keys if isinstance(node, ast.Dict) else node.elts if isinstance(node, _LISTS) else ()
            found |= {each.value for each in parts if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    assert {"video_codec", "copy_failed", "damaged", "audio_tracks", "audio_pair", "frame_rate"} <= found
    return found - _NO_FLAGS


@pytest.mark.parametrize("texts", [ENGLISH, CHINESE], ids=lambda texts: texts.language)
def test_every_status_and_outcome_has_its_word(texts: Texts) -> None:
    assert [each for each in (*Status, *AttemptOutcome) if not texts.has(f"status.{each}")] == []


def test_a_count_chooses_singular_and_plural() -> None:
    assert [ENGLISH("units.bytes", count=count) for count in (1, 2, 1204)] == ["1 byte", "2 bytes", "1,204 bytes"]
    assert CHINESE("units.bytes", count=1) == "1 字节"


def test_a_value_is_written_as_it_is_whatever_it_holds() -> None:
    assert ENGLISH("nav.logged_in", actor="{actor} {0} %s") == "Logged in as {actor} {0} %s"


def test_a_missing_message_or_value_is_a_mistake_that_is_seen() -> None:
    with pytest.raises(KeyError):
        ENGLISH("nav.nothing_of_the_kind")
    with pytest.raises(KeyError):
        ENGLISH("nav.logged_in")


def test_every_message_that_a_template_names_is_there() -> None:
    named = {
        key
        for file in TEMPLATES.rglob("*.html")
        for key in re.findall(r"\bt\('([\w.]+)'[,)]", file.read_text(encoding="utf-8"))
    }
    assert len(named) > 10
    assert named - _keys(ENGLISH) == set()
