from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_contracts.engine import periods

ONE_DAY = timedelta(days=1)
PROPERTY = settings(max_examples=150, deadline=None, derandomize=True, database=None)
DAYS = st.dates(date(1999, 1, 1), date(2045, 12, 31))
ANCHOR_DAYS = st.integers(1, 31) | st.sampled_from((28, 29, 30, 31))
MONTHS = st.sampled_from((1, 2, 3, 5, 6, 12, 24))
DAY_COUNTS = st.sampled_from(periods.DAY_COUNTS)
COUNTED = DAY_COUNTS.filter(lambda name: name != "none")
LENGTHS = st.integers(1, 48 * 31) | st.just(48 * 31)
OFFSETS = st.lists(st.integers(0, 731), max_size=6)


def day(text):
    return date.fromisoformat(text)


def fraction(portion):
    return Fraction(portion.numerator, portion.denominator)


def line(start, end, anchor_day, until, months=1, day_count="actual", since=None):
    """Return the portions up to a target of a line whose start sets the anchor; dates are texts."""
    first = day(start)
    anchor = periods.anchor_of(first, anchor_day)
    return list(
        periods.portions(
            first,
            day(end) if end else None,
            anchor,
            anchor_day,
            months,
            day_count,
            day(until),
            day(since) if since else None,
        )
    )


def count(*args, **kwargs):
    """Add up what is billed in advance up to and including the target day, in periods."""
    start, end, anchor_day, target = args
    return sum(map(fraction, line(start, end, anchor_day, str(day(target) + ONE_DAY), **kwargs)))


def cents(amount):
    value = Decimal(amount.numerator) / Decimal(amount.denominator)
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def month_later(anchor, anchor_day, months):
    """Find the clamped day in the month so many months away, by trying the days from the anchor day down."""
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    for candidate in range(anchor_day, 0, -1):
        try:
            return date(year, month + 1, candidate)
        except ValueError:
            continue


