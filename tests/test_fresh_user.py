"""In CI a run without its films fails, since nobody reads there that it proved nothing."""

from pathlib import Path

import pytest

from tests import fresh_user


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_without_the_corpus_ci_fails_and_a_person_is_told(
    ci: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MEDIAPROC_TEST_CORPUS", str(tmp_path))
    monkeypatch.setenv("CI", ci)
    with pytest.raises(SystemExit) as ended:
        fresh_user.main()
    assert ended.value.code == code
    assert "NOT TRIED" in capsys.readouterr().out
