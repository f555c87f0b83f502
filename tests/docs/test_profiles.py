"""The page on profiles names every key, every decision and every flag, and its example is one that a site can take."""

import ast
import re
from collections.abc import Iterator

from mediaproc.core.plan.model import VariantName
from mediaproc.core.site_profiles import NUMBERS, parse_profiles
from tests.docs.generated import PROFILE_KEYS, ROOT

PAGE = ROOT / "docs" / "reference" / "profiles.md"
PLANS = ROOT / "mediaproc" / "core" / "plan"
DRAWN = ROOT / "mediaproc" / "core" / "render" / "rendering.py"


def test_its_example_is_a_file_of_profiles() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    profiles = parse_profiles(example)
    assert {profile.extension for profile in profiles.values()} == {"mp4", "gif"}


def test_it_names_every_key() -> None:
    assert set(PROFILE_KEYS) == {"encoder_speed", "background", "accept_missing", *NUMBERS}


def test_it_explains_every_flag_and_no_other() -> None:
    assert set(_first_cells("flag")) == set(_flags())


def test_it_explains_every_decision_and_no_other() -> None:
    assert set(_first_cells("decision")) == set(VariantName)


def test_flags_are_found_wherever_a_plan_gives_one() -> None:
    # One flag for each way in which the code writes flags.
    assert {"video_codec", "timestamps", "damaged", "copy_failed", "audio_undecodable", "profile", "draft"} <= set(
        _flags()
    )


def _first_cells(heading: str) -> list[str]:
    _, _, table = PAGE.read_text(encoding="utf-8").partition(f"| {heading} | means |\n")
    return re.findall(r"^\| `(\w+)` \|", table.partition("\n\n")[0], re.MULTILINE)


def _flags() -> Iterator[str]:
    """The words that modules of plans give as flags: in a call, as reasons, or as what a function of flags returns."""
    for node in _nodes():
        match node:
            case ast.Assign(targets=[ast.Name(id="reasons")], value=ast.Dict(keys=keys)):
                yield from (key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str))
            case ast.keyword(arg="flags", value=value):
                yield from _words(value)
            case ast.FunctionDef(name=name, body=body) if name.endswith("_flags"):
                for statement in body:
                    yield from (
                        word
                        for each in ast.walk(statement)
                        if isinstance(each, ast.Return) and each.value is not None
                        for word in _returned(each.value)
                    )


def _nodes() -> Iterator[ast.AST]:
    for module in (*sorted(PLANS.glob("*.py")), DRAWN):
        yield from ast.walk(ast.parse(module.read_text(encoding="utf-8")))


def _returned(value: ast.expr) -> Iterator[str]:
    """Words of a literal list or tuple, also of one that is chosen by a condition."""
    match value:
        case ast.IfExp(body=body, orelse=orelse):
            yield from _returned(body)
            yield from _returned(orelse)
        case ast.List() | ast.Tuple():
            yield from _words(value)


def _words(value: ast.expr) -> Iterator[str]:
    for node in ast.walk(value):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
