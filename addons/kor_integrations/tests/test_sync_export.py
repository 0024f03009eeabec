import csv
import io
import json
from contextlib import nullcontext, suppress
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..models.kor_sync_run import KorSyncRun
from .sync_common import SftpServer, SyncCase

USAGE = "usage_days_{:012}-{:012}.csv"


@tagged("post_install", "-at_install")
class TestSyncExport(SyncCase):
    def _read_rows(self, name):
        return list(csv.DictReader(io.StringIO(self.server.read(name).decode())))

    def test_what_was_sent_is_not_sent_again_and_what_is_new_follows_without_gap(self):
        self._report({"2026-03-01": 10, "2026-03-02": 20})
        sync = self._run(self._create_sync("usage_days"))
        self.assertEqual(self.server.names(), [USAGE.format(1, 2)])
        self._run(sync)
        self.assertEqual(self.server.names(), [USAGE.format(1, 2)])
        self._report({"2026-03-03": 30})
        self._run(sync)
        self.assertEqual(self.server.names(), [USAGE.format(1, 2), USAGE.format(3, 3)])
        rows = self._read_rows(USAGE.format(1, 2)) + self._read_rows(USAGE.format(3, 3))
        self.assertEqual([row["change"] for row in rows], ["1", "2", "3"])
        self.assertEqual({(row["day"], row["quantity"], row["metric"], row["operation"]) for row in rows}, {
            ("2026-03-01", "10", "api_calls", "upsert"),
            ("2026-03-02", "20", "api_calls", "upsert"),
            ("2026-03-03", "30", "api_calls", "upsert"),
        })  # fmt: skip
        self.assertEqual(sync.sync_stream_ids.cursor, 3)
        self.assertEqual((sync.health, sync.state), ("healthy", "active"))

    def test_a_correction_of_an_old_day_comes_again_under_the_same_key(self):
        self._report({"2026-03-01": 10, "2026-03-02": 20})
        sync = self._run(self._create_sync("usage_days"))
        self._report({"2026-03-01": 11}, revision=1)
        self._run(sync)
        (again,) = self._read_rows(USAGE.format(3, 3))
        first = {row["day"]: row["id"] for row in self._read_rows(USAGE.format(1, 2))}
        self.assertEqual((again["id"], again["quantity"]), (first["2026-03-01"], "11"))

    def test_a_day_that_is_not_over_waits(self):
        today = self.contract._get_today()
        self.env["kor.usage.event"].sudo().ingest(
            {"id": "now", "contract": self.contract.id, "metric": "api_calls", "quantity": 1,
             "time": f"{self.env.cr.now().isoformat()}Z"}
        )  # fmt: skip
        sync = self._run(self._create_sync("usage_days"))
        self.assertFalse(self.server.names())
        with patch.object(type(self.contract), "_get_today", lambda _self: today.replace(year=today.year + 1)):
            self._run(sync)
        self.assertEqual(len(self.server.names()), 1)

    def test_killed_between_upload_and_commit_the_same_file_comes_under_the_same_name(self):
        self._report({"2026-03-01": 10})
        sync = self._create_sync("usage_days")
        # Not by assertRaises, which would undo what the worker has committed.
        with patch.object(KorSyncRun, "_finish", side_effect=SystemExit), suppress(SystemExit):
            self._run(sync)
        self.env.invalidate_all()
        content = self.server.read(USAGE.format(1, 1))
        self.assertEqual((sync.sync_run_ids.state, sync.sync_stream_ids.cursor), ("waiting", 0))
        # What has changed in between is for the next file.
        self._report({"2026-03-01": 11}, revision=1)
        self._report({"2026-03-02": 20})
        self._run(sync)
        self.assertEqual(self.server.names(), [USAGE.format(1, 1), USAGE.format(2, 3)])
        self.assertEqual(self.server.read(USAGE.format(1, 1)), content)
        self.assertEqual([row["quantity"] for row in self._read_rows(USAGE.format(2, 3))], ["11", "20"])

    def test_full_disk_and_refused_folder_are_said_and_tried_again(self):
        self._report({"2026-03-01": 10})
        sync = self._create_sync("usage_days")
        for how, words in (("full", "No space left"), ("denied", "does not allow")):
            with self.subTest(how), self.server.told(how):
                self._run(sync)
                self.assertIn(words, sync.last_error)
                self.assertIn(words, sync.sync_run_ids.error)
                self.assertNotIn(USAGE.format(1, 1), self.server.names())
                self.assertGreater(sync.sync_date_next, sync.sync_date_last)
        self.assertEqual((sync.sync_failures, sync.sync_run_ids.attempts), (2, 2))
        self._run(sync)
        self.assertEqual(len(self._read_rows(USAGE.format(1, 1))), 1)
        self.assertEqual((sync.sync_failures, sync.sync_run_ids.state), (0, "done"))

    def test_server_without_replacing_rename_gets_its_file_twice_all_the_same(self):
        self._report({"2026-03-01": 10})
        sync = self._create_sync("usage_days")
        with self.server.told("plain"):
            self.server.write(USAGE.format(1, 1), "what a killed run has left")
            self._run(sync)
        self.assertEqual(len(self._read_rows(USAGE.format(1, 1))), 1)

    def test_files_are_split_and_go_on_where_the_last_one_ended(self):
        self._report({f"2026-{month:02}-{day:02}": day for month in range(1, 9) for day in range(1, 29)})
        self._run(self._create_sync("usage_days", max_rows=100, format="jsonl"))
        names = [f"usage_days_{first:012}-{last:012}.jsonl" for first, last in ((1, 100), (101, 200), (201, 224))]
        self.assertEqual(self.server.names(), names)
        rows = [json.loads(line) for name in names for line in self.server.read(name).splitlines()]
        self.assertEqual([row["change"] for row in rows], list(range(1, 225)))
        self.assertEqual(len({row["id"] for row in rows}), 224)

    def test_file_of_any_length_takes_the_same_number_of_queries(self):
        stream = self._create_sync("usage_days").sync_stream_ids
        for month, days, most in (("02", range(1, 3), None), ("03", range(1, 2), 13), ("04", range(1, 30), 13)):
            self._report({f"2026-{month}-{day:02}": day for day in days})
            self.env.flush_all()
            self.env.invalidate_all()
            # The first one fills the caches.
            with self.assertQueryCount(most) if most else nullcontext():
                run = stream._stage()
                self.env.flush_all()
            self.assertEqual(run.rows, len(days))
            run._finish(0)

    def test_invoices_and_their_lines_come_with_amounts_and_go_when_they_are_drafts_again(self):
        move = self.env["account.move"].browse(self.contract.generate_invoice("2026-01-01", "2026-01-31")[:1])
        move.ref = "=1+1"
        self.assertEqual(move.state, "posted")
        sync = self._run(self._create_sync("invoices", "invoice_lines"))
        (row,) = self._read_rows("invoices_000000000001-000000000001.csv")
        self.assertEqual((row["number"], row["type"], row["reference"]), (move.name, "invoice", "'=1+1"))
        self.assertEqual(row["total"], f"{move.amount_total:.2f}")
        self.assertEqual(row["currency"], move.currency_id.name)
        lines = self._read_rows(next(name for name in self.server.names() if name.startswith("invoice_lines")))
        self.assertEqual(sum(float(line["untaxed"]) for line in lines), move.amount_untaxed)
        move.button_draft()
        self._run(sync)
        (gone,) = self._read_rows("invoices_000000000002-000000000002.csv")
        self.assertEqual((gone["operation"], gone["id"], gone["total"]), ("delete", str(move.id), ""))

    def test_other_customers_rows_are_in_no_file(self):
        other = self._create_contract(self._create_customer("Inland"))
        self.env["kor.usage.reading"].sudo().ingest(
            {"contract": other.id, "metric": "api_calls", "hour": "2026-03-01T12:00:00Z", "quantity": 7, "revision": 0}
        )
        self._report({"2026-03-01": 10})
        self._run(self._create_sync("usage_days", "tickets", "sla_reports", "invoices", "invoice_lines"))
        self.assertEqual(self.server.names(), [USAGE.format(1, 1)])
        self.assertEqual(self._read_rows(USAGE.format(1, 1))[0]["contract"], self.contract.name)

    def test_tickets_come_with_their_state(self):
        task = self.env["project.task"].browse(self.contract.sudo().open_ticket({"name": "+49 calls"}))
        self._run(self._create_sync("tickets"))
        (row,) = self._read_rows("tickets_000000000001-000000000001.csv")
        self.assertEqual((row["number"], row["title"], row["state"]), (task.ticket_number, "'+49 calls", "new"))

    def test_all_is_sent_again_under_new_numbers(self):
        self._report({"2026-03-01": 10})
        sync = self._run(self._create_sync("usage_days"))
        sync.with_user(self.manager).sync_stream_ids.action_send_all()
        self._run(sync)
        self.assertEqual(self.server.names(), [USAGE.format(1, 1), USAGE.format(2, 2)])


