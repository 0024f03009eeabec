from datetime import datetime

from odoo.fields import Command
from odoo.tests import new_test_user


class UptimeCase:
    """Give a test class a tier, two customers with contracts at 99.9 %, and a service for each of them."""

    @classmethod
    def _set_up_uptime(cls, tz="UTC"):
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True, "lang": "en_US"})
        # Services of the company that all contracts rest on would be theirs as well.
        cls.env["kor.sla.service"].search([("for_all", "=", True)]).for_all = False
        cls.tier = cls.env["kor.tier"].create({"name": "Watched", "code": "test_watched", "uptime_target": 99.9})
        cls.product = cls.env["product.product"].create({"name": "Watch", "type": "service"})
        cls.customer = cls._make_customer("Aurora", tz)
        cls.other_customer = cls._make_customer("Borealis", tz)
        cls.contract = cls._make_contract(cls.customer)
        cls.other_contract = cls._make_contract(cls.other_customer)
        cls.service = cls._make_service("api", cls.contract)
        cls.other_service = cls._make_service("portal", cls.other_contract)
        cls.Outage = cls.env["kor.sla.outage"]

    @classmethod
    def _make_customer(cls, name, tz="UTC"):
        values = {"name": name, "is_company": True, "tz": tz, "email": f"{name.lower()}@example.com"}
        return cls.env["res.partner"].create(values)

    @classmethod
    def _make_contract(cls, customer, activate=True, terms=(), **values):
        """Return a contract whose agreement has the given terms in place of what its tier promises."""
        contract = cls.env["kor.contract"].create(
            {
                "partner_id": customer.id,
                "tier_id": cls.tier.id,
                "term": "monthly",
                "date_start": "2025-01-01",
                "line_ids": [Command.create({"product_id": cls.product.id, "name": "Watch", "unit_price": 100})],
                **values,
            }
        )
        cls._agree(contract, {"uptime_target": 99.9, "uptime_calendar_id": False, "tz": False,
                              "maintenance_minutes": 0, "maintenance_notice_hours": 0, **dict(terms)})  # fmt: skip
        if activate:
            contract.action_activate()
        return contract

    @classmethod
    def _agree(cls, contract, terms):
        """Let the agreement of a draft have these terms."""
        agreement = contract.sla_agreement_ids[:1]
        if agreement:
            agreement.write(terms)
        else:
            values = {"contract_id": contract.id, "date_start": contract.date_start, "tier_id": contract.tier_id.id}
            agreement = agreement.create({**values, **terms})
        return agreement

    @classmethod
    def _make_service(cls, code, contracts, **values):
        return cls.env["kor.sla.service"].create(
            {"name": code.title(), "code": f"test_{code}", "contract_ids": [Command.set(contracts.ids)], **values}
        )

    @classmethod
    def _make_monitor(cls, kind="alertmanager", **values):
        monitor = cls.env["kor.sla.monitor"].create(
            {"name": f"Test {kind}", "kind": kind, "service_id": cls.service.id, **values}
        )
        return monitor, monitor._make_key()

    def _outage(self, start, end=False, state="down", **values):
        return self.Outage.create(
            {
                "name": f"{state} from {start}",
                "service_id": self.service.id,
                "state": state,
                "date_start": start,
                "date_end": end,
                **values,
            }
        )

    @classmethod
    def _make_portal_user(cls, customer, login):
        user = new_test_user(cls.env, login, groups="base.group_portal", password=f"{login}-{login}")
        user.partner_id.parent_id = customer
        return user

    @classmethod
    def _make_agent(cls, login="sla_agent", group="kor_sla.group_kor_support_user"):
        return new_test_user(cls.env, login, groups=group, email=f"{login}@example.com")


def at(text):
    """Return the naive UTC datetime of “2026-03-01 10:00” or “… 10:00:00”."""
    return datetime.fromisoformat(text)
