"""`make corpus`: the whole corpus through the product and through plain ffmpeg; the table goes to docs/corpus.md."""

import sys
import tempfile
from pathlib import Path

from mediaproc.ffmpeg.tools import find_tools
from tests.corpus.manifest import corpus_folder, read_manifest
from tests.corpus.plain_ffmpeg import plain_ffmpeg
from tests.corpus.product import product_in
from tests.corpus.table import table

_DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "corpus.md"


def main() -> int:
    folder = corpus_folder()
    if folder is None:
        sys.stderr.write("The corpus is not there: put it at ../shared/corpus or set MEDIAPROC_TEST_CORPUS.\n")
        return 1
    samples, tools = read_manifest(folder), find_tools(ffmpeg=None, ffprobe=None)
    with tempfile.TemporaryDirectory() as home:
        sys.stderr.write(f"The product works on {len(samples)} files ...\n")
        by_path = product_in(Path(home)).run([sample.path for sample in samples])
        sys.stderr.write("Plain ffmpeg works on them ...\n")
        plain = {sample.name: plain_ffmpeg(sample.path, tools=tools) for sample in samples}
    text = table(samples, processed={sample.name: by_path[sample.path] for sample in samples}, plain=plain)
    _DOCUMENT.write_text(text)
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
