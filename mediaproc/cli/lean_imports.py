"""Libraries are imported without what they bring along and we never use, which the daemon would hold as it lives."""

import sys
from importlib import import_module
from types import ModuleType


def leave_out_what_is_not_used() -> None:
    """Call it before the libraries are imported; what is imported already stays as it is."""
    _import_structlog_without_rich()
    _leave_out_minio_admin()


def _import_structlog_without_rich() -> None:
    """Structlog imports rich wherever it finds it, for a style of tracebacks that we do not use (8 MB)."""
    if "structlog" in sys.modules or "rich" in sys.modules:
        return
    # None makes an import fail as if nothing were installed; help and progress bars find rich again afterwards.
    sys.modules["rich"] = None  # type: ignore[assignment]
    try:
        import_module("structlog")
    finally:
        del sys.modules["rich"]


def _leave_out_minio_admin() -> None:
    """Minio-py imports its client for administrators, and with it a whole library of ciphers (3 MB)."""
    if "minio" in sys.modules:
        return
    unused = ModuleType("minio.minioadmin")
    unused.__dict__["MinioAdmin"] = None
    sys.modules[unused.__name__] = unused
