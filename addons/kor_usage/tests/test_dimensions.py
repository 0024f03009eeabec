import json

from odoo.tests import TransactionCase, freeze_time, tagged

from ..engine.dimensions import describe
from .common import NOW, UsageCase

MIXED, NONE = "region: eu, seats: 5, trial: true", "not named"


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestUsageDimensions(UsageCase, TransactionCase):
    """Use that is kept apart by properties is shown in words."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_usage()
        cls.calls.dimension_keys = "region, seats, trial, model"
        properties = ({"region": "eu", "seats": 5, "trial": True}, {"region": "us", "model": "{“a”}, large"}, {})
        events = [
            cls._event(cls, f"e{number}", number, properties=one) for number, one in enumerate(properties, start=1)
        ]
        cls.Event._ingest(events, [])
        cls.Rollup = cls.env["kor.usage.rollup"]
        cls.apart = [("contract_id", "=", cls.contract.id), ("dimension", "!=", "")]

    def test_the_engine_describes_what_it_is_given(self):
        for dimension, words in (
            ("", ""),
            ("{}", ""),
            ('{"region": "eu"}', "region: eu"),
            ('{"plan":"x","region":"eu"}', "plan: x, region: eu"),
            ('{"rate":1.50,"trial":false}', "rate: 1.5, trial: false"),
        ):
            with self.subTest(dimension):
                self.assertEqual(describe(dimension), words)

    def test_screens_show_words(self):
        rollups = self.Rollup.search(self.apart)
        labels = dict(zip(rollups.mapped("total"), rollups.mapped("dimension_label"), strict=True))
        self.assertEqual(labels[1], MIXED)
        self.assertEqual(labels[3], NONE)
        self.assertEqual(json.loads(rollups.filtered(lambda one: one.total == 2).dimension)["region"], "us")
        together = self.Rollup.search([("contract_id", "=", self.contract.id), ("dimension", "=", "")])
        self.assertEqual((together.total, together.dimension_label), (6, ""))
        event = self.Event.search([("event_key", "=", "e1")])
        self.assertEqual(event.dimension_label, MIXED)
        for name in ("kor_usage_rollup_view_list", "kor_usage_event_view_list", "kor_usage_reading_view_list"):
            self.assertIn("dimension_label", self.env.ref(f"kor_usage.{name}").arch)

    def test_groups_are_named_in_words_and_open_what_they_count(self):
        groups = self.Rollup.formatted_read_group(self.apart, ["dimension_label"], ["__count", "total:sum"])
        self.assertEqual({group["dimension_label"] for group in groups} & {MIXED, NONE}, {MIXED, NONE})
        self.assertEqual(len(groups), 3)
        for group in groups:
            with self.subTest(group["dimension_label"]):
                found = self.Rollup.search([*self.apart, *group["__extra_domain"]])
                self.assertEqual(found.mapped("total"), [group["total:sum"]])
        by_pivot = self.Rollup.formatted_read_grouping_sets(
            self.apart, [["metric_id", "dimension_label"]], ["quantity:sum"]
        )
        self.assertIn(MIXED, [group["dimension_label"] for group in by_pivot[0]])
        self.assertTrue(self.Rollup.fields_get(["dimension_label"])["dimension_label"]["groupable"])

    def test_words_are_searched(self):
        mine = [("contract_id", "=", self.contract.id)]
        for operator, value, totals in (
            ("ilike", "REGION: eu", [1]),
            ("ilike", "region:", [1, 2]),
            ("=", MIXED, [1]),
            ("in", [MIXED, NONE], [1, 3]),
            ("in", [MIXED, False], [1, 6]),
            ("=", False, [6]),
            ("!=", MIXED, [2, 3, 6]),
            ("not ilike", "region", [3, 6]),
        ):
            with self.subTest(operator=operator, value=value):
                found = self.Rollup.search([*mine, ("dimension_label", operator, value)])
                self.assertEqual(sorted(found.mapped("total")), totals)

    def test_use_without_properties_is_named_in_the_readers_language(self):
        rollup = self.Rollup.search([*self.apart, ("total", "=", 3)])
        self.env["res.lang"]._activate_lang("de_DE")
        german = rollup.with_context(lang="de_DE")
        self.assertEqual(german.dimension_label, "nicht benannt")
        self.assertEqual(german.search([*self.apart, ("dimension_label", "=", "nicht benannt")]), rollup)
