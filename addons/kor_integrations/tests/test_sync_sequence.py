import csv
import io
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from ..tools.guarded_http import Failed
from .common import IntegrationCase

DAYS = [f"2026-03-{day:02}" for day in range(1, 5)]
STEPS = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(DAYS), st.integers(0, 9)),
    st.tuples(st.just("remove"), st.sampled_from(DAYS), st.just(0)),
    st.tuples(st.sampled_from(("run", "fail", "kill", "again")), st.just(""), st.just(0)),
)


class Killed(BaseException):
    """The worker is gone, as it is when the machine is switched off."""


class Place:
    """What is in the customer's folder, and how the next file fares."""

    is_down = False

    def __init__(self):
        self.files, self.mood = {}, "run"

    def put(self, name, content):
        if self.mood == "fail":
            raise Failed("The disk is full.")
        self.files[name] = content
        if self.mood == "kill":
            raise Killed

    def close(self):
        """Nothing is open."""


@tagged("post_install", "-at_install")
class TestSyncSequence(IntegrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.metric = cls.env["kor.metric"].search([("code", "=", "api_calls")])

    @settings(max_examples=15, deadline=None)
    @given(st.lists(STEPS, max_size=12))
    def test_any_sequence_of_changes_and_runs_tells_each_change_once(self, steps):
        savepoint = self.env.cr.savepoint()
        try:
            self._check_sequence([*steps, ("run", "", 0)])
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def _check_sequence(self, steps):
        self.env["ir.config_parameter"].set_param("kor_integrations.allow_private_addresses", "127.0.0.1")
        sync = self._create_integration(
            kind="data_sync", transport="https", url="http://127.0.0.1:9/in", datasets=["usage_days"]
        )
        sync.manage_integration("activate")
        place = Place()
        with (
            patch.object(type(sync), "_get_sync_target", lambda _self: place),
            patch.object(type(self.env["ir.cron"]), "_commit_progress", self._commit),
            patch.object(self.env.cr, "rollback", lambda: None),
        ):
            for step, day, quantity in steps:
                self._do(sync, place, step, day, quantity)
            told = dict(place.files)
            self._do(sync, place, "run", "", 0)
        self.assertEqual(place.files, told, "what was told is not told again")
        self._check_files(place.files, sync)

    def _commit(self, *_arguments, **_options):
        self.env.flush_all()
        return 1

    def _do(self, sync, place, step, day, quantity):
        if step == "write":
            self.env.cr.execute(
                """INSERT INTO kor_usage_rollup (contract_id, partner_id, company_id, metric_id, day, dimension, total,
                       events, highest, latest, first_second, latest_second, area)
                   VALUES (%s, %s, %s, %s, %s, '', %s, 1, 0, 0, 0, 0, 0)
                   ON CONFLICT (contract_id, metric_id, day, dimension) DO UPDATE SET total = excluded.total""",
                (self.contract.id, self.customer.id, self.contract.company_id.id, self.metric.id, day, quantity),
            )
        elif step == "remove":
            self.env.cr.execute(
                "DELETE FROM kor_usage_rollup WHERE contract_id = %s AND day = %s", (self.contract.id, day)
            )
        elif step == "again":
            if not sync.sync_stream_ids._get_open_run():
                sync.sync_stream_ids.action_send_all()
        else:
            place.mood = step
            try:
                sync._sync()
            except Killed:
                self.env.invalidate_all()

    def _check_files(self, files, sync):
        rows = []
        for name in sorted(files):
            found = list(csv.DictReader(io.StringIO(files[name].decode())))
            first, last = (int(part) for part in name.removesuffix(".csv").rpartition("_")[2].split("-"))
            self.assertEqual([int(row["change"]) for row in found], list(range(first, last + 1)))
            rows += found
        self.assertEqual([int(row["change"]) for row in rows], list(range(1, len(rows) + 1)))
        self.assertEqual(sync.sync_stream_ids.cursor, len(rows))
        state = {}
        for row in rows:
            if row["operation"] == "delete":
                self.assertIn(row["id"], state, "what is gone was told before")
                del state[row["id"]]
            else:
                state[row["id"]] = row["day"], row["quantity"]
        self.env.cr.execute(
            "SELECT id::text, day::text, trim_scale(total)::text FROM kor_usage_rollup WHERE contract_id = %s",
            (self.contract.id,),
        )
        self.assertEqual(state, {key: (day, quantity) for key, day, quantity in self.env.cr.fetchall()})