@tagged("post_install", "-at_install", "kor_engine")
class TestProration(BaseCase):
    def test_line_billed_in_advance_counts_the_published_periods(self):
        # Kill Bill, invoice/src/test/java/org/killbill/billing/invoice/proRations
        stub = Fraction(12, 31)
        for months, start, end, anchor_day, target, expected in [
            (1, "2011-02-01", None, 13, "2011-02-01", stub),
            (1, "2011-02-01", None, 13, "2011-02-13", 1 + stub),
            (1, "2011-02-01", None, 13, "2011-04-13", 3 + stub),
            (1, "2011-02-01", "2011-04-13", 13, "2011-04-13", 2 + stub),
            (1, "2010-06-17", "2010-07-25", 17, "2010-06-17", 1),
            (1, "2010-06-17", "2010-07-25", 17, "2010-07-17", 1 + Fraction(8, 31)),
            (1, "2011-01-01", "2011-02-27", 15, "2011-02-27", Fraction(14, 31) + 1 + Fraction(12, 28)),
            (1, "2011-02-10", "2011-02-24", 10, "2011-02-10", Fraction(1, 2)),
            (1, "2011-02-24", None, 10, "2011-03-06", Fraction(1, 2)),
            (3, "2011-01-01", "2011-04-27", 15, "2011-01-01", Fraction(14, 92)),
            (3, "2011-01-01", "2011-04-27", 15, "2011-04-15", Fraction(14, 92) + 1 + Fraction(12, 91)),
            (12, "2011-01-01", "2012-01-27", 15, "2011-01-01", Fraction(14, 365)),
            (12, "2011-01-01", "2012-01-27", 15, "2012-01-15", Fraction(14, 365) + 1 + Fraction(12, 366)),
        ]:
            with self.subTest(months=months, start=start, end=end, target=target):
                self.assertEqual(count(start, end, anchor_day, target, months=months), expected)

    def test_published_decimals_are_met_to_six_places(self):
        # Kill Bill, invoice/src/test/java/org/killbill/billing/invoice/proRations
        for months, end, target, expected in [
            (1, "2011-02-27", "2011-02-27", 1.880184),
            (3, "2011-04-27", "2011-04-15", 1.284042),
            (12, "2012-01-27", "2012-01-15", 1.071143),
        ]:
            found = count("2011-01-01", end, 15, target, months=months)
            self.assertAlmostEqual(float(found), expected, places=6)

    def test_stub_before_a_clamped_day_is_divided_by_its_anchored_period(self):
        # Kill Bill has 14/31 here, because it steps back from the clamped day instead of the anchor day.
        (stub,) = line("2011-02-14", None, 31, "2011-02-28")
        self.assertEqual((stub.numerator, stub.denominator, stub.days), (14, 28, 14))
        self.assertEqual(stub.period, periods.Period(-1, day("2011-01-31"), day("2011-02-28")))

    def test_repair_of_a_billed_month_gives_the_published_amount(self):
        # Kill Bill, invoice tree/TestSubscriptionItemTree
        january = periods.Period(0, day("2014-01-01"), day("2014-02-01"))
        for start, end, expected in [
            ("2014-01-01", "2014-01-23", "8.52"),
            ("2014-01-25", "2014-02-01", "2.71"),
            ("2014-01-01", "2014-01-25", "9.29"),
            ("2014-01-13", "2014-01-25", "4.65"),
        ]:
            with self.subTest(start=start, end=end):
                part = Fraction(*periods.share(january, day(start), day(end), "actual"))
                self.assertEqual(cents(12 * part), Decimal(expected))
        rest = Fraction(*periods.share(january, day("2014-01-23"), day("2014-02-01"), "actual"))
        used = Fraction(*periods.share(january, day("2014-01-23"), day("2014-01-26"), "actual"))
        self.assertEqual(cents(Fraction("14.85") * used / rest), Decimal("4.95"))

    def test_back_dated_invoices_give_the_published_amount(self):
        # Kill Bill, invoice generator/TestDefaultInvoiceGenerator
        self.assertEqual(cents(10 * count("2011-09-01", None, 1, "2011-10-03")), Decimal("20.00"))
        self.assertEqual(cents(10 * count("2011-09-01", None, 15, "2011-10-03")), Decimal("14.52"))
        before = count("2011-09-01", "2011-10-15", 15, "2011-12-03")
        after = count("2011-10-15", None, 15, "2011-12-03")
        self.assertEqual(cents(5 * before + 10 * after), Decimal("27.26"))

    def test_calendar_month_stubs_give_the_published_amount(self):
        # Lago, scenarios of commitments, coupons and seats (amounts in cents)
        for start, end, amount, expected in [
            ("2023-01-08", "2023-02-01", 5_000, 3_871),
            ("2023-02-04", "2023-03-01", 900_000, 803_571),
            ("2023-03-01", "2023-04-01", 900_000, 900_000),
            ("2024-02-04", "2024-03-01", 200_000, 179_310),
            ("2024-03-05", "2024-04-01", 1_000, 871),
            ("2024-03-12", "2024-04-01", 1_500, 968),
        ]:
            with self.subTest(start=start):
                (portion,) = line(start, end, 1, end)
                self.assertEqual(round(amount * fraction(portion)), expected)
        (unused,) = line("2024-03-12", "2024-04-01", 1, "2024-04-01")
        self.assertEqual(int(1_000 * fraction(unused) * Fraction(5, 4)), 806)


@tagged("post_install", "-at_install", "kor_engine")
class TestAnchors(BaseCase):
    def check_boundaries(self, anchor, anchor_day, months, expected):
        found = [periods.boundary(day(anchor), anchor_day, months, n) for n in range(len(expected))]
        self.assertEqual(found, [day(text) for text in expected])

    def test_boundaries_meet_the_published_anchors(self):
        # Lago, spec/scenarios/subscriptions/billing_spec.rb
        end_2023 = ["2023-01-31", "2023-02-28", "2023-03-31", "2023-04-30"]
        end_2024 = ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]
        self.check_boundaries("2023-01-31", 31, 1, end_2023)
        self.check_boundaries("2024-01-31", 31, 1, end_2024)
        self.check_boundaries("2023-01-30", 30, 1, ["2023-01-30", "2023-02-28", "2023-03-30"])
        self.check_boundaries("2022-02-28", 28, 1, ["2022-02-28", "2022-03-28", "2022-04-28", "2022-05-28"])
        leap_years = ["2020-02-29", "2021-02-28", "2022-02-28", "2023-02-28", "2024-02-29"]
        self.check_boundaries("2020-02-29", 29, 12, leap_years)

    def test_boundaries_of_longer_periods_return_to_the_anchor_day(self):
        self.check_boundaries("2023-11-30", 30, 3, ["2023-11-30", "2024-02-29", "2024-05-30"])
        fives = ["2023-08-31", "2024-01-31", "2024-06-30", "2024-11-30", "2025-04-30", "2025-09-30"]
        self.check_boundaries("2023-08-31", 31, 5, [*fives, "2026-02-28", "2026-07-31"])
        self.check_boundaries("2020-02-29", 31, 24, ["2020-02-29", "2022-02-28", "2024-02-29"])

    def test_anchor_is_the_first_boundary_on_or_after_the_start(self):
        for start, anchor_day, expected in [
            ("2011-02-01", 13, "2011-02-13"),
            ("2011-02-13", 13, "2011-02-13"),
            ("2011-02-14", 13, "2011-03-13"),
            ("2011-02-28", 31, "2011-02-28"),
            ("2012-02-28", 31, "2012-02-29"),
            ("2011-12-31", 30, "2012-01-30"),
        ]:
            with self.subTest(start=start, anchor_day=anchor_day):
                self.assertEqual(periods.anchor_of(day(start), anchor_day), day(expected))

    def test_period_before_the_anchor_has_a_negative_index(self):
        found = periods.period_at(day("2024-05-31"), 31, 3, day("2024-02-28"))
        self.assertEqual(found, periods.Period(-2, day("2023-11-30"), day("2024-02-29")))
        self.assertEqual((found.days, found.months), (91, 3))

    def test_anchor_day_is_kept_where_the_periods_can_begin_on_it(self):
        for start, wanted, expected in [
            ("2023-01-31", 31, 31),
            ("2023-02-28", 31, 31),
            ("2024-02-28", 31, 28),
            ("2023-03-15", 31, 15),
            ("2023-03-15", 15, 15),
            ("2023-03-15", 14, 15),
        ]:
            with self.subTest(start=start, wanted=wanted):
                self.assertEqual(periods.anchor_day_from(day(start), wanted), expected)


