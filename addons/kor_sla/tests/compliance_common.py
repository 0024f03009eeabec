from datetime import timedelta
from decimal import Decimal

from odoo import fields
from odoo.fields import Command
from odoo.tests import freeze_time

from odoo.addons.kor_billing.tests.common import KorBillingCommon

MINUTE = timedelta(minutes=1)
# An invoice of 1,000 a month; uptime below 99.9 % gives 10 %, below 99 % 30 %, below 95 % all of it.
BANDS = ((99, 99.9, 10), (95, 99, 30), (0, 95, 100))


class ComplianceCase(KorBillingCommon):
    """Bring a tier with promises, contracts that are billed by months, outages and decided clocks of tickets."""

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.env.ref("kor_sla.group_kor_support_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gold = cls.env["kor.tier"].create({"name": "Gold", "code": "gold_sla", "uptime_target": 99.9})
        cls.policy = cls.env["kor.sla.policy"].create(
            {
                "name": "Gold",
                "tier_id": cls.gold.id,
                "uptime_target": 99.9,
                "penalty_cap": 50,
                "response_credit": 5,
                "resolution_credit": 20,
                "dispute_days": 30,
                "target_ids": [
                    Command.create({"priority": "3", "response_minutes": 60, "resolution_minutes": 480}),
                    Command.create({"priority": "1", "response_minutes": 240}),
                ],
                "band_ids": [
                    Command.create({"starts_at": start, "below": below, "credit": credit})
                    for start, below, credit in BANDS
                ],
            }
        )
        cls.service = cls.env["kor.sla.service"].create(
            {"name": "Platform", "code": "platform_sla", "company_id": cls.company.id}
        )
        # As the job that makes them: nobody has the right to write reports.
        cls.reports = cls.env["kor.sla.report"].sudo()

    @classmethod
    def _promise(cls, *lines, terms=None, activate=True, **values):
        """Return a contract of 1,000 a month in advance from 1 January 2026 on, with terms in place of the policy's."""
        with freeze_time("2026-01-01"):
            contract = cls._make_contract(
                *(lines or ({"unit_price": 1000.0},)), activate=False, **{"tier_id": cls.gold.id, **values}
            )
            contract.sla_agreement_ids.write(terms or {})
            cls.service.contract_ids += contract
            if activate:
                contract.action_activate()
        return contract

    @classmethod
    def _outage(cls, start, minutes, contracts=None, **values):
        """Return an outage of all that rests on the service, or of contracts."""
        start = fields.Datetime.to_datetime(start)
        return cls.env["kor.sla.outage"].create(
            {
                "name": "Sign-in fails",
                "service_id": cls.service.id,
                "date_start": start,
                "date_end": start + minutes * MINUTE,
                "contract_ids": [Command.set(contracts.ids if contracts else [])],
                **values,
            }
        )

    @classmethod
    def _clock(cls, contract, kind, day, used, target=60, priority="3"):
        """Return a decided clock of a new ticket: late where it used more than its target."""
        stop = fields.Datetime.to_datetime(f"{day} 12:00:00")
        late = used > target
        deadline = stop - (used - target) * MINUTE
        project = cls.env["project.project"].sudo().create({"name": "Support"})
        task = cls.env["project.task"].sudo().create({"name": f"Ticket of {day}", "project_id": project.id})
        return (
            cls.env["kor.sla.clock"]
            .sudo()
            .create(
                {
                    "task_id": task.id,
                    "contract_id": contract.id,
                    "agreement_id": contract.sla_agreement_ids[-1:].id,
                    "kind": kind,
                    "number": 1,
                    "priority": priority,
                    "target_minutes": target,
                    "date_start": stop - used * MINUTE,
                    "deadline": deadline,
                    "date_stop": stop,
                    "used_seconds": used * 60,
                    "state": "breached" if late else "met",
                    "date_breached": deadline if late else False,
                }
            )
        )

    def _bill_at(self, contract, day):
        """Bill all that is due on a day, as a run does; return the new documents."""
        before = self._documents(contract)
        with freeze_time(day):
            run = self.env["kor.billing.run"].create({"company_id": self.company.id, "contract_ids": contract.ids})
            run._start()
            while run._work():
                pass
        self.assertFalse(any(contract.mapped("billing_error")))
        return self._documents(contract) - before

    def _documents(self, contract):
        return self.env["account.move"].search([("kor_contract_id", "in", contract.ids)])

    def _report(self, contract, month, day=None, freeze=True):
        """Return the report of a month, made in the first days of the next one."""
        first = fields.Date.to_date(f"{month}-01")
        day = day or fields.Date.end_of(first, "month") + timedelta(days=4)
        with freeze_time(day):
            report = self.reports._make(contract, first)
            if freeze:
                report._freeze()
        return report

    def _credits(self, contract, month):
        """Return the credits of a month by kind."""
        found = self.env["kor.sla.credit"].search([("contract_id", "=", contract.id), ("month", "=", f"{month}-01")])
        return {credit.kind: credit for credit in found}

    def _amounts_by_kind(self, contract, month):
        return {kind: credit.amount for kind, credit in self._credits(contract, month).items() if credit.amount}

    def assertBalanced(self, moves):
        for move in moves:
            self.assertEqual(Decimal(str(round(sum(move.line_ids.mapped("balance")), 2))), 0, move.name)
