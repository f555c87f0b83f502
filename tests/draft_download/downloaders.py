"""What brings drafts in tests: from hosts on loopback, and no longer patient than a test is."""

from mediaproc.core.draft import DraftLimits
from mediaproc.core.outbound_url import AllowedHosts
from mediaproc.db.database import Database
from mediaproc.draft_bundle.limits import BundleLimits
from mediaproc.draft_download.attempt import DraftDownloader
from mediaproc.guarded_http import GuardedHttp


def downloader(database: Database, hosts: AllowedHosts, *, limits: BundleLimits | None = None) -> DraftDownloader:
    """For the executor of a test."""
    return DraftDownloader(
        database=database,
        http=GuardedHttp(trusted=hosts.own, deadline=5.0),
        hosts=hosts,
        limits=limits or BundleLimits(),
        draft_limits=DraftLimits(),
    )
