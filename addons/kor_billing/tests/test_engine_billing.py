from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_billing.engine import billing
from odoo.addons.kor_contracts.engine.periods import boundary
from odoo.addons.kor_enterprise_tiers.engine.discounts import Discount
from odoo.addons.kor_enterprise_tiers.engine.pricing import Price, PriceTier

CENT = Decimal("0.01")


@dataclass(frozen=True)
class _Reading:
    quantity: Decimal
    events: Decimal
    reported: bool
    touched: bool = True


@dataclass(frozen=True)
class _Meter:
    """Read a quantity by the month in which the period starts."""

    quantities: dict

    def read(self, start, end):  # pylint: disable=method-required-super
        quantity = self.quantities.get(start.month)
        return _Reading(Decimal(quantity or 0), Decimal(0), quantity is not None)


def _line(key=1, price="100", months=1, start="2026-01-01", end=None, **values):
    values = {"charge_type": "fixed", "timing": "advance", "day_count": "actual", **values}
    price = price if isinstance(price, Price) else Price("standard", unit_price=price)
    return billing.Line(
        key=key,
        months=months,
        start=date.fromisoformat(start),
        end=date.fromisoformat(end) if end else None,
        price=price,
        **values,
    )


def _terms(*lines, start="2026-01-01", end=None, anchor=1, **values):
    return billing.Terms(
        start=date.fromisoformat(start),
        end=date.fromisoformat(end) if end else None,
        anchor_day=anchor,
        rounding=CENT,
        lines=lines,
        **values,
    )


def _window(first, last):
    return billing.Window(date.fromisoformat(first), date.fromisoformat(last))