@tagged("post_install", "-at_install", "kor_engine")
class TestDayCounts(BaseCase):
    def check_share(self, period, start, end, day_count, expected):
        with self.subTest(period=period, start=start, end=end, day_count=day_count):
            self.assertEqual(periods.share(period, day(start), day(end), day_count), expected)

    def test_actual_divides_by_the_days_of_the_anchored_period(self):
        for year, days in [(2023, 28), (2024, 29), (2000, 29), (2100, 28)]:
            february = periods.period_at(date(year, 1, 1), 1, 1, date(year, 2, 1))
            self.check_share(february, f"{year}-02-04", f"{year}-03-01", "actual", (days - 3, days))

    def test_thirty_day_counts_whole_months_and_at_most_thirty_days(self):
        january = periods.period_at(day("2023-01-01"), 1, 1, day("2023-01-01"))
        february = periods.period_at(day("2023-01-01"), 1, 1, day("2023-02-01"))
        quarter = periods.period_at(day("2023-01-31"), 31, 3, day("2023-02-01"))
        pair = periods.period_at(day("2023-04-30"), 31, 2, day("2023-04-30"))
        for period, start, end, expected in [
            (january, "2023-01-16", "2023-02-01", (15, 30)),
            (january, "2023-01-31", "2023-02-01", (0, 30)),
            (february, "2023-02-01", "2023-02-16", (15, 30)),
            (february, "2023-02-16", "2023-03-01", (15, 30)),
            (quarter, "2023-01-31", "2023-02-28", (30, 90)),
            (quarter, "2023-02-28", "2023-03-30", (30, 90)),
            (quarter, "2023-03-31", "2023-04-30", (30, 90)),
            (pair, "2023-05-31", "2023-06-30", (30, 60)),
            (pair, "2023-04-30", "2023-05-30", (30, 60)),
        ]:
            self.check_share(period, start, end, "thirty_day", expected)

    def test_thirty_360_treats_the_end_of_february_and_the_31st_as_the_30th(self):
        january = periods.period_at(day("2023-01-01"), 1, 1, day("2023-01-01"))
        clamped = periods.period_at(day("2023-01-31"), 31, 1, day("2023-02-28"))
        year = periods.period_at(day("2023-01-15"), 15, 12, day("2023-01-15"))
        leap = periods.period_at(day("2024-01-15"), 15, 12, day("2024-01-15"))
        for period, start, end, expected in [
            (january, "2023-01-01", "2023-01-31", (29, 30)),
            (january, "2023-01-30", "2023-01-31", (0, 30)),
            (clamped, "2023-02-28", "2023-03-30", (30, 30)),
            (clamped, "2023-02-28", "2023-03-01", (1, 30)),
            (year, "2023-01-15", "2023-02-28", (45, 360)),
            (year, "2023-02-28", "2023-03-01", (1, 360)),
            (leap, "2024-01-15", "2024-02-28", (43, 360)),
            (leap, "2024-01-15", "2024-02-29", (45, 360)),
            (year, "2023-01-15", "2024-01-15", (360, 360)),
            (periods.Period(0, day("2023-02-28"), day("2023-03-28")), "2023-02-28", "2023-03-28", (30, 30)),
            (periods.Period(0, day("2023-01-29"), day("2023-02-28")), "2023-01-29", "2023-02-28", (30, 30)),
        ]:
            self.check_share(period, start, end, "thirty_360", expected)

    def test_none_charges_the_whole_period_for_any_day_of_it(self):
        january = periods.Period(0, day("2023-01-01"), day("2023-02-01"))
        self.check_share(january, "2023-01-31", "2023-02-01", "none", (1, 1))
        self.check_share(january, "2023-01-31", "2023-01-31", "none", (0, 1))
        self.assertEqual(count("2023-01-20", "2023-03-02", 1, "2023-12-31", day_count="none"), 3)


