"""Reports on a read replica of PostgreSQL: what it answers, how far it may lag, and what happens without it."""

import os
import shutil

import clients
import pytest
from kor_env import database, odoo_source
from kor_env.postgres import UNSAFE, Cluster
from kor_env.server import Odoo
from kor_env.site import serve

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
QUARTER = {"date_from": "2026-01-01", "date_to": "2026-03-31"}
pytestmark = pytest.mark.rough


class Standby(Cluster):
    """A copy of another server that follows it by streaming replication, and that can only be read."""

    def __init__(self, name, primary):
        super().__init__(name, UNSAFE)
        self.primary = primary

    def _initialise(self):
        source = ["-h", self.primary.socket, "-U", "kor", "-D", self.home]
        self.home.mkdir(mode=0o700)
        if self.user:
            os.chown(self.home, self.user.pw_uid, self.user.pw_gid)
        command = [self.bin / "pg_basebackup", *source, "-R", "-X", "stream", "-c", "fast"]
        self._must(command, "PostgreSQL's pg_basebackup failed")

    def wipe(self):
        # Also the one of a run that was killed.
        self._as_user([self.bin / "pg_ctl", "stop", "-m", "immediate", "-s", "-D", self.home])
        shutil.rmtree(self.home, ignore_errors=True)

    def catch_up(self):
        """Wait until all that the first server has committed by now can be read here."""
        [(position,)] = self.primary.execute("SELECT pg_current_wal_insert_lsn()")
        clients.wait_until(
            lambda: self.execute("SELECT pg_last_wal_replay_lsn() >= %s", values=(position,))[0][0], "replay", 60
        )


@pytest.fixture(scope="module")
def standby():
    """Yield a server that follows the tests' own one, and drop it in the end."""
    standby = Standby(f"replica_{WORKER}", database.test_cluster())
    standby.wipe()
    try:
        yield standby.start()
    finally:
        standby.wipe()


@pytest.fixture(scope="module")
def admin(standby, tmp_path_factory):
    """Yield a client of an Odoo that has the second server for what only reads."""
    name = f"kor_test_replica_{WORKER}"
    primary = standby.primary
    primary.drop(name)
    primary.create(name, os.environ["KOR_TEMPLATE"])
    standby.catch_up()
    odoo = Odoo(odoo_source.ensure(), primary, tmp_path_factory.mktemp("site"))
    try:
        with serve(odoo, name, f"--db_replica_host={standby.socket}") as site:
            yield clients.Json2(site, "admin")
    finally:
        primary.drop(name)


def add_cost(admin, amount):
    values = {"name": f"Hosting {amount}", "month": "2026-02-01", "typed_amount": amount}
    admin.create("kor.cost.pool", values)


def read_open_costs(admin):
    report = admin.call("kor.financial.report", "generate_cost_report", **QUARTER)
    return report["totals"]["open"]


def test_reports_come_from_the_replica_as_far_as_it_is_and_from_the_first_server_without_it(admin, standby):
    add_cost(admin, 300)
    standby.catch_up()
    before = read_open_costs(admin)
    standby.execute("SELECT pg_wal_replay_pause()")
    add_cost(admin, 500)
    assert read_open_costs(admin) == before
    standby.execute("SELECT pg_wal_replay_resume()")
    standby.catch_up()
    assert read_open_costs(admin) == before + 500
    standby.stop()
    assert read_open_costs(admin) == before + 500
    add_cost(admin, 700)
    assert read_open_costs(admin) == before + 1200