@tagged("post_install", "-at_install")
class TestSyncServer(SyncCase):
    def test_key_of_the_server_is_learnt_confirmed_and_a_changed_one_is_told_nothing(self):
        sync = self._create_integration(
            kind="data_sync", host="127.0.0.1", port=self.server.port, login="kor", password="correct horse"
        )
        with self.assertRaisesRegex(UserError, "confirmed"):
            sync.manage_integration("activate")
        logins = self.server.base / "logins"
        logins.write_text("")
        sync.manage_integration("test")
        self.assertIn(self.server.fingerprint, sync._get_last_log().name)
        self.assertFalse(logins.read_text(), "no login before the key is confirmed")
        self.assertEqual((sync.health, sync.failure_count), ("unknown", 0))
        sync.with_user(self.user).action_confirm_host_key()
        sync.manage_integration("test")
        self.assertEqual(sync._get_last_log().level, "info", sync._get_last_log().name)
        self.assertTrue(logins.read_text())
        logins.write_text("")
        sync.sync_host_key = f"ssh-ed25519 SHA256:{'A' * 43}"
        sync.manage_integration("test")
        self.assertIn("shows another key", sync._get_last_log().name)
        self.assertFalse(logins.read_text(), "no password for a server with another key")

    def test_server_that_was_replaced_is_told_nothing(self):
        sync = self._create_sync("usage_days")
        self._report({"2026-03-01": 10})
        other = SftpServer(self.server.base)
        try:
            sync.sudo().write({"sync_port": other.port, "sync_new_password": "x", "sync_host_key": sync.sync_host_key})
            self._run(sync)
        finally:
            other.stop()
        self.assertIn("shows another key", sync.last_error)
        self.assertFalse(self.server.names())

    def test_wrong_password_is_said(self):
        sync = self._create_sync("usage_days", password="wrong")
        self._report({"2026-03-01": 10})
        with mute_logger("paramiko.transport"):
            self._run(sync)
        self.assertIn("refused the login of “kor” by password", sync.last_error)
        self.assertNotIn("wrong", sync.last_error)
        for _number in range(4):
            self._run(sync)
        self.assertEqual(sync.state, "failing")

    def test_pair_of_keys_opens_the_server_and_its_private_part_is_for_nobody(self):
        sync = self._create_sync("usage_days")
        sync.with_user(self.manager).action_make_sync_key()
        (self.server.base / "authorized_keys").write_text(sync.sync_public_key)
        sync.sudo().sync_password = False
        self._report({"2026-03-01": 10})
        self._run(sync)
        self.assertEqual(len(self.server.names()), 1)
        with self.assertRaises(AccessError):
            sync.with_user(self.manager).read(["sync_private_key"])

    def test_secrets_are_written_and_never_read(self):
        sync = self._create_sync("usage_days")
        manager = sync.with_user(self.manager)
        manager.sync_new_password = "better"
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(sync.sudo().sync_password, "better")
        self.assertFalse(manager.sync_new_password)
        self.assertEqual(manager.sync_secrets_text, "password")
        for name in ("sync_password", "sync_private_key", "sync_token", "connector_secrets"):
            with self.subTest(name), self.assertRaises(AccessError):
                manager.read([name])

    def test_another_server_is_not_told_what_opened_the_one_before(self):
        sync = self._create_sync("usage_days")
        sync.with_user(self.manager).sync_host = "sftp.example.com"
        self.assertFalse(sync.sudo().sync_password)
        self.assertFalse(sync.sync_host_key)

    def test_private_addresses_are_refused_unless_listed(self):
        sync = self._create_sync("usage_days")
        self._report({"2026-03-01": 10})
        self.env["ir.config_parameter"].set_param("kor_integrations.allow_private_addresses", "")
        self._run(sync)
        self.assertIn("private", sync.last_error)
        for host in ("127.0.0.1", "169.254.169.254", "10.0.0.5", "::1", "0x7f000001", "2130706433", "a b", ""):
            with self.subTest(host=host), self.assertRaises(UserError):
                made = self._create_integration(kind="data_sync", host=host, login="kor", password="x")
                made.manage_integration("activate")

    def test_who_may_run_it(self):
        sync = self._create_sync("usage_days")
        self.assertEqual(sync.with_user(self.portal_user).sync_now(), "active")
        self.assertEqual(sync.with_user(self.user).sync_now(), "active")
        sync.is_self_service = False
        with self.assertRaises(AccessError):
            sync.with_user(self.portal_user).sync_now()
        sync.manage_integration("pause")
        self.assertFalse(sync.sync_date_next)
        with self.assertRaises(UserError):
            sync.sync_now()
        for values in ({"sync_date_next": "2026-01-01 00:00:00"}, {"sync_host_key_seen": "x"}, {"connector_state": {}}):
            with self.subTest(values), self.assertRaises(UserError):
                sync.with_user(self.manager).write(values)
        with self.assertRaises(UserError):
            sync.with_user(self.manager).sync_stream_ids.write({"cursor": 5})

    def test_other_customers_see_no_runs(self):
        self._report({"2026-03-01": 10})
        sync = self._run(self._create_sync("usage_days"))
        runs = self.env["kor.sync.run"].with_user(self.portal_user)
        self.assertEqual(runs.search([]), sync.sync_run_ids)
        with self.assertRaises(AccessError):
            runs.search([]).read(["payload"])
        stranger = new_test_user(
            self.env, "stranger", "base.group_portal", partner_id=self._create_customer("Stranger").id
        )
        self.assertFalse(runs.with_user(stranger).search([]))
        with self.assertRaises(AccessError):
            sync.sync_run_ids.with_user(stranger).read(["name"])

    def test_descriptions_are_refused_with_what_would_be_right(self):
        for spec, words in (
            ({"host": 5}, "must be text"),
            ({"port": "22"}, "whole number"),
            ({"port": 70000}, "1 to 65535"),
            ({"hour": 24}, "0 to 23"),
            ({"weekday": 7}, "cannot be"),
            ({"interval": "yearly"}, "hourly"),
            ({"datasets": ["salaries"]}, "invoices"),
            ({"datasets": "invoices"}, "list"),
            ({"host_key": "abc"}, "fingerprint"),
            ({"private_key": "abc"}, "no private key"),
            ({"max_rows": 1}, "from 100"),
            ({"url": "ftp://example.com"}, "https"),
            ({"transport": "https", "datasets": ["counts"]}, "SFTP servers only"),
            ({"transprot": "sftp"}, "transport"),
        ):
            with self.subTest(spec), self.assertRaisesRegex(UserError, words):
                self._create_integration(kind="data_sync", **spec)
