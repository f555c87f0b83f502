from pathlib import Path

import pytest

from mediaproc.small_file import read_small_file


def test_a_file_of_just_the_most_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file.toml"
    path.write_bytes(b"#" * 1024**2)
    assert len(read_small_file(path)) == 1024**2
    path.write_bytes(b"#" * (1024**2 + 1))
    with pytest.raises(ValueError, match="has more than 1 MB"):
        read_small_file(path)