@tagged("post_install", "-at_install", "kor_engine")
class TestPortions(BaseCase):
    def test_portion_explains_its_period_days_and_divisor(self):
        stub, full = line("2024-02-20", "2024-05-15", 15, "2024-03-16")
        self.assertEqual((stub.period.index, stub.days, stub.numerator, stub.denominator), (-1, 24, 24, 29))
        self.assertEqual((full.period.index, full.start, full.end), (0, day("2024-03-15"), day("2024-04-15")))

    def test_portion_is_yielded_only_when_it_starts_before_until(self):
        for until, expected in [("2023-01-10", 0), ("2023-01-11", 1), ("2023-02-01", 1), ("2023-02-02", 2)]:
            with self.subTest(until=until):
                self.assertEqual(len(line("2023-01-10", None, 1, until)), expected)
        self.assertEqual(line("2023-01-10", None, 1, "2022-06-01"), [])
        self.assertEqual(line("2023-01-10", "2023-01-10", 1, "2023-06-01"), [])

    def test_portions_over_february_return_to_the_31st(self):
        starts = [portion.start for portion in line("2022-12-31", None, 31, "2023-05-01")]
        expected = ["2022-12-31", "2023-01-31", "2023-02-28", "2023-03-31", "2023-04-30"]
        self.assertEqual(starts, [day(text) for text in expected])

    def test_line_may_run_to_the_last_month_of_the_calendar(self):
        self.assertEqual(count("9999-10-01", "9999-12-01", 1, "9999-11-30"), 2)

    def test_since_leaves_out_periods_that_ended_and_keeps_the_clipped_one(self):
        for end, since, expected in [
            (None, "2023-02-28", ["2023-02-01", "2023-03-01"]),
            (None, "2023-03-01", ["2023-03-01"]),
            (None, "2022-01-01", ["2023-01-10", "2023-02-01", "2023-03-01"]),
            ("2023-02-05", "2023-02-20", ["2023-02-01"]),
            ("2023-02-05", "2023-03-01", []),
        ]:
            with self.subTest(end=end, since=since):
                found = line("2023-01-10", end, 1, "2023-03-02", since=since)
                self.assertEqual([portion.start for portion in found], [day(text) for text in expected])
        self.assertEqual(line("2023-01-10", None, 1, "2023-02-01", since="2023-02-15"), [])

    def test_line_before_and_after_the_anchor_keeps_the_contract_periods(self):
        anchor = day("2024-01-31")
        for start, index in [("2021-06-30", -31), ("2031-07-01", 89)]:
            with self.subTest(start=start):
                first = next(periods.portions(day(start), None, anchor, 31, 1, "actual", day("2040-01-01")))
                self.assertEqual((first.period.index, first.start), (index, day(start)))


@tagged("post_install", "-at_install", "kor_engine")
class TestPeriodErrors(BaseCase):
    def test_bad_input_raises_a_sentence_that_says_what_would_be_right(self):
        first, january = day("2023-01-10"), periods.Period(0, day("2023-01-01"), day("2023-02-01"))
        for call, args, text in [
            (periods.check_span, (first, first - ONE_DAY), "must be 2023-01-10 or later"),
            (periods.check_span, (first, None, first - ONE_DAY), "The target 2023-01-09 lies before"),
            (periods.portions, (first, first - ONE_DAY, first, 10, 1, "actual", first), "The end 2023-01-09"),
            (periods.portions, (first, None, first, 10, 1, "weekly", first), "must be one of actual,"),
            (periods.share, (january, first, day("2023-02-02"), "actual"), "must lie inside it"),
            (periods.share, (january, day("2022-12-31"), first, "none"), "must lie inside it"),
            (periods.anchor_of, (first, 0), "must be between 1 and 31"),
            (periods.boundary, (first, 32, 1, 0), "must be between 1 and 31"),
            (periods.boundary, (first, 10, 0, 0), "must be at least 1 month"),
            (periods.boundary, (first, 11, 1, 0), "it must be 2023-01-11"),
            (periods.boundary, (first, 10, 12, 9000), "must lie in years 1 to 9999"),
            (periods.period_at, (first, 10, -1, first), "must be at least 1 month"),
        ]:
            with self.subTest(call=call.__name__, args=args):
                with self.assertRaisesRegex(periods.PeriodError, text):
                    call(*args)

    def test_target_on_the_start_and_open_end_are_accepted(self):
        first = day("2023-01-10")
        for args in [(first, None), (first, first), (first, None, first), (first, first, first)]:
            with self.subTest(args=args):
                self.assertIsNone(periods.check_span(*args))


