from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import TransactionCase, freeze_time, new_test_user, tagged

from .common import NOW, UsageCase


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestReadings(UsageCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_usage()
        cls.reporter = new_test_user(cls.env, "reporter", "kor_usage.group_kor_usage_reporter")
        cls.portal = cls._make_portal_user(cls.customer, "own")

    def _get_metric(self, aggregation):
        return self.metrics.filtered(lambda metric: metric.aggregation == aggregation)

    def _read(self, aggregation, start="2026-03-10", end="2026-03-11"):
        """Return what the meter of a metric reads."""
        self.Rollup.invalidate_model()
        start, end = map(self.Rollup._fields["day"].to_date, (start, end))
        key = (self.contract, self._get_metric(aggregation), "")
        return self.Rollup._read_meters([key], start, end)[key].read(start, end)

    def test_higher_revision_replaces_and_others_change_nothing(self):
        for label, quantity, revision, counts, total in (
            ("first", 10, 1, (1, 0, 0), 10),
            ("again", 10, 1, (0, 1, 0), 10),
            ("contradiction", 11, 1, (0, 0, 1), 10),
            ("lower", 99, 0, (0, 1, 0), 10),
            ("higher", 7, 4, (1, 0, 0), 7),
            ("higher with the same quantity", 7, 5, (1, 0, 0), 7),
            ("outdated", 10, 1, (0, 1, 0), 7),
            ("taken back", 0, 6, (1, 0, 0), 0),
        ):
            with self.subTest(label):
                answer = self._ingest_readings(self._reading(quantity, revision=revision))
                self._assert_counts(answer, *counts)
                self.assertEqual(self._get_total(), total)
        answer = self._ingest_readings(self._reading(3, revision=6))
        self.assertIn("raise the revision", answer["rejected"][0]["reason"])

    def test_revisions_of_one_call_come_to_the_highest(self):
        answer = self._ingest_readings(*(self._reading(revision, revision=revision) for revision in (2, 9, 4, 9)))
        self._assert_counts(answer, 1, 3)
        self.assertEqual(self._get_total(), 9)

    def test_refused_readings_are_told_and_good_ones_kept(self):
        for number, (reading, part) in enumerate(
            (
                (5, "no reading"),
                (self._reading(contract="nobody"), "contract “nobody” is unknown"),
                (self._reading(metric="tests"), "metric “tests” is unknown"),
                (self._reading(hour="2026-03-10T12:01:00Z"), "no full hour"),
                (self._reading(hour="2025-12-31T22:00:00Z"), "before contract"),
                (self._reading(hour="2026-06-15T13:00:00Z"), "future"),
                (self._reading(metric="test_unique_count"), "overlap"),
            )
        ):
            with self.subTest(part):
                good = (self._reading(hour=f"2026-03-1{number}T{hour}:00:00Z") for hour in ("01", "02"))
                answer = self._ingest_readings(next(good), reading, next(good))
                self._assert_counts(answer, 2, rejected=1)
                self.assertEqual(answer["rejected"][0]["index"], 1)
                self.assertIn(part, answer["rejected"][0]["reason"])
        self.assertEqual(answer["rejected"][0]["id"], f"{self.contract.name} test_unique_count 2026-03-10T12:00:00Z")

    def test_what_is_no_list_or_too_long_is_refused(self):
        for label, readings, part in (
            ("text", "reading", "list of objects"),
            ("nothing", None, "list of objects"),
            ("too many", [{}] * 10_001, "at most 10000"),
        ):
            with self.subTest(label), self.assertRaisesRegex(UserError, part):
                self.Reading.ingest(readings)
        self.assertEqual(self.Reading.ingest([]), {"accepted": 0, "duplicate": 0, "rejected": []})

    def test_events_of_an_hour_are_counted_and_zero_is_reported(self):
        self._ingest_readings(self._reading(0, events=0))
        reading = self._read("sum")
        self.assertEqual((reading.quantity, reading.events, reading.reported), (0, 0, True))
        self.assertFalse(self._read("sum", "2026-03-11", "2026-03-12").reported)
        self.assertEqual(len(self.contract.usage("2026-03-01", "2026-03-31")["metrics"][0]["days"]), 1)
        self._ingest_readings(self._reading(50, events=20, revision=1), self._reading(5, "2026-03-10T13:00:00Z"))
        self.assertEqual((self._read("sum").quantity, self._read("sum").events), (55, 21))
        self._ingest_readings(self._reading(50, events=18, revision=2))
        self.assertEqual(self._read("sum").events, 19)

    def test_zero_of_a_level_is_reported(self):
        for aggregation in ("max", "latest", "time_weighted"):
            with self.subTest(aggregation):
                self._ingest_readings(self._reading(0, metric=f"test_{aggregation}", events=0))
                reading = self._read(aggregation)
                self.assertEqual((reading.quantity, reading.reported), (0, True))

    def test_levels_are_read_by_their_aggregation(self):
        hours = {"08": 10, "20": 4, "16": 7}
        for aggregation in ("max", "latest", "time_weighted"):
            metric = f"test_{aggregation}"
            self._ingest_readings(
                *(self._reading(level, f"2026-03-10T{hour}:00:00Z", metric) for hour, level in hours.items())
            )
        self.assertEqual(self._read("max").quantity, 10)
        self.assertEqual(self._read("latest").quantity, 4)
        # In Madrid the hours begin at 9, 17 and 21; each level is held until the next one.
        self.assertEqual(self._read("time_weighted").quantity * 24, 10 * 8 + 7 * 4 + 4 * 3)
        for aggregation, quantity in (("max", 8), ("latest", 4)):
            self._ingest_readings(self._reading(8, "2026-03-10T08:00:00Z", f"test_{aggregation}", 1))
            self.assertEqual(self._read(aggregation).quantity, quantity)

    def test_events_and_readings_add_up_in_any_order(self):
        reading = {"hour": "2026-03-10T12:00:00Z", "quantity": 6}
        for order in ("events first", "readings first"):
            self.contract = self._make_contract(self.customer)
            for aggregation in ("sum", "max", "latest", "time_weighted"):
                metric = f"test_{aggregation}"
                steps = [
                    lambda metric=metric, order=order: self._ingest(
                        *(self._event(f"{order}{metric}{hour}", level, f"2026-03-10T{hour}:30:00Z", metric)
                          for hour, level in (("09", 9), ("15", 3)))
                    ),
                    lambda metric=metric: self._ingest_readings(self._reading(metric=metric, **reading)),
                ]  # fmt: skip
                for step in steps if order == "events first" else reversed(steps):
                    step()
            with self.subTest(order):
                self.assertEqual([self._read(name).quantity for name in ("sum", "max", "latest")], [18, 9, 3])
                self.assertEqual(self._read("time_weighted").quantity * 48, 9 * 5 + 6 * 7 + 3 * 15)
                self.assertEqual(self._read("max").events, 3)

    def test_reversal_of_an_event_leaves_the_readings(self):
        for aggregation in ("sum", "max", "latest", "time_weighted"):
            metric = f"test_{aggregation}"
            self._ingest_readings(self._reading(6, "2026-03-10T23:00:00Z", metric), self._reading(6, metric=metric))
            self._ingest(self._event(metric, 9, "2026-03-10T20:00:00Z", metric))
            self._assert_counts(self._ingest(self._reversal(f"{metric}-r", metric)), 1)
        for aggregation, quantity in (("sum", 6), ("max", 6), ("latest", 6), ("time_weighted", 6 * 11 / 24)):
            with self.subTest(aggregation):
                self.assertAlmostEqual(float(self._read(aggregation).quantity), quantity)

    def test_sources_add_up(self):
        for source in ("eu", "us", None, ""):
            self._ingest_readings(self._reading(5, source=source))
        self.assertEqual(self._get_total(), 15)

    def test_dimensions_are_counted_beside_the_whole(self):
        self.calls.dimension_keys = "region"
        for region, quantity in (("eu", 10), ("us", 3)):
            self._ingest_readings(self._reading(quantity, properties={"region": region}))
        self._ingest_readings(self._reading(4, properties={"region": "eu"}, revision=1))
        rollups = self.Rollup.search([("contract_id", "=", self.contract.id)])
        totals = {rollup.dimension: rollup.total for rollup in rollups}
        self.assertEqual(totals, {"": 7, '{"region":"eu"}': 4, '{"region":"us"}': 3})

    def test_dimensions_of_a_metric_with_readings_cannot_change(self):
        self._ingest_readings(self._reading())
        with self.assertRaisesRegex(ValidationError, "cannot be changed"):
            self.calls.dimension_keys = "region"

    def test_readings_outlive_the_events_and_go_on_where_they_can(self):
        for metric in ("test_sum", "test_max"):
            self._ingest(self._event(metric, 9, metric=metric))
            self._ingest_readings(self._reading(5, metric=metric))
            self._ingest_readings(self._reading(5, "2026-03-12T12:00:00Z", metric))
        self.env.company.kor_usage_retention_days = 30
        while self.Event._gc_events()[1]:
            pass
        self.assertEqual(self.Reading.search_count([("contract_id", "=", self.contract.id)]), 4)
        self._assert_counts(self._ingest_readings(self._reading(6, revision=1)), 1)
        self.assertEqual(self._read("sum").quantity, 15)
        # A level cannot be counted anew where the events are gone, unless there were none.
        answer = self._ingest_readings(
            self._reading(6, metric="test_max", revision=1),
            self._reading(5, metric="test_max", hour="2026-03-10T14:00:00Z"),
            self._reading(4, "2026-03-12T12:00:00Z", "test_max", 1),
        )
        self._assert_counts(answer, 1, rejected=2)
        self.assertIn("not kept any more", answer["rejected"][0]["reason"])
        self._assert_counts(self._ingest_readings(self._reading(5, metric="test_max")), 0, 1)
        self.assertEqual(self._read("max").quantity, 9)
        self.assertEqual(self._read("max", "2026-03-12", "2026-03-13").quantity, 4)

    def test_batch_of_the_largest_size_is_counted_in_a_fixed_number_of_queries(self):
        self._ingest_readings(self._reading())
        counts = []
        for turn, size in ((1, 10), (2, 10_000), (3, 10_000)):
            readings = [self._reading(turn, revision=turn, source=str(number)) for number in range(size)]
            before = self.env.cr.sql_log_count
            self._assert_counts(self._ingest_readings(*readings), size)
            counts.append(self.env.cr.sql_log_count - before)
        # The first turn has new readings only, the later ones lock those that are known.
        self.assertEqual(counts, [counts[0], counts[0] + 1, counts[0] + 1])
        self.assertEqual(self._get_total(), 30_001)

    def test_only_reporters_and_customers_report(self):
        manager = new_test_user(self.env, "manager", "kor_contracts.group_kor_contract_manager")
        for user in (manager, self.env.ref("base.public_user")):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.Reading.with_user(user).ingest([self._reading()])
        for number, user in enumerate((self.reporter, self.portal)):
            answer = self.Reading.with_user(user).ingest([self._reading(revision=number)])
            self._assert_counts(answer, 1)

    def test_customer_reports_and_reads_own_contracts_only(self):
        self._ingest_readings(self._reading(), self._reading(contract=self.other_contract.id))
        own = self.Reading.with_user(self.portal)
        for contract in (self.other_contract.id, self.other_contract.name):
            answer = own.ingest([self._reading(9, contract=contract, revision=5)])
            self.assertIn("unknown", answer["rejected"][0]["reason"])
        self.assertEqual(self._get_total(self.other_contract), 1)
        self.assertEqual(own.search([]).contract_id, self.contract)

    def test_reporter_reports_for_own_companies_only(self):
        company = self.env["res.company"].create({"name": "Second"})
        contract = self._make_contract(self.customer, activate=False)
        contract.company_id = company
        contract.action_activate()
        answer = self.Reading.with_user(self.reporter).ingest([self._reading(contract=contract.id)])
        self.assertIn("unknown", answer["rejected"][0]["reason"])
        answer = self.Reading.ingest([self._reading(contract=contract.id)])
        self._assert_counts(answer, 1)
        self.assertFalse(self.Reading.with_user(self.reporter).search([("contract_id", "=", contract.id)]))

    def test_nobody_writes_by_hand(self):
        self._ingest_readings(self._reading())
        reading = self.Reading.search([("contract_id", "=", self.contract.id)])
        for user in (self.reporter, self.portal, self.env.ref("base.user_admin")):
            with self.subTest(user.login):
                with self.assertRaises(AccessError):
                    reading.with_user(user).write({"quantity": 5})
                with self.assertRaises(AccessError):
                    reading.with_user(user).unlink()
