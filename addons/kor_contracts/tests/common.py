from contextlib import contextmanager

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import TransactionCase, freeze_time, new_test_user

TIERS = "kor_enterprise_tiers"
CONTRACTS = "kor_contracts"


class ContractCase(TransactionCase):
    """Bring a tier that includes another, a plan with a charge of each kind, and a customer; no accounting.

    The plan costs 100 of base fee and 10 for each of 5 seats a month, 10 % off the whole; a set-up fee of 500 is due
    once, storage is free up to 10 GB, and training can be chosen.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True, "lang": "en_US"})
        cls.currency = cls.env["res.currency"].create({"name": "TST", "symbol": "T$", "rounding": 0.01})
        cls.seats = cls._create_metric("Seats", "test_seats", "latest")
        cls.storage = cls._create_metric("Storage", "test_storage", "max")
        cls.product = cls.env["product.product"].create({"name": "Test service", "type": "service"})
        cls.customer = cls._create_customer("Harbour & Sons")
        cls.env["kor.clause"].search([]).is_default = False
        cls.clause = cls.env["kor.clause"].create({"name": "Quiet hours", "body": "<p>Nobody calls at night.</p>"})
        cls.tier = cls._create_tiers()
        cls.plan = cls._create_plan()

    @contextmanager
    def assert_refused(self, sentence, error=UserError):
        """Expect a refusal whose message holds the sentence, and undo what was done until then."""
        with self.assertRaises(error) as refusal:
            yield
        self.assertRegex(str(refusal.exception), sentence)

    @classmethod
    def _create_metric(cls, name, code, aggregation):
        return cls.env["kor.metric"].create({"name": name, "code": code, "unit": "unit", "aggregation": aggregation})

    @classmethod
    def _create_customer(cls, name, **values):
        return cls.env["res.partner"].create({"name": name, "is_company": True, "tz": "UTC", **values})

    @classmethod
    def _create_tiers(cls):
        support = cls.env["kor.support.level"].create({"name": "Night", "code": "test_night", "always_open": True})
        features = cls.env["kor.feature"].create(
            [{"name": name, "code": f"test_{name.lower()}", "category": "services"} for name in ("Tea", "Coffee")]
        )
        base, upper = cls.env["kor.tier"].create(
            [
                {
                    "name": "Base camp",
                    "code": "test_base",
                    "feature_ids": [Command.set(features[0].ids)],
                    "limit_ids": [
                        cls._limit(cls.seats, "limited", 10),
                        cls._limit(cls.storage, "limited", 100),
                    ],
                },
                {
                    "name": "Summit",
                    "code": "test_summit",
                    "feature_ids": [Command.set(features[1].ids)],
                    "support_level_id": support.id,
                    "uptime_target": 99.5,
                    "limit_ids": [cls._limit(cls.seats, "limited", 40)],
                },
            ]
        )
        upper.parent_id = base
        return upper

    @classmethod
    def _limit(cls, metric, kind, quantity=0):
        return Command.create({"metric_id": metric.id, "kind": kind, "quantity": quantity})

    @classmethod
    def _get_plan_charges(cls):
        tiers = [Command.create({"up_to": 10}), Command.create({"up_to": 0, "unit_price": 0.25})]
        return [
            {"name": "Base fee", "unit_price": 100},
            {
                "name": "Seats",
                "charge_type": "per_unit",
                "metric_id": cls.seats.id,
                "unit_price": 10,
                "quantity": 5,
                "discount_ids": [Command.create({"name": "Pioneer", "kind": "amount", "value": 5})],
            },
            {
                "name": "Storage",
                "charge_type": "usage",
                "metric_id": cls.storage.id,
                "price_model": "graduated",
                "price_tier_ids": tiers,
            },
            {"name": "Set-up", "charge_type": "one_time", "unit_price": 500},
            {"name": "Training", "unit_price": 30, "optional": True},
        ]

    @classmethod
    def _create_plan(cls, **values):
        return cls.env["kor.plan"].create(
            {
                "name": "Summit annual",
                "tier_id": cls.tier.id,
                "currency_id": cls.currency.id,
                "term": "annual",
                "charge_ids": [
                    Command.create({"product_id": cls.product.id, "sequence": number, **charge})
                    for number, charge in enumerate(cls._get_plan_charges())
                ],
                "discount_ids": [Command.create({"name": "Partner", "value": 10})],
                **values,
            }
        )

    @classmethod
    def _line(cls, **values):
        return Command.create({"product_id": cls.product.id, "name": "Base fee", "unit_price": 100, **values})

    @classmethod
    def _create_contract(cls, *lines, activate=False, **values):
        """Return a contract from 2026 on: on the plan where no lines are given, else by the month."""
        terms = {"plan_id": cls.plan.id}
        if lines:
            terms = {
                "tier_id": cls.tier.id,
                "currency_id": cls.currency.id,
                "term": "monthly",
                "line_ids": [cls._line(**line) for line in lines],
            }
        contract = cls.env["kor.contract"].create(
            {"partner_id": cls.customer.id, "date_start": "2026-01-01", **terms, **values}
        )
        if activate:
            contract.action_activate()
        return contract

    def _draft_ramp(self, *steps, **values):
        """Return a draft with a base fee and five seats, and the steps that are agreed for them."""
        seats = {
            "name": "Seats",
            "charge_type": "per_unit",
            "metric_id": self.seats.id,
            "quantity": 5,
            "unit_price": 10,
        }
        contract = self._create_contract({}, seats, **values)
        lines = {"base": contract.line_ids[0].id, "seats": contract.line_ids[1].id, None: False}
        contract.step_ids = [Command.create({**step, "line_id": lines[step.get("line_id")]}) for step in steps]
        return contract

    def _amend(self, contract, day, *changes):
        amendment = self.env["kor.contract.amendment"].browse(contract.amend(day, list(changes)))
        amendment.action_agree("Ada")
        return amendment

    def _mrr(self, contract, *days):
        return [round(contract.as_of(day)["mrr"], 2) for day in days]

    def _run_cron(self, *moments):
        for moment in moments:
            with freeze_time(moment):
                self.env["kor.contract"]._cron_update_states()

    @classmethod
    def _get_line(cls, contract, name):
        return contract.line_ids.filtered(lambda line: line.name == name)

    @classmethod
    def _create_user(cls, login, group, **values):
        return new_test_user(
            cls.env, login, group if "." in group else f"{CONTRACTS}.group_kor_contract_{group}", **values
        )
