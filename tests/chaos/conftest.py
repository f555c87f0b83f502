"""Proxies in front of a site's database and store, and the settings of an executor behind them."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from sqlalchemy import make_url

from tests.parts.proxy import PostgresProxy, Proxy, postgres_proxy_to, proxy_to
from tests.parts.site import Site


@pytest.fixture
def proxy(site: Site) -> Iterator[PostgresProxy]:
    """A proxy in front of the site's database."""
    port = make_url(site.settings["database_url"]).port
    assert port is not None
    with postgres_proxy_to(port) as proxy:
        yield proxy


@pytest.fixture
def store_proxy(site: Site) -> Iterator[Proxy]:
    """A proxy in front of the site's store."""
    port = urlsplit(site.settings["store_url"]).port
    assert port is not None
    with proxy_to(port) as proxy:
        yield proxy


@pytest.fixture
def behind(site: Site, proxy: PostgresProxy, store_proxy: Proxy) -> dict[str, str]:
    """The settings of an executor whose ways to database and store lead through the proxies; one task at a time."""
    database_url = make_url(site.settings["database_url"]).set(port=proxy.port)
    store_url = urlsplit(site.settings["store_url"])
    around = store_url._replace(netloc=store_url.netloc.replace(f":{store_url.port}", f":{store_proxy.port}"))
    return site.settings | {
        "database_url": database_url.render_as_string(hide_password=False),
        "store_url": around.geturl(),
        "slots": "1",
    }