@tagged("post_install", "-at_install", "kor_engine")
class TestPeriodProperties(BaseCase):
    @PROPERTY
    @given(DAYS, DAYS, ANCHOR_DAYS, MONTHS, DAY_COUNTS, LENGTHS)
    def test_portions_cover_the_span_once_and_lie_in_their_periods(
        self, start, origin, anchor_day, months, day_count, length
    ):
        anchor, end = periods.anchor_of(origin, anchor_day), start + timedelta(days=length)
        found = list(periods.portions(start, end, anchor, anchor_day, months, day_count, end))
        self.assertEqual([portion.start for portion in found], [start, *(p.end for p in found[:-1])])
        self.assertEqual(found[-1].end, end)
        self.assertEqual(sum(portion.days for portion in found), length)
        for portion in found:
            full = portion.period
            self.assertEqual(full, periods.period_at(anchor, anchor_day, months, portion.start))
            self.assertTrue(full.start <= portion.start < portion.end <= full.end)
            self.assertTrue(0 <= portion.numerator <= portion.denominator)

    @PROPERTY
    @given(DAYS, DAYS, ANCHOR_DAYS, MONTHS, COUNTED, OFFSETS)
    def test_shares_of_any_cut_add_up_to_the_whole_period(self, origin, inside, anchor_day, months, day_count, offsets):
        full = periods.period_at(periods.anchor_of(origin, anchor_day), anchor_day, months, inside)
        inner = sorted(full.start + timedelta(days=offset % full.days) for offset in offsets)
        cuts = [full.start, *inner, full.end]
        shares = [periods.share(full, *pair, day_count) for pair in zip(cuts, cuts[1:], strict=False)]
        self.assertTrue(all(type(number) is int for pair in shares for number in pair))
        self.assertTrue(all(numerator >= 0 for numerator, _denominator in shares))
        self.assertEqual(sum(Fraction(*pair) for pair in shares), 1)
        if day_count == "actual":
            self.assertEqual({denominator for _numerator, denominator in shares}, {full.days})

    @PROPERTY
    @given(DAYS, ANCHOR_DAYS, MONTHS, st.integers(-24, 0))
    def test_boundaries_rise_and_are_always_counted_from_the_anchor(self, origin, anchor_day, months, first):
        anchor = periods.anchor_of(origin, anchor_day)
        numbers = range(first, first + 49)
        found = [periods.boundary(anchor, anchor_day, months, n) for n in numbers]
        self.assertTrue(all(early < late for early, late in zip(found, found[1:], strict=False)))
        self.assertEqual(found, [month_later(anchor, anchor_day, n * months) for n in numbers])
        self.assertEqual(periods.boundary(anchor, anchor_day, months, 0), anchor)

    @PROPERTY
    @given(DAYS, DAYS, ANCHOR_DAYS, MONTHS)
    def test_period_at_contains_the_day_between_its_boundaries(self, origin, inside, anchor_day, months):
        anchor = periods.anchor_of(origin, anchor_day)
        full = periods.period_at(anchor, anchor_day, months, inside)
        self.assertTrue(full.start <= inside < full.end)
        self.assertEqual(full.start, periods.boundary(anchor, anchor_day, months, full.index))
        self.assertEqual(full.end, periods.boundary(anchor, anchor_day, months, full.index + 1))
        self.assertEqual(full.months, months)

    @PROPERTY
    @given(DAYS, ANCHOR_DAYS, MONTHS, DAY_COUNTS, st.integers(-40, 1500))
    def test_since_gives_the_same_portions_as_dropping_ended_periods(
        self, start, anchor_day, months, day_count, offset
    ):
        anchor, until = periods.anchor_of(start, anchor_day), start + timedelta(days=48 * 31)
        since = start + timedelta(days=offset)
        assume(since < until)
        args = (start, None, anchor, anchor_day, months, day_count, until)
        kept = [portion for portion in periods.portions(*args) if portion.period.end > since]
        self.assertEqual(list(periods.portions(*args, since)), kept)
