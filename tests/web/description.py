"""The description of the API without any site: for the golden file and the documents that are made from it."""

import json
from pathlib import Path
from typing import Any

import structlog

from mediaproc.config import Settings
from mediaproc.db.database import Database
from mediaproc.parts import Parts
from mediaproc.store.directory import DirectoryStore
from mediaproc.web.app import make_app
from mediaproc.web.site import Site

GOLDEN = Path(__file__).with_name("openapi.json")


def description() -> Any:  # noqa: ANN401 - a document
    """What `/openapi.json` answers, of no particular version of the program."""
    # Nobody is asked anything: only routes are described.
    nobody = Database.at("postgresql://nobody@127.0.0.1:1/nothing")
    parts = Parts(settings=Settings.model_construct(), database=nobody, store=DirectoryStore(Path("nowhere")))
    told = make_app(Site(parts=parts, key=b"", log=structlog.get_logger())).openapi()
    told["info"]["version"] = "0"
    return told


def as_text(told: Any) -> str:  # noqa: ANN401
    """As the golden file has it."""
    return json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Record the golden file: `python -m tests.web.description`, once a difference is meant."""
    GOLDEN.write_text(as_text(description()), encoding="utf-8")


if __name__ == "__main__":
    main()