def _total(terms, first, last):
    return sum(one.amount for one in billing.target(terms, _window(first, last)))


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineBilling(BaseCase):
    def test_published_cases_give_their_sums(self):
        cases = [
            # source, price, day of billing, contract's start, up to, sum
            ("Kill Bill: two months, aligned", "10", 1, "2011-09-01", "2011-10-03", "20"),
            ("Kill Bill: billing day 15", "10", 15, "2011-09-01", "2011-10-03", "14.52"),
            ("Lago: from 4 February 2024, calendar months", "2000", 1, "2024-02-04", "2024-02-29", "1793.10"),
            ("Lago: from 5 March 2024, calendar months", "10", 1, "2024-03-05", "2024-03-31", "8.71"),
        ]
        for source, price, anchor, start, until, total in cases:
            with self.subTest(source):
                terms = _terms(_line(price=price, start=start), start=start, anchor=anchor)
                self.assertEqual(_total(terms, start, until), Decimal(total))

    def test_change_of_plan_charges_each_for_its_days(self):
        # Kill Bill: 5, then 10 from 15 October, billing day 15, up to 3 December: 5×14/31 + 5 + 10 + 10.
        terms = _terms(
            _line(1, "5", start="2011-09-01", end="2011-10-15"), _line(2, "10", start="2011-10-15"),
            start="2011-09-01", anchor=15,
        )  # fmt: skip
        self.assertEqual(_total(terms, "2011-09-01", "2011-12-03"), Decimal("27.26"))

    def test_minimum_is_prorated_with_the_first_period(self):
        # Lago: minimum 5,000 cents from 8 January 2023, calendar months: 24 of 31 days.
        price = Price("standard", unit_price="0", minimum_amount="50")
        line = _line(price=price, start="2023-01-08", charge_type="usage", timing="arrears")
        terms = _terms(line, start="2023-01-08")
        [first] = billing.target(terms, _window("2023-01-01", "2023-01-31"))
        self.assertEqual(first.amount, Decimal("38.71"))
        self.assertEqual(first.minimum_added, first.gross)

    def test_arrears_are_due_on_their_last_day_and_billable_the_day_after(self):
        terms = _terms(_line(timing="arrears"))
        self.assertFalse(billing.target(terms, _window("2026-01-01", "2026-01-30")))
        [one] = billing.target(terms, _window("2026-01-01", "2026-01-31"))
        self.assertEqual((one.billing_day, one.due), (date(2026, 1, 31), date(2026, 2, 1)))
        self.assertFalse(billing.target(terms, billing.Window.as_of(date(2026, 1, 1), date(2026, 1, 31))))
        self.assertTrue(billing.target(terms, billing.Window.as_of(date(2026, 1, 1), date(2026, 2, 1))))

    def test_usage_is_not_prorated(self):
        line = _line(price="0.5", start="2026-01-20", charge_type="usage", timing="arrears", quantity=Decimal(100))
        terms = _terms(line, start="2026-01-20")
        self.assertEqual(_total(terms, "2026-01-01", "2026-01-31"), Decimal("50.00"))

    def test_meter_decides_quantity_and_late_use_becomes_a_difference(self):
        line = _line(price="0.5", charge_type="usage", timing="arrears", meter=_Meter({1: 100, 2: 40}))
        slices = billing.target(_terms(line), _window("2026-01-01", "2026-03-31"))
        self.assertEqual([one.amount for one in slices], [50, 20, 0])
        self.assertEqual([one.reported for one in slices], [True, True, False])
        booked = {one.key: billing.Booked(one.amount, 1, one.start, one.end) for one in slices}
        terms, window = _terms(line), _window("2026-01-01", "2026-03-31")
        self.assertFalse(billing.difference(terms, window, slices, booked))
        late = _line(price="0.5", charge_type="usage", timing="arrears", meter=_Meter({1: 130, 2: 36}))
        changed = billing.target(_terms(late), _window("2026-01-01", "2026-03-31"))
        more, less = billing.difference(terms, window, changed, booked)
        self.assertEqual((more.difference, more.revision, more.booked), (15, 1, 50))
        self.assertEqual(less.difference, -2)

    def test_included_quantity_shrinks_with_a_part_of_a_period(self):
        price = Price("standard", unit_price="1", included_quantity="310")
        line = _line(price=price, charge_type="usage", timing="arrears", start="2026-01-22", quantity=Decimal(150))
        # 10 of 31 days: 100 are included.
        self.assertEqual(_total(_terms(line, start="2026-01-22"), "2026-01-01", "2026-01-31"), Decimal(50))

    def test_one_time_is_charged_once_on_its_day(self):
        terms = _terms(_line(price="500", charge_type="one_time", months=0, start="2026-03-10"))
        self.assertEqual(_total(terms, "2026-01-01", "2026-03-09"), 0)
        self.assertEqual(_total(terms, "2026-01-01", "2030-01-01"), Decimal(500))

    def test_no_proration_charges_any_part_in_full(self):
        terms = _terms(_line(day_count="none", start="2026-01-31", end="2026-02-02"), end="2027-01-01")
        self.assertEqual(_total(terms, "2026-01-01", "2026-12-31"), Decimal(200))

    def test_line_never_leaves_the_contract(self):
        terms = _terms(_line(start="2025-06-01", end="2027-01-01"), end="2026-03-01")
        slices = billing.target(terms, _window("2025-01-01", "2028-01-01"))
        self.assertEqual((slices[0].start, slices[-1].end), (date(2026, 1, 1), date(2026, 3, 1)))

    def test_percent_off_the_whole_for_three_periods_counts_from_the_start(self):
        off = Discount("d", "Launch", "percent", Decimal(50), periods=3)
        terms = _terms(_line(), discounts=(off,))
        amounts = [one.amount for one in billing.target(terms, _window("2026-01-01", "2026-05-31"))]
        self.assertEqual(amounts, [50, 50, 50, 100, 100])

    def test_amount_off_the_whole_is_spread_to_the_cent(self):
        off = Discount("d", "Loyalty", "amount", Decimal(10))
        terms = _terms(_line(1, "33.33"), _line(2, "33.33"), _line(3, "33.34"), discounts=(off,))
        slices = billing.target(terms, _window("2026-01-01", "2026-01-31"))
        self.assertEqual(sum(one.amount for one in slices), Decimal("90.00"))
        self.assertEqual(sum(step.amount for one in slices for step in one.steps), Decimal(10))

    def test_amount_off_the_whole_is_the_same_in_two_runs_as_in_one(self):
        off = Discount("d", "Loyalty", "amount", Decimal(10))
        terms = _terms(_line(1), _line(2, start="2026-01-20"), discounts=(off,))
        whole = _total(terms, "2026-01-01", "2026-01-31")
        parts = _total(terms, "2026-01-01", "2026-01-10") + _total(terms, "2026-01-11", "2026-01-31")
        self.assertEqual(whole, parts)

    def test_amount_off_the_whole_comes_off_once_in_advance_and_in_arrears_together(self):
        off = Discount("d", "Loyalty", "amount", Decimal(10))
        terms = _terms(_line(1), _line(2, timing="arrears"), discounts=(off,))
        # In February both the advance of February and the arrears of February carry their half.
        self.assertEqual(_total(terms, "2026-02-01", "2026-02-28"), Decimal(190))
        self.assertEqual(_total(terms, "2026-02-01", "2026-02-01"), Decimal(95))

    def test_amount_off_is_never_more_than_what_is_charged(self):
        off = Discount("d", "Gift", "amount", Decimal(1000))
        terms = _terms(_line(), discounts=(off,))
        self.assertEqual(_total(terms, "2026-01-01", "2026-01-31"), 0)

    def test_amount_off_is_prorated_with_a_stub(self):
        off = Discount("d", "Loyalty", "amount", Decimal(31))
        terms = _terms(_line(price="310", start="2026-01-22"), start="2026-01-22", discounts=(off,))
        # 10 of 31 days: 100 less 10.
        self.assertEqual(_total(terms, "2026-01-01", "2026-01-31"), Decimal("90.00"))

    def test_discount_on_the_line_comes_before_the_one_on_the_whole(self):
        own = Discount("own", "Seats", "amount", Decimal(20), sequence=90)
        whole = Discount("all", "Partner", "percent", Decimal(10), sequence=1)
        terms = _terms(_line(discounts=(own,)), discounts=(whole,))
        [one] = billing.target(terms, _window("2026-01-01", "2026-01-31"))
        self.assertEqual([step.key for step in one.steps], ["own", "all"])
        self.assertEqual(one.amount, Decimal("72.00"))

    def test_explanation_adds_up(self):
        price = Price("graduated", tiers=(PriceTier(10, "5"), PriceTier(None, "3")))
        off = Discount("d", "Launch", "percent", Decimal(10))
        line = _line(price=price, charge_type="per_unit", quantity=Decimal(15), discounts=(off,), start="2026-01-22")
        [one] = billing.target(_terms(line, start="2026-01-22"), _window("2026-01-01", "2026-01-31"))
        facts = one.explain()
        self.assertEqual(sum(step["amount"] for step in facts["price"]["steps"]), 65)
        self.assertEqual((facts["share"]["numerator"], facts["share"]["denominator"]), (10, 31))
        self.assertAlmostEqual(facts["prorated"], 65 * 10 / 31)
        self.assertAlmostEqual(facts["net"], facts["gross"] - facts["discounts"][0]["amount"])
        self.assertEqual(facts["amount"], 18.87)

    def test_next_due_is_the_first_gap(self):
        terms = _terms(_line(1), _line(2, months=3, timing="arrears"))
        booked = {(1, date(2026, 1, 1)), (1, date(2026, 3, 1))}
        self.assertEqual(billing.next_due(terms, booked.__contains__), date(2026, 2, 1))
        booked |= {(1, boundary(date(2026, 1, 1), 1, 1, number)) for number in range(6)}
        self.assertEqual(billing.next_due(terms, booked.__contains__), date(2026, 4, 1))
        ended = _terms(_line(1, end="2026-02-01"))
        self.assertIsNone(billing.next_due(ended, {(1, date(2026, 1, 1))}.__contains__))


