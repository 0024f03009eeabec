from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from odoo.addons.kor_usage.engine.local_days import LocalDays

from ..tools import sftp
from .sync_common import SyncCase

HEADER = "time,metric,quantity\n"


@tagged("post_install", "-at_install")
class TestSyncTake(SyncCase):
    def _read_counts(self):
        readings = self.env["kor.usage.reading"].sudo().search([("contract_id", "=", self.contract.id)], order="hour")
        return [(one.metric_id.code, str(one.hour), one.quantity) for one in readings]

    def _get_midnight(self, day):
        days = LocalDays(self.contract.tz or "UTC")
        return days.midnight(fields.Date.to_date(day)).replace(tzinfo=None)

    def _get_done(self):
        return self.server.names("in/done")

    def test_good_lines_count_and_bad_ones_are_told_line_by_line(self):
        sync = self._create_sync("counts")
        lines = [
            "2026-03-01,users,120",
            "2026-03-01T14:20:00+02:00,components,3.5",
            "yesterday,users,1",
            "2026-03-02,desks,1",
            "2026-03-03,users,many",
            "2026-03-04,users,-1",
            "2025-01-01,users,5",
            "2026-03-05,users",
            "2099-01-01,users,5",
        ]
        self.server.write("in/march.csv", HEADER + "\n".join(lines))
        self._run(sync)
        self.assertEqual(
            self._read_counts(),
            [("users", str(self._get_midnight("2026-03-01")), 120), ("components", "2026-03-01 12:00:00", 3.5)],
        )
        run = sync.sync_run_ids
        self.assertEqual((run.rows, run.rejected, run.state), (2, 7, "done"))
        self.assertFalse(self.server.names("in"))
        self.assertEqual(self._get_done(), [f"march.{run.id}.csv", f"march.{run.id}.csv.result.csv"])
        result = self.server.read(f"in/done/march.{run.id}.csv.result.csv").decode().splitlines()
        self.assertEqual(result[0], "line,problem")
        self.assertEqual([line.partition(",")[0] for line in result[1:]], ["4", "5", "6", "7", "8", "9", "10"])
        self.assertIn("users, components", result[2])
        warning = sync.log_ids.filtered(lambda log: log.level == "warning")
        self.assertIn("Line 5", warning.detail)

    def test_a_file_is_taken_once_whatever_its_name(self):
        sync = self._create_sync("counts")
        self.server.write("in/a.csv", HEADER + "2026-03-01,users,120\n")
        self._run(sync)
        self.server.write("in/b.csv", HEADER + "2026-03-01,users,120\n")
        self._run(sync)
        self.assertEqual(len(sync.sync_run_ids), 1)
        self.assertFalse(self.server.names("in"))
        self.assertIn("already", sync._get_last_log().name)
        self.server.write("in/a.csv", HEADER + "2026-03-01,users,125\n")
        self._run(sync)
        self.assertEqual([quantity for _metric, _hour, quantity in self._read_counts()], [125])

    def test_killed_before_it_is_moved_a_file_is_not_counted_again(self):
        sync = self._create_sync("counts")
        self.server.write("in/a.csv", HEADER + "2026-03-01,users,120\n2026-03-02,chairs,1\n")
        with patch.object(sftp.Connection, "move", side_effect=sftp.Failed("It broke off.")):
            self._run(sync)
        self.assertEqual((sync.last_error, self.server.names("in")), ("It broke off.", ["a.csv"]))
        self._run(sync)
        self.assertEqual((len(sync.sync_run_ids), self.server.names("in")), (1, []))
        result = self.server.read(f"in/done/a.{sync.sync_run_ids.id}.csv.result.csv").decode()
        self.assertIn("3,", result)

    def test_what_is_no_file_of_counts(self):
        sync = self._create_sync("counts")
        self.server.write("in/.hidden.csv", HEADER)
        self.server.write("in/half.csv.part", HEADER)
        self.server.write("in/notes.txt", "hello")
        self.server.write("in/header.csv", "day,count\n2026-03-01,5\n")
        self.server.write("in/latin.csv", HEADER.encode() + b"2026-03-01,users,\xe9\n")
        self.server.write("in/lines.jsonl", '{"time": "2026-03-01", "metric": "users", "quantity": 7}\n[1]\nnope\n')
        with patch.object(sftp, "READ_LIMIT", 400):
            self._run(sync)
        self.assertEqual(self.server.names("in"), [".hidden.csv", "half.csv.part", "notes.txt"])
        errors = {run.name: (run.state, run.error, run.rejected) for run in sync.sync_run_ids}
        self.assertIn("time, metric, quantity", errors["header.csv"][1])
        self.assertIn("UTF-8", errors["latin.csv"][1])
        self.assertEqual(errors["lines.jsonl"], ("done", False, 2))
        self.assertEqual([quantity for _metric, _hour, quantity in self._read_counts()], [7])

    def test_a_file_that_is_too_long_is_put_aside(self):
        sync = self._create_sync("counts")
        self.server.write("in/long.csv", HEADER + "2026-03-01,users,120\n" * 10)
        with patch.object(sftp.Connection.read, "__defaults__", (100,)):
            self._run(sync)
        self.assertIn("longer than", sync.sync_run_ids.error)
        self.assertFalse(self.server.names("in"))

    def test_missing_folder_is_said_and_does_not_keep_files_from_being_sent(self):
        self._report({"2026-03-01": 10})
        sync = self._create_sync("counts", "usage_days", import_folder="nowhere")
        self._run(sync)
        self.assertIn("nowhere", sync.last_error)
        self.assertEqual(len(self.server.names()), 1)
