from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.kor_integrations.engine.retry import judge
from odoo.addons.kor_integrations.tools.webhook_sender import Message, Sent

from .webhook_common import WebhookCase


@tagged("post_install", "-at_install")
class TestWebhookEvents(WebhookCase):
    """What happens in the other rooms is noted for webhooks, as the catalogue says."""

    def setUp(self):
        super().setUp()
        self.webhook = self._create_webhook()
        self.events = self.env["kor.event"].search([])

    def _get_new(self):
        """Return [(code, event)] of what has happened since it was asked last, each as the catalogue shows it."""
        found = self.env["kor.event"].search([("contract_id", "=", self.contract.id)], order="id") - self.events
        self.events |= found
        for event in found:
            example = event.type_id.example
            self.assertEqual(set(event.data), {"contract", *example} - {"subject"}, event.type_id.code)
            self.assertEqual(event.subject.split("/")[0], example["subject"].split("/")[0])
            self.assertEqual(event.delivery_ids.integration_id, self.webhook)
        return [(event.type_id.code, event) for event in found]

    def _get_codes(self):
        return [code for code, _event in self._get_new()]

    def _invoice(self, month="01", last=31):
        ids = self.contract.generate_invoice(f"2026-{month}-01", f"2026-{month}-{last}")
        moves = self.env["account.move"].browse(ids)
        moves.filtered(lambda move: move.state == "draft")._post()
        return moves

    def test_invoice_is_told_when_it_is_posted_and_once_when_it_is_paid(self):
        move = self._invoice()
        ((code, event),) = self._get_new()
        self.assertEqual(code, "invoice.posted")
        self.assertEqual(event.subject, f"invoices/{move.id}")
        self.assertEqual((event.data["number"], event.data["amount_total"]), (move.name, move.amount_total))
        register = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=move.ids)
        register.create({})._create_payments()
        self.assertEqual(self._get_codes(), ["invoice.paid"])
        move._invoice_paid_hook()
        self.assertFalse(self._get_codes())

    def test_what_is_taken_back_was_never_said(self):
        with self.assertRaisesRegex(RuntimeError, "stop"), self.env.cr.savepoint():
            self._invoice()
            self.assertEqual(self._get_codes(), ["invoice.posted"])
            raise RuntimeError("stop")
        self.events = self.events.exists()
        self.assertFalse(self.env["kor.webhook.delivery"].search([("integration_id", "=", self.webhook.id)]))

    def test_payments_are_told_and_our_own_errors_are_not(self):
        move = self._invoice()
        self._get_new()
        attempts = self.env["kor.payment.attempt"].sudo()
        for number, (state, code, said) in enumerate(
            [
                ("declined", "payment.failed", "No money"),
                ("error", "payment.failed", ""),
                ("done", "payment.succeeded", ""),
            ]
        ):
            with self.subTest(state):
                attempt = attempts.create(
                    {
                        "move_id": move.id,
                        "number": number + 1,
                        "day": "2026-02-01",
                        "amount": 10,
                        "currency_id": move.currency_id.id,
                    }
                )
                attempt._close(state, "No money")
                ((told, event),) = self._get_new()
                self.assertEqual((told, event.data["message"]), (code, said))

    def test_use_that_passes_a_threshold_is_told(self):
        values = {
            "contract_id": self.contract.id,
            "metric_id": self.env["kor.metric"].search([], limit=1).id,
            "period_start": "2026-03-01",
            "period_end": "2026-03-31",
            "quantity": 100,
            "day": "2026-03-10",
        }
        alerts = self.env["kor.usage.alert"].create(
            [{**values, "threshold": 80, "used": 101}, {**values, "threshold": 100, "used": 101}]
        )
        alerts._tell()
        self.assertEqual([event.data["threshold"] for _code, event in self._get_new()], [80, 100])

    def test_life_of_a_contract_is_told(self):
        fresh = self._create_contract(self.customer)
        self.assertFalse(self._get_codes())
        for changes, codes in (
            ([{"kind": "pause"}], ["contract.paused", "contract.amended"]),
            ([{"kind": "resume"}], ["contract.resumed", "contract.amended"]),
        ):
            amendment_id = self.contract.amend(str(fields.Date.today()), changes)
            self.env["kor.contract.amendment"].browse(amendment_id).action_agree("Ada")
            self.assertEqual(self._get_codes(), codes)
        self.contract._renew_itself(self.contract.date_end + timedelta(days=365))
        self.assertEqual(self._get_codes(), ["contract.renewed"])
        self.contract.action_cancel()
        self.assertIn("contract.ended", self._get_codes())
        self.assertEqual(fresh.state, "active")

    def test_looking_at_an_amendment_tells_nobody(self):
        amendment_id = self.contract.amend(str(fields.Date.today()), [{"kind": "pause"}])
        self.env["kor.contract.amendment"].browse(amendment_id).preview()
        self.assertFalse(self._get_codes())

    def test_tickets_and_missed_times_are_told(self):
        ticket = self.env["project.task"].create({"name": "Logins fail", "kor_contract_id": self.contract.id})
        self.assertEqual(self._get_codes(), ["ticket.opened"])
        clock = ticket.sla_clock_ids[:1]
        clock.write({"state": "breached", "date_breached": "2026-03-01 09:15:30"})
        ((code, event),) = self._get_new()
        self.assertEqual((code, event.data["date_breached"]), ("sla.breached", "2026-03-01T09:15:30Z"))
        clock.write({"state": "breached"})
        self.assertFalse(self._get_codes())
        ticket.resolve_ticket()
        self.assertIn("ticket.resolved", self._get_codes())

    def test_outages_are_told_to_whom_they_touch(self):
        service = self.env["kor.sla.service"].create({"name": "Platform", "code": "wh_platform", "for_all": True})
        outages = self.env["kor.sla.outage"]
        outage = outages.create({"name": "Down", "service_id": service.id})
        self.assertEqual(self._get_codes(), ["outage.started"])
        outage.action_close()
        ((code, event),) = self._get_new()
        self.assertEqual((code, event.data["service"]), ("outage.ended", "Platform"))
        now = fields.Datetime.now()
        other = self._create_contract(self._create_customer("Elsewhere"))
        for values in (
            {"state": "maintenance"},
            {"contract_ids": other.ids},
            {"date_start": now - timedelta(days=9), "date_end": now - timedelta(days=8)},
        ):
            with self.subTest(values):
                outages.create({"name": "Not theirs", "service_id": service.id, **values})
                self.assertFalse(self._get_codes())

    def test_reports_and_credits_are_told(self):
        days = {"month": "2026-02-01", "date_from": "2026-02-01", "date_to": "2026-02-28"}
        report = self.env["kor.sla.report"].create({"name": "February", "contract_id": self.contract.id, **days})
        report._write_engine({"state": "frozen"})
        self.assertEqual(self._get_codes(), ["sla.report_published"])
        credit = self.env["kor.sla.credit"].create(
            {"contract_id": self.contract.id, "month": "2026-02-01", "kind": "uptime", "target_amount": 25}
        )
        credit._approve()
        ((code, event),) = self._get_new()
        self.assertEqual((code, event.data["amount"]), ("service_credit.granted", 25))
        credit._approve()
        self.assertFalse(self._get_codes())

    def test_steps_and_go_live_are_told(self):
        self.contract.start_onboarding()
        onboarding = self.env["kor.onboarding"].search([("contract_id", "=", self.contract.id)])
        self._get_new()
        onboarding.step_ids[0]._write_facts({"status": "done", "date_done": "2026-03-12"})
        self.assertEqual(self._get_codes(), ["onboarding.step_done"])
        onboarding._go_live(fields.Date.to_date("2026-03-20"))
        self.assertIn("onboarding.went_live", self._get_codes())

    def test_failing_integration_is_told_to_the_others(self):
        self.receiver.answer = lambda *_request: (500, {}, b"")
        other = self._create_webhook(events=["integration.failing"])
        other._count({other.id: (0, 5)}, {other.id: "No answer"})
        self.assertEqual(other.state, "failing")
        ((code, event),) = self._get_new()
        self.assertEqual((code, event.data["error"]), ("integration.failing", "No answer"))

    def test_catalogue_shows_whole_messages(self):
        types = self.env["kor.event.type"].search([])
        self.assertGreaterEqual(len(types), 22)
        for one in types:
            with self.subTest(one.code):
                example = one._get_example()
                self.assertEqual(example["type"], f"com.kor.{one.code}.v1")
                self.assertTrue(example["subject"] and len(example["data"]) > 1 and one.description)

    def test_outbox_costs_the_same_for_any_number_and_nothing_where_nobody_listens(self):
        events, silent = self.env["kor.event"], self._create_contract(self._create_customer("Silent"))
        for count in (1, 100):
            facts = {self.contract: [(self.contract, {"number": n}) for n in range(count)]}
            events._emit("contract.amended", facts)
            self.env.flush_all()
            # Two for the outbox, and two to wake the job as the transaction ends.
            with self.subTest(count), self.assertQueryCount(4):
                events._emit("contract.amended", facts)
        with self.assertQueryCount(0):
            events._emit("contract.amended", {silent: [(silent, {})] * 100})
        self.webhook.manage_integration("retire")
        events._is_heard("contract.amended")
        with self.assertQueryCount(0):
            events._emit("contract.amended", facts)

    def test_results_are_written_in_one_query(self):
        deliveries = self._emit(100)
        messages = [Message(one.id, self.webhook.id, one.key, 0, "", b"", ()) for one in deliveries]
        sent = [Sent(message, 200 if message.id % 2 else 500, 7) for message in messages]
        outcomes = [judge(1, one.status) for one in sent]
        self.env.flush_all()
        with self.assertQueryCount(1):
            self.env["kor.webhook.delivery"]._write_results(sent, outcomes)
        self.assertEqual({one.id % 2 for one in deliveries if one.state == "delivered"}, {1})
        self.assertEqual(set(deliveries.mapped("attempts")), {1})
