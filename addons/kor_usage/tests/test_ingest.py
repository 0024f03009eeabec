from odoo.exceptions import UserError
from odoo.tests import TransactionCase, freeze_time, tagged

from .common import NOW, UsageCase


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestIngest(UsageCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_usage()

    def _assert_each_refused(self, table):
        """Send bad events, each between good ones: (label, event, part of the reason)."""
        for number, (label, event, part) in enumerate(table):
            with self.subTest(label):
                answer = self._ingest(self._event(f"a{number}"), event, self._event(f"b{number}"))
                self._assert_counts(answer, 2, rejected=1)
                self.assertEqual(answer["rejected"][0]["index"], 1)
                self.assertIn(part, answer["rejected"][0]["reason"])
        self.assertEqual(self._get_total(), 2 * len(table))

    def test_events_of_nothing_that_is_known_are_refused_and_good_ones_kept(self):
        draft = self._make_contract(self.customer, activate=False)
        table = [
            ("no object", 5, "no event"),
            ("empty", {}, "id is missing"),
            ("id of spaces", self._event("  "), "id is missing"),
            ("long id", self._event("x" * 256), "255"),
            ("null in the id", self._event("a\x00"), "control"),
            ("half a surrogate", self._event("a\ud800"), "control"),
            ("no contract", self._event("1", contract=None), "contract is missing"),
            ("unknown contract", self._event("1", contract="nobody"), "unknown"),
            ("huge contract id", self._event("1", contract=10**30), "unknown"),
            ("draft contract", self._event("1", contract=draft.id), "unknown"),
            ("unknown metric", self._event("1", metric="tests"), "metric “tests” is unknown"),
            ("metric of another kind", self._event("1", metric=7), "metric is missing"),
        ]
        self._assert_each_refused(table)

    def test_events_without_a_moment_or_a_quantity_are_refused_and_good_ones_kept(self):
        ended = self._make_contract(self.customer, date_end="2026-02-28", term="custom")
        table = [
            ("no time", self._event("1", time=None), "time is missing"),
            ("time as a number", self._event("1", time=1700000000), "time is missing"),
            ("no zone", self._event("1", time="2026-03-10T12:00:00"), "no time zone"),
            ("a word", self._event("1", time="yesterday"), "is no time"),
            ("before all years", self._event("1", time="0001-01-01T00:00:00+14:00"), "is no time"),
            ("future", self._event("1", time="2026-06-15T12:05:01Z"), "future"),
            ("before the contract", self._event("1", time="2025-12-31T22:59:59Z"), "before contract"),
            ("after the contract", self._event("1", contract=ended.id, time="2026-02-28T23:00:00Z"), "after contract"),
            ("no quantity", self._event("1", None), "quantity is missing"),
            ("a word as quantity", self._event("1", "many"), "not a number"),
            ("true", self._event("1", True), "not a number"),
            ("not finite", self._event("1", float("nan")), "not a number"),
            ("too large", self._event("1", 10**24), "not a number"),
            ("too fine", self._event("1", "1e-9000"), "too fine"),
            ("negative", self._event("1", -1), "negative"),
            ("no value", self._event("1", metric="test_unique_count"), "give the value"),
        ]
        self._assert_each_refused(table)

    def test_events_with_wrong_properties_are_refused_and_good_ones_kept(self):
        big = {"key": "x" * 10_001}
        table = [
            ("properties as a list", self._event("1", properties=[1]), "no object"),
            ("long properties", self._event("1", properties=big), "too long"),
            ("null in properties", self._event("1", properties={"a": "\x00"}), "null character"),
            ("infinite property", self._event("1", properties={"a": float("inf")}), "no plain JSON"),
            ("other CloudEvents", self._event("1", specversion="0.3"), "CloudEvents 1.0"),
            ("CloudEvent without data", self._event("1", specversion="1.0"), "data"),
        ]
        self._assert_each_refused(table)

    def test_edges_of_time_are_inside(self):
        ended = self._make_contract(self.customer, date_end="2026-02-28", term="custom")
        for label, event in (
            ("five minutes ahead", self._event("1", time="2026-06-15T12:05:00Z")),
            ("first moment in Madrid", self._event("2", time="2025-12-31T23:00:00Z")),
            ("last moment in Madrid", self._event("3", contract=ended.id, time="2026-02-28T22:59:59.999999Z")),
        ):
            with self.subTest(label):
                self._assert_counts(self._ingest(event), 1)

    def test_id_counts_once_whatever_else_differs(self):
        self._assert_counts(self._ingest(self._event("one"), self._event("one", 5)), 1, 1)
        second = self._make_contract(self.customer)
        for label, event in (
            ("same again", self._event("one")),
            ("another time", self._event("one", time="2026-05-01T00:00:00Z")),
            ("another quantity", self._event("one", 99)),
            ("another contract of the customer", self._event("one", contract=second.id)),
            ("another metric", self._event("one", metric="test_max")),
            ("a CloudEvent", {"specversion": "1.0", "id": "one", "source": "s", "type": "test_sum",
                              "time": "2026-03-10T12:00:00Z", "subject": self.contract.name, "data": {"quantity": 1}}),
        ):  # fmt: skip
            with self.subTest(label):
                self._assert_counts(self._ingest(event), 0, 1)
        self.assertEqual(self._get_total(), 1)

    def test_same_id_of_another_customer_counts(self):
        self._assert_counts(self._ingest(self._event("one"), self._event("one", contract=self.other_contract.id)), 2)

    def test_customer_of_a_contact_is_its_company(self):
        contact = self.env["res.partner"].create({"name": "Ann", "parent_id": self.customer.id, "type": "contact"})
        contract = self._make_contract(contact)
        self._ingest(self._event("one"))
        self._assert_counts(self._ingest(self._event("one", contract=contract.id)), 0, 1)

    def test_negative_counts_where_the_metric_allows_it(self):
        self.calls.allow_negative = True
        self._assert_counts(self._ingest(self._event("1", 5), self._event("2", "-2.5")), 2)
        self.assertEqual(self._get_total(), 2.5)

    def test_number_that_two_companies_use_needs_the_id(self):
        other = self.env["res.company"].create({"name": "Second"})
        twin = self._make_contract(self.customer, activate=False)
        twin.write({"name": self.contract.name, "company_id": other.id})
        twin.action_activate()
        events = self.Event.with_context(allowed_company_ids=(self.env.company | other).ids)
        self._assert_counts(events.ingest([self._event("1")]), 0, rejected=1)
        self._assert_counts(events.ingest([self._event("1", contract=self.contract.id)]), 1)

    def test_what_is_no_list_or_too_long_is_refused(self):
        for label, events, part in (
            ("text", "event", "list of objects"),
            ("nothing", None, "list of objects"),
            ("too many", [{}] * 10_001, "at most 10000"),
        ):
            with self.subTest(label), self.assertRaisesRegex(UserError, part):
                self.Event.ingest(events)
        self.assertEqual(self.Event.ingest([]), {"accepted": 0, "duplicate": 0, "rejected": []})

    def test_batch_of_the_largest_size_is_counted_in_a_fixed_number_of_queries(self):
        self._ingest(self._event("warm"))
        counts = []
        for size in (10, 10_000):
            before = self.env.cr.sql_log_count
            self._assert_counts(self._ingest(*[self._event(f"{size}-{number}") for number in range(size)]), size)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)
        self.assertEqual(self._get_total(), 10_011)

    def test_dimensions_are_counted_beside_the_whole(self):
        self.calls.dimension_keys = "region, model"
        for number, properties in enumerate(({"region": "eu"}, {"region": "us", "x": 1}, {"region": "eu"}, {})):
            self._ingest(self._event(str(number), 10, properties=properties))
        rollups = self.Rollup.search([("contract_id", "=", self.contract.id)])
        totals = {rollup.dimension: rollup.total for rollup in rollups}
        self.assertEqual(totals, {"": 40, '{"region":"eu"}': 20, '{"region":"us"}': 10, "{}": 10})

    def test_aggregation_of_a_used_metric_cannot_change(self):
        self._ingest(self._event("1"))
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            self.calls.aggregation = "max"
