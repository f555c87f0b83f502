"""The stages of an attempt, as logs, the column `stage_seconds` and sentences name them."""

from enum import StrEnum


class Stage(StrEnum):
    """In their order; an attempt may come to its transcode and its verification more than once."""

    CLAIM = "claim"
    DOWNLOAD = "download"
    PROBE = "probe"
    TRANSCODE = "transcode"
    VERIFY = "verify"
    UPLOAD = "upload"
    SETTLE = "settle"
