"""A serving Odoo on a copy of the template database, with a mailbox, for the tests that come from outside."""

import contextlib
import functools
import os
import sys
from pathlib import Path

import clients
import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from kor_env import database, odoo_source  # noqa: E402
from kor_env.mailbox import Mailbox  # noqa: E402
from kor_env.server import Odoo  # noqa: E402
from kor_env.site import serve  # noqa: E402


@contextlib.contextmanager
def _serve_copy(name, tmp_path_factory):
    """Serve a copy of the template with two worker processes, and drop it in the end."""
    if "KOR_TEMPLATE" not in os.environ:
        pytest.skip("Run with make test: it builds the template database.")
    cluster = database.test_cluster()
    name = f"kor_test_{name}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    cluster.drop(name)
    cluster.create(name, os.environ["KOR_TEMPLATE"])
    odoo = Odoo(odoo_source.ensure(), cluster, tmp_path_factory.mktemp("site"))
    mailbox = Mailbox(tmp_path_factory.mktemp("mail"))
    try:
        with serve(odoo, name, *mailbox.odoo_options()) as site:
            site.mailbox = mailbox
            yield site
    finally:
        mailbox.stop()
        cluster.drop(name)


@pytest.fixture(scope="session")
def shared_site(tmp_path_factory):
    with _serve_copy("shared", tmp_path_factory) as site:
        yield site


@pytest.fixture(scope="session")
def rough_site(tmp_path_factory):
    with _serve_copy("rough", tmp_path_factory) as site:
        yield site


@pytest.fixture(scope="module")
def site(request):
    """The served database: one for files marked `rough`, which kill or change it, and one for all others."""
    site = request.getfixturevalue("rough_site" if request.node.get_closest_marker("rough") else "shared_site")
    site.server.wait_ready()
    return site


@pytest.fixture(scope="module")
def admin(site):
    return clients.XmlRpc(site, "admin")


@pytest.fixture(scope="module", params=["xmlrpc", "json2"])
def connect(site, request):
    """Return a function from a login to its client, which logs in once."""
    return functools.cache(lambda login: clients.KINDS[request.param](site, login))