days = st.integers(0, 800).map(lambda number: date(2024, 1, 1) + timedelta(number))

discounts = st.lists(
    st.builds(
        Discount,
        key=st.integers(1, 9),
        name=st.just("Off"),
        kind=st.sampled_from(["percent", "amount"]),
        value=st.decimals("1", "99", places=2),
        periods=st.one_of(st.none(), st.integers(1, 9)),
    ),
    max_size=2,
)


@st.composite
def contracts(draw):
    start = draw(days)
    lines = []
    for key in range(draw(st.integers(1, 3))):
        line_start = start + timedelta(draw(st.integers(0, 90)))
        months = draw(st.sampled_from([1, 2, 3, 6, 12]))
        length = draw(st.one_of(st.none(), st.integers(1, 900)))
        lines.append(
            _line(
                key,
                str(draw(st.decimals("0", "5000", places=2))),
                months,
                line_start.isoformat(),
                (line_start + timedelta(length)).isoformat() if length else None,
                timing=draw(st.sampled_from(["advance", "arrears"])),
                day_count=draw(st.sampled_from(["actual", "thirty_day", "thirty_360", "none"])),
            )
        )
    return _terms(*lines, start=start.isoformat(), anchor=draw(st.integers(1, 31)), discounts=tuple(draw(discounts)))


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineBillingProperties(BaseCase):
    @settings(max_examples=120, deadline=None, derandomize=True)
    @given(contracts(), st.lists(st.integers(0, 48 * 31), max_size=12))
    def test_any_split_of_runs_books_what_one_run_books(self, terms, cuts):
        first, last = terms.start, terms.start + timedelta(48 * 31)
        whole = billing.target(terms, billing.Window(first, last))
        booked, begin = {}, first
        for end in [*sorted({first + timedelta(cut) for cut in cuts}), last]:
            # Each run asks for everything since the start or only for what came since, as users do.
            for since in (begin, first):
                window = billing.Window(since, end)
                books = {key: billing.Booked(one.amount, 1, one.start, one.end) for key, one in booked.items()}
                for one in billing.difference(terms, window, billing.target(terms, window), books):
                    booked[one.key] = one
            begin = end + timedelta(1)
        self.assertEqual({one.key: one.amount for one in whole}, {key: one.amount for key, one in booked.items()})
        self.assertEqual(len(whole), len(booked))

    @settings(max_examples=120, deadline=None, derandomize=True)
    @given(contracts())
    def test_slices_of_a_line_are_contiguous_and_do_not_overlap(self, terms):
        last = terms.start + timedelta(48 * 31)
        slices = billing.target(terms, billing.Window(terms.start, last))
        for line in terms.lines:
            own = [one for one in slices if one.line.key == line.key]
            for before, after in zip(own, own[1:], strict=False):
                self.assertEqual(before.end, after.start)
            if own:
                self.assertEqual(own[0].start, line.start)
            if own and line.end and line.end < last:
                self.assertEqual(own[-1].end, line.end)
            self.assertTrue(all(one.amount >= 0 for one in own))

    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(contracts(), st.integers(0, 700))
    def test_line_cut_in_two_costs_what_it_cost_whole(self, terms, offset):
        """Without discounts and with a day count that adds up, the parts differ by a cent of rounding at most."""
        line = terms.lines[0]
        cut = line.start + timedelta(offset + 1)
        if line.day_count == "none" or (line.end and cut >= line.end):
            return
        window = billing.Window(terms.start, terms.start + timedelta(48 * 31))
        plain = _terms(line, start=terms.start.isoformat(), anchor=terms.anchor_day)
        parts = _terms(
            _line(1, str(line.price.unit_price), line.months, line.start.isoformat(), cut.isoformat(),
                  timing="advance", day_count=line.day_count),
            _line(2, str(line.price.unit_price), line.months, cut.isoformat(),
                  line.end.isoformat() if line.end else None, timing="advance", day_count=line.day_count),
            start=terms.start.isoformat(), anchor=terms.anchor_day,
        )  # fmt: skip
        whole = sum(one.net for one in billing.target(_advance(plain), window))
        split = sum(one.net for one in billing.target(parts, window))
        self.assertLess(abs(whole - split), Decimal("0.000001"))


def _advance(terms):
    """Return the terms with the first line billed in advance."""
    first = terms.lines[0]
    return _terms(
        _line(1, str(first.price.unit_price), first.months, first.start.isoformat(),
              first.end.isoformat() if first.end else None, timing="advance", day_count=first.day_count),
        start=terms.start.isoformat(), anchor=terms.anchor_day,
    )  # fmt: skip
