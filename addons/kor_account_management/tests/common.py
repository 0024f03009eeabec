from datetime import datetime, time, timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tools import SQL

from odoo.addons.kor_billing.tests.common import KorBillingCommon

KOR = "kor_account_management"


class AccountCase(KorBillingCommon):
    """A customer with a contract of the Professional tier that has run for 200 days, and ways to note facts."""

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.env.ref(f"{KOR}.group_kor_account_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "UTC"
        cls.today = fields.Date.today()
        cls.first_day = cls.today - timedelta(days=200)
        cls.calls = cls.env.ref("kor_enterprise_tiers.metric_api_calls")
        cls.storage = cls.env.ref("kor_enterprise_tiers.metric_storage")
        cls.contract = cls._make_contract(date_start=cls.first_day)
        cls.account = cls._get_account(cls.customer)

    @classmethod
    def _get_account(cls, partner, company=None):
        domain = [("partner_id", "=", partner.id), ("company_id", "=", (company or cls.company).id)]
        return cls.env["kor.account"].with_context(active_test=False).search(domain)

    @classmethod
    def _ago(cls, days, hour=0):
        return datetime.combine(cls.today - timedelta(days=days), time(hour))

    @classmethod
    def _use(cls, metric, since, until, quantity, contract=None):
        """Report a quantity on each day from `since` days ago to before `until` days ago."""
        contract = contract or cls.contract
        cls.env["kor.usage.rollup"].sudo().create(
            [
                {
                    "contract_id": contract.id,
                    "partner_id": contract.partner_id.id,
                    "company_id": contract.company_id.id,
                    "metric_id": metric.id,
                    "day": cls.today - timedelta(days=number),
                    "total": quantity,
                    "highest": quantity,
                    "latest": quantity,
                    "events": 1,
                    "readings": 0,
                    "first_second": 0,
                    "latest_second": 0,
                    "area": 0,
                }
                for number in range(since, until, -1)
            ]
        )

    @classmethod
    def _make_ticket(cls, days=1, contract=None, **values):
        """Open a ticket some days ago."""
        task = (
            cls.env["project.task"]
            .sudo()
            .create({"name": "It stands still", "kor_contract_id": (contract or cls.contract).id, **values})
        )
        cls.env.flush_all()
        cls.env.cr.execute(SQL("UPDATE project_task SET create_date = %s WHERE id = %s", cls._ago(days), task.id))
        task.invalidate_recordset(["create_date"])
        return task

    @classmethod
    def _make_clocks(cls, task, *clocks):
        """Note promised times of a ticket in place of those that there are: (days ago, missed or not)."""
        contract = task.kor_contract_id
        agreement = contract.sla_agreement_ids[:1] or cls.env["kor.sla.agreement"].sudo().create(
            {"contract_id": contract.id, "date_start": contract.date_start}
        )
        cls.env.flush_all()
        cls.env.cr.execute(SQL("DELETE FROM kor_sla_clock WHERE contract_id = %s", contract.id))
        for number, (days, is_missed) in enumerate(clocks, 1):
            moment = cls._ago(days)
            cls.env.cr.execute(
                SQL(
                    """
                    INSERT INTO kor_sla_clock (task_id, contract_id, agreement_id, partner_id, company_id, kind, number,
                                               priority, target_minutes, date_start, state, date_breached)
                    VALUES (%s, %s, %s, %s, %s, 'resolution', %s, '1', 60, %s, %s, %s)
                    """,
                    task.id,
                    contract.id,
                    agreement.id,
                    contract.partner_id.id,
                    contract.company_id.id,
                    number,
                    moment,
                    "breached" if is_missed else "met",
                    moment if is_missed else None,
                )
            )
        cls.env["kor.sla.clock"].invalidate_model()

    @classmethod
    def _start_onboarding(cls, contract):
        """Return an onboarding of a contract without a project: what counts here is its state."""
        template = cls.env.ref("kor_onboarding.template_professional")
        values = {"name": contract.name, "contract_id": contract.id, "template_id": template.id}
        onboardings_sudo = cls.env["kor.onboarding"].sudo()
        return onboardings_sudo.create({**values, "date_signed": contract.date_start})

    def _invoice(self, amount, due_days, paid_days=None, **values):
        """Return an invoice that was due some days ago; paid some days ago, or still open."""
        due = self.today - timedelta(days=due_days)
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": due,
                "invoice_date_due": due,
                "invoice_payment_term_id": False,
                "invoice_line_ids": [
                    Command.create({"product_id": self.product.id, "price_unit": amount, "tax_ids": [Command.clear()]})
                ],
                **values,
            }
        )
        invoice.action_post()
        if paid_days is not None:
            self._pay(invoice, paid_days)
        return invoice

    def _pay(self, invoice, days, amount=None):
        wizard = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids)
        values = {"payment_date": self.today - timedelta(days=days)}
        wizard.create({**values, **({"amount": amount} if amount else {})})._create_payments()

    @classmethod
    def _rate(cls, task, stars, days=1):
        rating = (
            cls.env["rating.rating"]
            .sudo()
            .create(
                {
                    "res_model_id": cls.env["ir.model"]._get_id("project.task"),
                    "res_id": task.id,
                    "rating": stars,
                    "consumed": True,
                    "partner_id": cls.customer.id,
                }
            )
        )
        cls.env.flush_all()
        cls.env.cr.execute(SQL("UPDATE rating_rating SET rated_on = %s WHERE id = %s", cls._ago(days), rating.id))

    def _read(self, component, account=None):
        """Return the reading and the facts of a component, or None where it is not known."""
        account = account or self.account
        self.env.flush_all()
        return getattr(account, f"_read_{component}")(self.today).get(account.id)

    def _set_contact(self, moment):
        self.env.flush_all()
        self.env.cr.execute(SQL("UPDATE kor_account SET date_contact = %s WHERE id = %s", moment, self.account.id))
        self.account.invalidate_recordset()
