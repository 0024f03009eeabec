from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import KOR, AccountCase


@tagged("post_install", "-at_install")
class TestHealthModel(AccountCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls._make_model(("usage", 60, -50, 0), ("payment", 40, 45, 0))

    @classmethod
    def _make_model(cls, *weights, **values):
        return cls.env["kor.health.model"].create(
            {
                "name": "Own",
                "weight_ids": [
                    Command.create({"component": component, "weight": weight, "worst": worst, "best": best})
                    for component, weight, worst, best in weights
                ],
                **values,
            }
        )

    def test_shipped_models_make_100_and_differ_by_tier(self):
        keys = ("starter", "professional", "enterprise", "standard")
        weights = {
            key: {one.component: one.weight for one in self.env.ref(f"{KOR}.kor_health_model_{key}").weight_ids}
            for key in keys
        }
        self.assertEqual([sum(found.values()) for found in weights.values()], [100, 100, 100, 100])
        self.assertEqual(len({tuple(sorted(found.items())) for found in weights.values()}), 4)

    def test_weights_that_do_not_make_100_are_refused(self):
        table = [
            ([("usage", 60, -50, 0)], "The weights make 60.0 together: they must make 100"),
            ([], "The weights make 0 together: they must make 100"),
            ([("usage", 0, -50, 0), ("sla", 100, 5, 0)], "The weight of Usage trend is 0.0: it must be more than 0"),
            ([("sla", 100, 1, 1)], "The worst and the best reading of SLA breaches are the same"),
        ]
        for weights, sentence in table:
            with self.subTest(sentence=sentence), self.assertRaisesRegex(ValidationError, sentence):
                self._make_model(*weights)

    def test_weights_change_together_but_not_one_alone(self):
        usage, payment = self.model.weight_ids
        self.model.weight_ids = [Command.update(usage.id, {"weight": 30}), Command.update(payment.id, {"weight": 70})]
        self.assertEqual(self.model.weight_total, 100)
        for change in (
            lambda: usage.write({"weight": 50}),
            lambda: payment.unlink(),
            lambda: usage.create({"model_id": self.model.id, "component": "sla", "weight": 5, "best": 1}),
            lambda: self.model.write({"weight_ids": [Command.update(usage.id, {"weight": 31})]}),
        ):
            with self.assertRaisesRegex(ValidationError, "they must make 100"), self.env.cr.savepoint():
                change()

    def test_nobody_gets_around_the_check_by_a_context(self):
        forged = self.model.weight_ids[0].with_context(kor_weights=True)
        with self.assertRaisesRegex(ValidationError, "they must make 100"):
            forged.write({"weight": 1})

    def test_bands_are_in_order(self):
        for values in ({"watch_from": 80}, {"healthy_from": 101}, {"watch_from": 0}, {"least_coverage": 101}):
            with self.subTest(values=values), self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.model.write(values)

    def test_an_account_is_measured_by_its_own_model_its_tier_or_the_one_for_all(self):
        find = self.env["kor.health.model"]._find_models
        shipped = self.env["kor.health.model"].search([]) - self.model
        professional = self.env.ref(f"{KOR}.kor_health_model_professional")
        self.assertEqual(find(self.account), {self.account: professional})
        own = self._make_model(("sla", 100, 5, 0), company_id=self.company.id, tier_ids=[Command.set(self.tier.ids)])
        self.assertEqual(find(self.account), {self.account: own}, "of the company before one for all")
        foreign = self.env["res.company"].create({"name": "Elsewhere"})
        own.company_id = foreign
        self.assertEqual(find(self.account), {self.account: professional})
        self.account.health_model_id = self.model
        self.assertEqual(find(self.account), {self.account: self.model})
        self.account.health_model_id = False
        (shipped | own).active = False
        self.assertEqual(find(self.account), {self.account: self.model}, "for all tiers")
        self.model.active = False
        self.assertEqual(find(self.account), {})
