"""The corpus, and what the whole product made of it, once per run."""

from collections.abc import Mapping

import pytest

from tests.corpus.manifest import Sample, corpus_folder, read_manifest
from tests.corpus.product import Fate, Product, product_in


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
def fates(samples: tuple[Sample, ...], product: Product) -> Mapping[str, Fate]:
    """What became of every file of the corpus, by its name in the manifest."""
    by_path = product.run([sample.path for sample in samples])
    return {sample.name: by_path[sample.path] for sample in samples}
