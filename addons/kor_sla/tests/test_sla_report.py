from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged

from .compliance_common import ComplianceCase


@tagged("post_install", "-at_install")
class TestSlaReport(ComplianceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        render = patch.object(type(cls.env["kor.pdf"]), "_render", lambda self, html: b"%PDF " + str(html).encode())
        render.start()
        cls.addClassCleanup(render.stop)

    def _run_cron(self, day):
        commits = []
        cron_class = type(self.env["ir.cron"])
        note = lambda self, done=0, **kw: commits.append((done, kw)) or 1000  # noqa: E731
        with freeze_time(day), patch.object(cron_class, "_commit_progress", note):
            self.reports._cron_report()
        return commits

    def _get_reports(self, contracts):
        return self.reports.search([("contract_id", "in", contracts.ids)])

    def test_cron_makes_a_draft_freezes_it_and_tells_the_contacts(self):
        contract = self._promise()
        contact = self.env["res.partner"].create(
            {"name": "Ops", "parent_id": self.customer.id, "email": "ops@aurora.example"}
        )
        contract.support_contact_ids = contact
        self._run_cron("2026-05-01 01:00:00")
        report = self._get_reports(contract)
        self.assertEqual(
            (str(report.month), report.state, str(report.date_freeze)), ("2026-04-01", "draft", "2026-05-03")
        )
        # A draft follows the facts.
        outage = self._outage("2026-04-10 10:00:00", 50)
        self.assertTrue(report.is_stale)
        self._run_cron("2026-05-02 01:00:00")
        self.assertEqual((report.missed_count, report.state), (1, "draft"))
        outage.is_excluded = False
        self._run_cron("2026-05-03 01:00:00")
        self.assertEqual((report.state, str(report.date_dispute_end)), ("sent", "2026-06-02"))
        mail = report.message_ids.filtered("mail_ids") or report.message_ids
        self.assertIn(contact, mail.notified_partner_ids | mail.partner_ids | mail.mail_ids.recipient_ids)
        self.assertTrue(
            self.env["ir.attachment"].search([("res_model", "=", report._name), ("res_id", "=", report.id)])
            or mail.attachment_ids
        )
        self._run_cron("2026-05-04 01:00:00")
        self.assertEqual(self._get_reports(contract), report, "run again: nothing new")

    def test_cron_works_in_chunks_that_commit_and_goes_on_past_one_that_fails(self):
        contracts = self._promise() + self._promise() + self._promise()
        real = type(self.reports)._make

        def make(reports, some, month):
            if contracts[1] in some:
                raise ZeroDivisionError("broken")
            return real(reports, some, month)

        path = "odoo.addons.kor_sla.models.kor_sla_report_make_mixin"
        with (
            patch(f"{path}.BATCH_SIZE", 2),
            patch.object(type(self.reports), "_make", make),
            self.assertLogs(path, "ERROR") as logs,
        ):
            commits = self._run_cron("2026-05-01 01:00:00")
        self.assertIn("broken", logs.output[0])
        self.assertGreater(len(commits), 2)
        self.assertEqual(self._get_reports(contracts).contract_id, contracts - contracts[1])
        self._run_cron("2026-05-01 02:00:00")
        self.assertEqual(self._get_reports(contracts).contract_id, contracts)

    def test_targets_of_which_nothing_happened_are_not_counted(self):
        contract = self._promise()
        self._outage("2026-04-10 10:00:00", 50, contract)
        report = self._report(contract, "2026-04")
        self.assertGreater(len(report.line_ids), 1)
        self.assertEqual((report.missed_count, report.target_count), (1, 1))

    def test_a_month_ends_where_the_days_of_the_contract_do(self):
        contract = self._promise(tz="America/New_York")
        self._run_cron("2026-05-01 01:00:00")
        self.assertFalse(self._get_reports(contract))
        self._run_cron("2026-05-01 05:00:00")
        self.assertTrue(self._get_reports(contract))

    def test_a_frozen_report_stays_as_it_was_told(self):
        contract = self._promise()
        report = self._report(contract, "2026-04")
        for vals in ({"uptime": 100.0}, {"figures": {}}, {"state": "draft"}):
            with self.subTest(vals), self.assertRaisesRegex(UserError, "as it was told"):
                report.write(vals)
        with self.assertRaisesRegex(UserError, "evidence"):
            report.unlink()
        line = report.line_ids[0].sudo(False)
        with self.assertRaises(AccessError):
            line.write({"is_met": True})
        self.assertFalse(report._correct(), "nothing differs")
        self.assertEqual(report.revision, 1)

    def test_changed_facts_mark_the_reports_of_their_days_only(self):
        contract, other = self._promise(), self._promise()
        april, march = self._report(contract + other, "2026-04"), self._report(contract, "2026-03")
        self.assertFalse((april + march).filtered("is_stale"))
        self._outage("2026-04-10 10:00:00", 50, contract)
        self.assertEqual((april + march).filtered("is_stale"), april[0])
        april[0]._look_again()
        revision = april[0]._get_latest()
        self.assertEqual((revision.revision, revision.state, april[0].is_current), (2, "frozen", False))
        self.assertIn("100 %", revision.difference)
        self.assertIn("99.884259 %", revision.difference)
        self._clock(other, "response", "2026-04-11", 90)
        self.assertTrue(april[1].is_stale)

    def test_a_month_that_is_not_over_cannot_be_frozen(self):
        contract = self._promise()
        with freeze_time("2026-04-20"):
            report = self.reports._make(contract, self.reports._fields["month"].to_date("2026-04-01"))
            with self.assertRaisesRegex(UserError, "not over"):
                report._freeze()

    def test_a_draft_of_a_month_in_which_nothing_was_promised_after_all_is_gone(self):
        contracts = self._promise() + self._promise()
        left, gone = (self._report(contract, "2026-04", freeze=False) for contract in contracts)
        with freeze_time("2026-05-02"):
            contracts[1].action_cancel("2026-03-31")
        self._run_cron("2026-05-06 01:00:00")
        self.assertEqual((left.state, gone.exists()), ("sent", self.reports))
        self.assertFalse(self._credits(contracts[1], "2026-04"))
        drafts = self._report(contracts[0], "2026-05", freeze=False) + self._report(
            contracts[1], "2026-02", freeze=False
        )
        with freeze_time("2026-06-02"):
            contracts[0].action_cancel("2026-04-30")
            drafts.action_send()
        self.assertEqual((drafts.exists().contract_id, drafts.exists().state), (contracts[1], "sent"))

    def test_reports_of_a_month_by_hand(self):
        contract = self._promise()
        with freeze_time("2026-05-10"):
            wizard = self.env["kor.sla.report.month"].create({"month": "2026-04-15", "contract_ids": contract.ids})
            action = wizard.action_make()
            wizard.action_make()
        self.assertEqual(len(self._get_reports(contract)), 1)
        self.assertEqual(action["domain"][0][0], "month")

    def test_pivot_of_compliance_by_tier(self):
        contracts = self._promise() + self._promise()
        self._outage("2026-04-10 10:00:00", 50, contracts[0])
        self._report(contracts, "2026-04")
        groups = self.env["kor.sla.report.line"]._read_group(
            [("contract_id", "in", contracts.ids), ("is_current", "=", True), ("kind", "=", "uptime")],
            ["tier_id"],
            ["met_share:avg", "is_missed:sum"],
        )
        self.assertEqual(groups, [(self.gold, 50.0, 1)])

    def test_reports_of_50_contracts_take_as_many_queries_as_those_of_5(self):
        few = self.env["kor.contract"].union(*(self._promise() for _n in range(5)))
        many = self.env["kor.contract"].union(*(self._promise() for _n in range(50)))
        self._outage("2026-04-10 10:00:00", 50)
        month = self.reports._fields["month"].to_date("2026-04-01")
        counts = []
        with freeze_time("2026-05-05"):
            # The first time warms up what is read once.
            for contracts in (few, few, many):
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.cr.sql_log_count
                contracts._get_compliance(month, month.replace(day=30))
                measured = self.cr.sql_log_count - before
                self.env.invalidate_all()
                before = self.cr.sql_log_count
                prepared = self.reports._prepare_reports(contracts, month, month.replace(day=30))
                counts.append((measured, self.cr.sql_log_count - before))
                self.assertEqual(len(prepared), len(contracts))
        self.assertEqual(counts[1], counts[2])
        with self.assertQueryCount(counts[1][1]), freeze_time("2026-05-05"):
            self.env.invalidate_all()
            self.reports._prepare_reports(many, month, month.replace(day=30))

    def test_who_reads_what(self):
        contract, other = self._promise(), self._promise(partner_id=self.other_customer.id)
        reports = self._report(contract + other, "2026-04")
        draft = self._report(contract, "2026-03", freeze=False)
        customer = new_test_user(self.env, "aurora_portal", "base.group_portal", partner_id=self.customer.id)
        visible = self.env["kor.sla.report"].with_user(customer).search([])
        self.assertEqual(visible, reports[0])
        self.assertEqual(visible.line_ids.report_id, reports[0])
        for record in (reports[1], draft):
            with self.assertRaises(AccessError):
                record.with_user(customer).read(["name"])
        for model in ("kor.sla.credit", "kor.sla.booking", "kor.sla.dispute"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(customer).search([])
        with self.assertRaises(AccessError):
            reports[1].with_user(customer).dispute("Not mine")


@tagged("post_install", "-at_install")
class TestSlaDispute(ComplianceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(cls.env, "aurora_dispute", "base.group_portal", partner_id=cls.customer.id)

    def _get_disputed(self, text="It was down for 8 hours", **values):
        contract = self._promise(terms={"penalty_mode": "automatic"}, **values)
        for day in ("2026-04-01", "2026-05-01"):
            self._bill_at(contract, day)
        self._outage("2026-04-10 10:00:00", 50, contract)
        report = self._report(contract, "2026-04")
        line = report.line_ids.filtered(lambda one: one.kind == "uptime")
        with freeze_time("2026-05-10"):
            dispute = self.env["kor.sla.dispute"].browse(report.with_user(self.user).dispute(text, line.id))
        return contract, report, dispute

    def test_dispute_gives_the_account_manager_something_to_do(self):
        contract, report, dispute = self._get_disputed(account_manager_id=self.biller.id)
        self.assertEqual((dispute.state, dispute.kind, dispute.user_id), ("open", "uptime", self.user))
        self.assertEqual(dispute.activity_ids.user_id, self.biller)
        self.assertEqual(self._credits(contract, "2026-04")["uptime"].state, "disputed")

    def test_accepted_with_corrected_facts_raises_the_credit_by_the_difference(self):
        contract, report, dispute = self._get_disputed()
        self._bill_at(contract, "2026-06-01")
        outage = self.env["kor.sla.outage"].search([("contract_ids", "in", contract.ids)])
        outage.date_end = "2026-04-10 18:00:00"
        dispute.answer = "You are right"
        with freeze_time("2026-06-05"):
            dispute.action_accept()
        credit = self._credits(contract, "2026-04")["uptime"]
        # 480 minutes: 98.889 %, 30 %.
        self.assertEqual((credit.amount, credit.booked_amount, dispute.state), (300.0, 100.0, "accepted"))
        self.assertEqual(report._get_latest().revision, 2)
        note = self._bill_at(contract, "2026-07-01").filtered(lambda move: move.move_type == "out_refund")
        self.assertEqual(note.amount_untaxed, 200.0)
        self.assertIn("You are right", report.message_ids.mapped("body")[0])
        self.assertFalse(dispute.activity_ids)

    def test_accepted_with_an_amount_is_given_beside_the_report(self):
        contract, report, dispute = self._get_disputed()
        dispute.write({"answer": "For your trouble", "amount": 25.0})
        with freeze_time("2026-05-12"):
            dispute.action_accept()
        credit = self._credits(contract, "2026-04")["uptime"]
        self.assertEqual(
            (credit.target_amount, credit.adjustment, credit.amount, credit.state), (100.0, 25.0, 125.0, "approved")
        )
        self.assertEqual(credit.adjustment_reason, "For your trouble")
        note = self._bill_at(contract, "2026-06-01").filtered(lambda move: move.move_type == "out_refund")
        self.assertEqual(note.amount_untaxed, 125.0)
        self.assertTrue(report.is_current)

    def test_declined_with_an_answer_leaves_all_as_it_was(self):
        contract, report, dispute = self._get_disputed()
        with self.assertRaisesRegex(UserError, "answer"):
            dispute.action_decline()
        dispute.answer = "The log shows 50 minutes"
        dispute.action_decline()
        self.assertEqual((dispute.state, self._credits(contract, "2026-04")["uptime"].amount), ("declined", 100.0))
        with self.assertRaisesRegex(UserError, "settled"):
            dispute.action_accept()
        with self.assertRaisesRegex(UserError, "stays as it is"):
            dispute.answer = "Another"

    def test_dispute_is_settled_by_its_buttons_only(self):
        _contract, report, dispute = self._get_disputed()
        dispute = dispute.with_user(self.env.user)
        self.assertFalse(dispute.env.su)
        for vals in (
            {"state": "accepted"},
            {"text": "All is well"},
            {"report_id": report.id},
            {"settled_by_id": self.env.uid},
            {"date_settled": "2026-05-10 10:00:00"},
            {"answer": "Yes", "state": "declined"},
        ):
            with self.subTest(vals), self.assertRaisesRegex(AccessError, "buttons Accept and Decline"):
                dispute.write(vals)
        with self.assertRaises(AccessError):
            dispute.create({"text": "Another"})
        dispute.write({"answer": "You are right", "amount": 25.0, "kind": "uptime"})
        self.assertEqual((dispute.state, dispute.answer), ("open", "You are right"))

    def test_refused_where_late_or_empty_or_elsewhere(self):
        _contract, report, _dispute = self._get_disputed()
        other = self._report(self._promise(), "2026-04")
        own = report.with_user(self.user)
        for day, text, line, words in [
            ("2026-05-10", "  ", 0, "sentence"),
            ("2026-05-10", 42, 0, "sentence"),
            ("2026-05-10", ["Down"], 0, "sentence"),
            ("2026-05-10", False, 0, "sentence"),
            ("2026-07-10", "Too late", 0, "until"),
            ("2026-05-10", "Elsewhere", other.line_ids[0].id, "another report"),
        ]:
            with self.subTest(text=text), freeze_time(day), self.assertRaisesRegex(UserError, words):
                own.dispute(text, line)
        draft = self._report(other.contract_id, "2026-05", freeze=False)
        with freeze_time("2026-06-02"), self.assertRaisesRegex(UserError, "is a draft.*once it is frozen"):
            draft.dispute("Too early")
        self._outage("2026-04-11 10:00:00", 50, report.contract_id)
        with freeze_time("2026-05-20"):
            self.assertTrue(report._correct())
            with self.assertRaisesRegex(UserError, "later report .* Dispute that one"):
                own.dispute("Of old figures")

    def test_support_does_not_decide(self):
        _contract, _report, dispute = self._get_disputed()
        agent = new_test_user(
            self.env,
            "sla_agent2",
            "base.group_user,kor_sla.group_kor_support_user",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        with self.assertRaises(AccessError):
            dispute.with_user(agent).action_accept()
