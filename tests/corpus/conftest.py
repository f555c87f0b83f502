"""The corpus, and what the whole product made of it, once per run."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox import Sandbox
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.tools import Tools, find_tools
from tests.corpus.manifest import Sample, corpus_folder, read_manifest
from tests.corpus.media_pipeline import MediaPipeline
from tests.corpus.product import ProcessedFile, Product, product_in
from tests.corpus.source_maker import SourceMaker


@pytest.fixture(scope="session")
def samples() -> tuple[Sample, ...]:
    folder = corpus_folder()
    if folder is None:
        pytest.skip("the corpus is not there: put it beside the project as shared/corpus, or set MEDIAPROC_TEST_CORPUS")
    return read_manifest(folder)


@pytest.fixture(scope="session")
def sample_named(samples: tuple[Sample, ...]) -> Mapping[str, Sample]:
    return {sample.name: sample for sample in samples}


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Product:
    return product_in(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="session")
def processed(samples: tuple[Sample, ...], product: Product) -> Mapping[str, ProcessedFile]:
    """Every file of the corpus as the product processed it, by its name in the manifest."""
    by_path = product.run([sample.path for sample in samples])
    return {sample.name: by_path[sample.path] for sample in samples}


@pytest.fixture(scope="session", params=["system", "wheel"])
def tools(request: pytest.FixtureRequest) -> Tools:
    """Debian's ffmpeg, and the newest that a wheel carries; both must take every argument."""
    if request.param == "system":
        return find_tools(ffmpeg=None, ffprobe=None)
    wheel = pytest.importorskip("imageio_ffmpeg", reason="imageio-ffmpeg is not installed")
    return find_tools(ffmpeg=wheel.get_ffmpeg_exe(), ffprobe=None)


@pytest.fixture(scope="session")
def sandbox(tools: Tools) -> Sandbox:
    """Found out once: each time takes starts of ffmpeg."""
    return find_sandbox("auto", tool=tools.ffmpeg)


@pytest.fixture
def pipeline(tools: Tools, sandbox: Sandbox, tmp_path: Path) -> MediaPipeline:
    folder = tmp_path / "made"
    folder.mkdir()
    return MediaPipeline(runner=FfmpegRunner(tools, sandbox=sandbox), folder=folder)


@pytest.fixture(scope="session")
def system_tools() -> Tools:
    return find_tools(ffmpeg=None, ffprobe=None)


@pytest.fixture
def maker(system_tools: Tools, tmp_path: Path) -> SourceMaker:
    """Makes sources always with the same ffmpeg, whichever ffmpeg is under test."""
    return SourceMaker(tools=system_tools, folder=tmp_path)
