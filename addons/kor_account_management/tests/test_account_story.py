from datetime import date, datetime, time, timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged
from odoo.tools import SQL

from odoo.addons.kor_billing.tests.common import KorBillingCommon
from odoo.addons.kor_contracts.models import kor_pdf

from .common import KOR

USE = {"users": 18, "api_calls": 1000, "storage": 500, "components": 8}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
CUSTOMER, MANAGER = "story_account_customer", "story_account_manager"
SIGNED, TERM_END, NOTICE = date(2026, 1, 5), date(2027, 1, 4), date(2026, 12, 5)
FIRST_USE, WELL, AT_RISK, FULL = date(2026, 2, 3), date(2026, 9, 21), date(2026, 10, 19), date(2026, 11, 10)


@tagged("post_install", "-at_install")
class TestAccountStory(KorBillingCommon, HttpCase):
    """A customer from the signature to the go-live, into danger, and to more than was sold at first.

    The contract: Enterprise for a year from 5 January 2026, 1,000 a month and 20 users at 10: (1,000 + 200) × 12 =
    14,400 a year. The term ends on 4 January 2027, notice is 30 days before: 5 December 2026.

    Weights of Enterprise that become known: usage 20, adoption 15, onboarding 10, contact 10. Nothing is promised to a
    ticket, due or asked, so that support 10, SLA 15, payment 10 and satisfaction 10 stay unknown.

     3 February  the first use, 26 + 3 = 29 days after the signature. Four weeks of adoption are over, eight of usage
                 are not: 15 + 10 + 10 = 35 % are known, each at its best: 35 ÷ 35 = 100
    21 September as much use as four weeks ago: 20 + 15 + 10 + 10 = 55 % are known, at their best: 100
                 renewal 5 + 93 × 100 % = 98 %, 14,400 × 98 % = 14,112: commit
    19 October   calls −100 %, users 18 → 9 −50 %, storage 0 %, of components nothing is reported any more:
                 (−100 − 50 + 0) ÷ 3 = −50 %, which is the worst: 0 of 20
                 2 of 4 bought things are used, 50 %: (50 − 20) ÷ (80 − 20) = 50 % of 15 = 7.5
                 the last contact is 26 days ago, 45 is worst and 7 best: (45 − 26) ÷ 38 = 50 % of 10 = 5
                 (0 + 7.5 + 10 + 5) ÷ 55 = 40.9091, below 45: at risk
                 renewal 5 + 93 × 40.9091 % = 43.0455 %, 14,400 × 43.0455 % = 6,198.55: at risk
                 47 days before the notice, which is within 60: a task, due 30 days before the notice, 5 November
    26 October   another year is agreed: 100 %, commit
    10 November  22 users where 20 are held: 2 more × 10 × 12 = 240 a year
    """

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.env.ref(f"{KOR}.group_kor_account_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "UTC"
        cls.company.kor_onboarding_auto = False
        # The story is older than this database: what is set up in it is there from the beginning.
        cls.env.cr.execute(SQL("UPDATE kor_playbook SET create_date = '2026-01-01'"))
        cls.tier = cls.env.ref("kor_enterprise_tiers.tier_enterprise")
        cls.own = {"company_id": cls.company.id, "company_ids": [Command.set(cls.company.ids)], "tz": "UTC"}
        staff = f"base.group_user,{KOR}.group_kor_account_user,kor_onboarding.group_kor_onboarding_user"
        cls.manager = new_test_user(cls.env, MANAGER, staff, name="Mara", email="mara@example.com", **cls.own)
        person = {"name": "Ada", "parent_id": cls.customer.id, "email": "ada@aurora.example"}
        person = cls.env["res.partner"].create(person)
        cls.buyer = new_test_user(cls.env, CUSTOMER, "base.group_portal", partner_id=person.id, name="Ada", **cls.own)
        charges = (
            {"name": "Base fee", "unit_price": 1000},
            {"name": "Users", "charge_type": "per_unit", "metric_id": cls.users.id, "unit_price": 10, "quantity": 20},
        )
        cls.plan = cls.env["kor.plan"].create(
            {
                "name": "Enterprise annual",
                "tier_id": cls.tier.id,
                "currency_id": cls.currency.id,
                "company_id": cls.company.id,
                "term": "annual",
                "charge_ids": [Command.create({"product_id": cls.product.id, **charge}) for charge in charges],
            }
        )
        if not kor_pdf.weasyprint:
            cls.startClassPatcher(patch.object(type(cls.env["kor.pdf"]), "_render", lambda self, html: b"%PDF-1.4"))

    def test_from_the_signature_to_the_upsell_in_the_browser(self):
        self._sign_the_proposal()
        self._onboard_and_sign_off()
        self._go_live()
        self._be_well()
        self._fall_into_danger()
        self._see_it_on_the_screen()
        self._wait_a_day()
        self._agree_on_another_year()
        self._ask_for_more()

    def _tour(self, day, url, name, login):
        with freeze_time(f"{day} 09:00:00"):
            self.start_tour(url, name, login=login, timeout=120)
        self.env.invalidate_all()

    def _run_jobs(self, day):
        """Run the daily jobs of a day in their order, twice, and both screens' buttons: nothing is there twice."""
        for _number in range(2):
            with freeze_time(f"{day} 05:00:00"), self.enter_registry_test_mode():
                self.env.flush_all()
                for name in (
                    "kor_onboarding.ir_cron_kor_onboarding_follow",
                    f"{KOR}.ir_cron_kor_health",
                    f"{KOR}.ir_cron_kor_follow",
                ):
                    self.env.ref(name).method_direct_trigger()
                self.env.invalidate_all()
        before = self._count()
        with freeze_time(f"{day} 06:00:00"):
            self.account.action_measure_health()
            self.account.action_look_for_signals()
            self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self._count(), before)

    def _count(self):
        """Return how much of each kind the jobs have made."""
        account = self.account
        return {
            "snapshots": len(account.snapshot_ids),
            "signals": len(account.signal_ids),
            "starts": len(account.signal_ids.run_ids),
            "renewals": len(account.renewal_ids),
            "activities": len(account.activity_ids | account.renewal_ids.activity_ids),
        }

    def _use(self, since, until, **quantities):
        """Report the use of each day, both included, at one in the morning."""
        days = [since + timedelta(days=number) for number in range((until - since).days + 1)]
        events = [
            {
                "id": f"story-{metric}-{day}",
                "contract": self.contract.name,
                "metric": metric,
                "time": datetime.combine(day, time(1)).isoformat() + "Z",
                "quantity": quantity,
            }
            for day in days
            for metric, quantity in quantities.items()
        ]
        with freeze_time(f"{until} 02:00:00"):
            outcome = self.env["kor.usage.event"].sudo().ingest(events)
        self.assertEqual((outcome["accepted"], outcome["rejected"]), (len(events), []))

    def _call_the_customer(self, day):
        """Note a call with the customer as done."""
        with freeze_time(f"{day} 10:00:00"):
            self.account.with_user(self.manager).activity_schedule(
                "mail.mail_activity_data_call", summary="How is it going?", user_id=self.manager.id
            ).action_feedback(feedback="They are content.")
            self.env.flush_all()

    def _sign_the_proposal(self):
        with freeze_time(f"{SIGNED} 08:00:00"):
            lead = self.env["crm.lead"].create(
                {
                    "name": "Aurora wants Enterprise",
                    "type": "opportunity",
                    "partner_id": self.customer.id,
                    "kor_plan_id": self.plan.id,
                    "kor_users": 20,
                    "kor_term_months": 12,
                    "kor_date_start": SIGNED,
                }
            )
            order = self.env["sale.order"].browse(lead.generate_proposal())
            order.action_quotation_sent()
            self.authenticate(CUSTOMER, CUSTOMER)
            values = {"name": "Ada", "signature": PNG}
            answer = self.make_jsonrpc_request(f"/my/orders/{order.id}/accept", values, timeout=60)
        self.assertTrue(answer.get("force_refresh"), answer)
        self.env.invalidate_all()
        self.contract = order.kor_contract_id
        self.assertEqual((self.contract.state, self.contract.tier_id, self.contract.arr), ("active", self.tier, 14400))
        self.assertEqual((self.contract.date_end, self.contract.date_notice), (TERM_END, NOTICE))
        self.account = self.env["kor.account"].search([("partner_id", "=", self.customer.id)])
        self.account.user_id = self.manager
        self.assertEqual((self.account.mrr, self.contract.account_manager_id), (1200, self.manager))
        # What adoption is measured by.
        self.assertEqual(
            sorted(self.contract.limit_ids.metric_id.mapped("code")), ["api_calls", "components", "storage", "users"]
        )

    def _onboard_and_sign_off(self):
        with freeze_time("2026-01-05 10:00:00"):
            onboardings = self.env["kor.onboarding"].with_user(self.manager)
            self.onboarding = onboardings.browse(self.contract.with_user(self.manager).start_onboarding())
        self.assertEqual(self.onboarding.template_id, self.env.ref("kor_onboarding.template_enterprise"))
        self.assertEqual(
            self.onboarding.step_ids.mapped("kind"),
            ["account_setup", "configuration", "training", "integration", "go_live"],
        )
        with freeze_time("2026-01-07 10:00:00"):
            self._finish("Kick-off meeting", "Create the accounts for test and production")
        self._tour("2026-01-08", "/my", "kor_account_story_tick", CUSTOMER)
        ticked = self._tasks("Agree on the plan", "Send us the list of your users")
        self.assertEqual(set(ticked.mapped("kor_date_done")), {date(2026, 1, 8)})
        with freeze_time("2026-01-23 10:00:00"):
            for kind in ("account_setup", "configuration", "training", "integration"):
                self.assertEqual(self.onboarding.complete_step(kind)["status"], "sign")
        self._tour("2026-01-26", "/my", "kor_account_story_sign", CUSTOMER)
        signed = self.onboarding.step_ids.filtered("signed_by")
        self.assertEqual(len(signed), 4)
        self.assertEqual(
            (set(signed.mapped("status")), set(signed.mapped("signed_how")), set(signed.mapped("signed_by"))),
            ({"done"}, {"portal"}, {"Ada"}),
        )

    def _tasks(self, *names):
        tasks = self.onboarding.task_ids.filtered(lambda task: task.name in names)
        self.assertEqual(len(tasks), len(names))
        return tasks

    def _finish(self, *names):
        self._tasks(*names).write({"state": "1_done"})
        self.env.flush_all()

    def _go_live(self):
        with freeze_time("2026-02-02 10:00:00"):
            self._finish("Rehearse the go-live", "Go-live")
        self._call_the_customer("2026-02-02")
        self.assertEqual(self.onboarding.date_go_live, date(2026, 2, 2))
        self.assertFalse(self.account.snapshot_ids)
        self._use(FIRST_USE, FIRST_USE, **USE)
        self._run_jobs(FIRST_USE)
        status = self.onboarding.status()
        self.assertEqual((status["date_first_use"], status["time_to_value"]), (str(FIRST_USE), 29))
        self.assertTrue(self._tasks("See the first use").kor_date_done)
        self._check_health(100, 35, "healthy")
        with freeze_time("2026-02-16 10:00:00"):
            self._finish("Support at your side", "Review with your management")
        self._tour("2026-02-16", "/my", "kor_account_story_finish", CUSTOMER)
        self.assertEqual(self.onboarding.state, "done")

    def _check_health(self, score, coverage, band):
        account = self.account
        self.assertEqual(
            (round(account.health_score, 4), round(account.health_coverage, 4), account.health_band),
            (score, coverage, band),
        )
        # The tasks of the onboarding are no tickets.
        self.assertFalse(account.ticket_count)

    def _check_renewal(self, probability, weighted, category):
        renewal = self.account.renewal_ids
        self.assertEqual((renewal.date, renewal.arr, renewal.state), (TERM_END, 14400, "open"))
        self.assertEqual(
            (round(renewal.expected, 4), round(renewal.weighted, 2), renewal.category),
            (probability, weighted, category),
        )

    def _be_well(self):
        self._use(date(2026, 7, 27), WELL - timedelta(days=1), **USE)
        self._call_the_customer("2026-09-14")
        self._run_jobs(WELL)
        self._check_health(100, 55, "healthy")
        self._check_renewal(98, 14112, "commit")
        self.assertFalse(self.account.signal_ids.filtered(lambda signal: not signal.is_upsell))

    def _fall_into_danger(self):
        self._call_the_customer("2026-09-23")
        self._use(WELL, AT_RISK - timedelta(days=1), users=9, storage=500)
        self._run_jobs(AT_RISK)
        self._check_health(40.9091, 55, "at_risk")
        self._check_renewal(43.0455, 6198.55, "at_risk")
        lasting = self.account.signal_ids.filtered(lambda signal: not signal.date_over)
        self.assertEqual(sorted(lasting.mapped("kind")), ["at_risk", "renewal_due", "usage_falls"])
        self.assertEqual(len(lasting.run_ids), 3)
        tasks = self.account.activity_ids.filtered(
            lambda activity: activity.summary in ("Call the sponsor", "Look at the score again")
        )
        # Three and thirty days from the start.
        self.assertEqual(
            {task.summary: (task.date_deadline, task.user_id) for task in tasks},
            {
                "Call the sponsor": (date(2026, 10, 22), self.manager),
                "Look at the score again": (date(2026, 11, 18), self.manager),
            },
        )
        talk = self.account.renewal_ids.activity_ids
        self.assertEqual((len(talk), talk.date_deadline, talk.user_id), (1, date(2026, 11, 5), self.manager))

    def _see_it_on_the_screen(self):
        self._tour(AT_RISK, "/odoo/kor-accounts", "kor_account_story_risk", MANAGER)

    def _wait_a_day(self):
        """Expect the next day to bring a snapshot, and nothing that is there already."""
        before = self._count()
        self._run_jobs(AT_RISK + timedelta(days=1))
        self.assertEqual(self._count(), {**before, "snapshots": before["snapshots"] + 1})

    def _agree_on_another_year(self):
        """Renew as the sponsor agreed to in the call: the forecast is sure of it, the signal is over."""
        day = AT_RISK + timedelta(days=7)
        with freeze_time(f"{day} 10:00:00"):
            self.contract.renew(str(TERM_END + timedelta(days=365)), agreed_by="Ada")
            self.account.action_look_for_signals()
            self.env.flush_all()
        self._check_renewal(100, 14400, "commit")
        self.assertEqual(self.account.renewal_ids.basis, "agreed")
        due = self.account.signal_ids.filtered(lambda signal: signal.kind == "renewal_due")
        self.assertEqual((len(due), due.state), (1, "over"))

    def _ask_for_more(self):
        self._use(AT_RISK, FULL - timedelta(days=1), **{**USE, "users": 22})
        self._run_jobs(FULL)
        signals = self.account.with_user(self.manager).signal_ids
        signal = signals.filtered(lambda one: one.kind == "seats_full" and one.state == "new")
        self.assertEqual((len(signal), signal.amount, signal.explanation["extra"]), (1, 240, 2))
        self._tour(FULL, "/odoo/kor-account-signals", "kor_account_story_upsell", MANAGER)
        lead = signal.lead_id
        self.assertEqual((signal.state, lead.partner_id, lead.user_id), ("converted", self.customer, self.manager))
        self.assertEqual((lead.expected_revenue, lead.kor_users, lead.kor_plan_id), (240, 22, self.plan))
        with self.assertRaisesRegex(UserError, "is an opportunity already"):
            signal.action_convert()
        self._run_jobs(FULL + timedelta(days=1))
        signals = self.account.with_user(self.manager).signal_ids
        self.assertEqual(signals.lead_id, lead)
        self.assertEqual(signals.filtered(lambda one: one.kind == "seats_full"), signal)
