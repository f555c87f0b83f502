"""A name in a bundle leads nowhere else, and a path of the author's computer finds its file or none."""

import json

import pytest

from mediaproc.core.draft.bundle_names import (
    Ambiguous,
    BundleNames,
    Found,
    Missing,
    find_material,
    find_root,
    is_input,
    read_names,
    timeline_names,
)
from mediaproc.core.errors import BadSource

_PLACEHOLDER = "##_draftpath_placeholder_0E685133-18CE-45ED-8CB8-2904A212EC80_##"


@pytest.mark.parametrize(
    "name",
    [
        "../x", "a/../../x", "/etc/passwd", "C:/x", "c:x", "a\\b", "..\\x", "a//b", "./a", "a/.", "", "a/",
        "a\0b", "a\nb",
        "\ud800", "x" * 256, "/".join(["x" * 200] * 6),
    ],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(BadSource) as refused:
        read_names(["draft_content.json", name])
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("twins", [("A.mp4", "a.mp4"), ("e\u0301.mp4", "\u00e9.mp4"), ("ß.mp4", "SS.mp4")])
def test_names_that_are_the_same_to_some_systems_are_refused(twins: tuple[str, str]) -> None:
    with pytest.raises(BadSource, match="the same to some systems"):
        read_names(["draft_content.json", *twins])


@pytest.mark.parametrize(
    ("names", "root"),
    [
        (["draft_content.json"], ""),
        (["draft_info.json", "other/draft_content.json"], ""),
        (["film/draft_content.json", "film/assets/a.mp4"], "film/"),
        (["film/Timelines/7/draft_info.json"], "film/"),
        (["Timelines/7/draft_content.json"], ""),
        (["__MACOSX/draft_content.json", "film/draft_info.json"], "film/"),
        (["a/b/draft_content.json"], None),
        (["a/draft_content.json", "b/draft_content.json"], None),
        (["a.mp4"], None),
        ([], None),
    ],
)
def test_a_draft_is_at_the_root_or_one_folder_below(names: list[str], root: str | None) -> None:
    assert find_root(names) == root


def test_without_a_timeline_a_bundle_is_none() -> None:
    with pytest.raises(BadSource, match=r"no draft_content\.json"):
        read_names(["a.mp4"])


def test_content_comes_before_info_and_copies_of_the_editor_never() -> None:
    names = read_names(["d/draft_info.json", "d/draft_content.json", "d/draft_content.json.bak", "d/template-2.tmp"])
    assert timeline_names(names) == ("d/draft_content.json", "d/draft_info.json")


def _several(*, root: bool = True) -> list[str]:
    at_root = ["draft_info.json"] if root else []
    return [*at_root, "Timelines/project.json", "Timelines/A/draft_info.json", "Timelines/B/draft_info.json"]


def test_the_active_timeline_comes_before_the_copy_at_the_root() -> None:
    names = read_names(_several())
    layout = json.dumps({"activeTimeline": "B"}).encode()
    project = json.dumps({"main_timeline_id": "A"}).encode()
    assert timeline_names(names, layout=layout, project=project) == ("Timelines/B/draft_info.json", "draft_info.json")
    assert timeline_names(names, project=project)[0] == "Timelines/A/draft_info.json"
    assert timeline_names(names, layout=b"{", project=b"\xff") == ("draft_info.json",)


def test_the_only_timeline_is_the_active_one() -> None:
    names = read_names(["draft_info.json", "Timelines/A/draft_info.json"])
    assert timeline_names(names)[0] == "Timelines/A/draft_info.json"


def test_several_timelines_of_which_none_is_active_are_refused() -> None:
    with pytest.raises(BadSource, match="several timelines"):
        timeline_names(read_names(_several(root=False)))


_NAMES = read_names(
    [
        "draft_content.json",
        "a.mp4",
        "assets/videos/a.mp4",
        "assets/videos/b.mp4",
        "assets/audios/voice.MP3",
        "Resources/\u00e9t\u00e9.png",
        "x/c.mp4",
        "y/c.mp4",
    ]
)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a.mp4", "a.mp4"),
        ("assets/videos/a.mp4", "assets/videos/a.mp4"),
        (f"{_PLACEHOLDER}/assets/videos/b.mp4", "assets/videos/b.mp4"),
        (f"{_PLACEHOLDER}\\assets\\videos\\b.mp4", "assets/videos/b.mp4"),
        ("/app/output/draft/20250928abc/assets/videos/a.mp4", "assets/videos/a.mp4"),
        ("C:\\Users\\me\\Drafts\\one\\assets\\videos\\a.mp4", "assets/videos/a.mp4"),
        ("D:/elsewhere/voice.mp3", "assets/audios/voice.MP3"),
        ("/x/Resources/e\u0301te\u0301.png", "Resources/\u00e9t\u00e9.png"),
        ("https://example.org/files/b.mp4?token=1#x", "assets/videos/b.mp4"),
        ("../../../x/c.mp4", "x/c.mp4"),
        ("/home/author/y/c.mp4", "y/c.mp4"),
    ],
)
def test_a_path_finds_its_file_by_its_end(path: str, name: str) -> None:
    assert find_material(path, names=_NAMES) == Found(name=name)


@pytest.mark.parametrize(
    "path", ["", "/", "..", "nothing.mp4", "/etc/passwd", f"{_PLACEHOLDER}/../../etc/passwd", "x/"]
)
def test_a_path_that_no_file_has_is_missing(path: str) -> None:
    assert find_material(path, names=_NAMES) == Missing()


def test_a_name_that_two_files_have_is_ambiguous() -> None:
    assert find_material("/elsewhere/c.mp4", names=_NAMES) == Ambiguous(names=("x/c.mp4", "y/c.mp4"))


def test_what_the_editor_keeps_for_itself_is_no_input() -> None:
    inputs = ["draft_content.json", "draft_meta_info.json", "draft_cover.jpg", "assets/a.mp4", "Timelines/project.json"]
    assert [name for name in inputs if not is_input(name)] == []
    others = [
        ".DS_Store", ".backup/draft_content.json", "draft_content.json.bak", "template.tmp", "draft_settings",
        "attachment_pc_common.json", "common_attachment/x.json", "Timelines/A/template-2.tmp", "assets/._a.mp4",
    ]  # fmt: skip
    assert [name for name in others if is_input(name)] == []


def test_many_paths_look_at_the_names_once(monkeypatch: pytest.MonkeyPatch) -> None:
    names = read_names(["draft_content.json", *(f"{n}/film.mp4" for n in range(3000))])
    by_last_part = vars(BundleNames)["by_last_part"]
    looked_up = by_last_part.func
    calls = []

    def counted(of: BundleNames) -> object:
        calls.append(of)
        return looked_up(of)

    monkeypatch.setattr(by_last_part, "func", counted)
    assert all(isinstance(find_material(f"/x/film{n}.mp4", names=names), Missing) for n in range(3000))
    assert len(calls) == 1
    assert isinstance(find_material("/y/film.mp4", names=names), Ambiguous)
