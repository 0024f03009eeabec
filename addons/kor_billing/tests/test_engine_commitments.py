from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_billing.engine import billing
from odoo.addons.kor_enterprise_tiers.engine.discounts import Discount
from odoo.addons.kor_enterprise_tiers.engine.pricing import Price

CENT = Decimal("0.01")
# What adding up here, in 28 digits, may lose.
HAIR = Decimal("1e-20")


@dataclass(frozen=True)
class _Reading:
    quantity: Decimal
    events: Decimal = Decimal(0)
    reported: bool = True
    touched: bool = True


@dataclass(frozen=True)
class _Daily:
    """Count so many units each day, other numbers on some days."""

    quantity: Decimal
    days: dict

    def read(self, start, end):  # pylint: disable=method-required-super
        span = (start + timedelta(number) for number in range((end - start).days))
        return _Reading(sum((Decimal(self.days.get(day, self.quantity)) for day in span), Decimal(0)))


def _line(key, charge_type, price="1", **values):
    timing = "arrears" if charge_type in ("usage", "commitment") else "advance"
    values = {"months": 1, "timing": timing, "day_count": "actual", "start": date(2000, 1, 1), "end": None, **values}
    return billing.Line(key=key, charge_type=charge_type, price=Price("standard", unit_price=price), **values)


def _terms(start, *lines, anchor=1, **values):
    return billing.Terms(
        start=date.fromisoformat(start), end=values.pop("end", None), anchor_day=anchor, rounding=CENT, lines=lines,
        **values,
    )  # fmt: skip


def _target(terms, first, last):
    return billing.target(terms, billing.Window(date.fromisoformat(first), date.fromisoformat(last)))


def _amounts(slices, key):
    return [one.amount for one in slices if one.line.key == key]


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineCommitments(BaseCase):
    def test_published_true_ups(self):
        cases = [
            # source, commitment, base fee, contract's start, window, true-up
            ("Lago: minimum from 8 January 2023", "50", "0", "2023-01-08", ("2023-01-31", "2023-01-31"), "38.71"),
            ("Lago: first period", "10000", "1000", "2023-02-04", ("2023-02-28", "2023-02-28"), "8035.71"),
            ("Lago: full period", "10000", "1000", "2023-02-04", ("2023-03-31", "2023-03-31"), "9000"),
            ("Lago: leap year", "2000", "0", "2024-02-04", ("2024-02-29", "2024-02-29"), "1793.10"),
        ]
        for source, commitment, fee, start, window, true_up in cases:
            with self.subTest(source):
                base = _line(1, "fixed", fee, timing="arrears")
                owed = _line(2, "commitment", commitment, counts=frozenset({1}))
                slices = _target(_terms(start, base, owed), *window)
                self.assertEqual(_amounts(slices, 2), [Decimal(true_up)])

    def test_last_period_owes_its_part(self):
        owed = _line(1, "commitment", "310")
        terms = _terms("2026-01-01", owed, end=date(2026, 1, 11))
        self.assertEqual(_amounts(_target(terms, "2026-01-01", "2026-01-31"), 1), [100])

    def test_base_fee_counts_only_where_agreed(self):
        base, use = _line(1, "fixed", "300"), _line(2, "usage", "2", quantity=Decimal(100))
        for counts, true_up in (({2}, 800), ({1, 2}, 500)):
            owed = _line(3, "commitment", "1000", counts=frozenset(counts))
            slices = _target(_terms("2026-01-01", base, use, owed), "2026-01-31", "2026-01-31")
            self.assertEqual(_amounts(slices, 3), [true_up])

    def test_enough_use_owes_nothing_and_is_explained(self):
        use = _line(1, "usage", "2", quantity=Decimal(600))
        owed = _line(2, "commitment", "1000", counts=frozenset({1}))
        [_use, one] = _target(_terms("2026-01-01", use, owed), "2026-01-01", "2026-01-31")
        self.assertEqual((one.amount, one.explain()["commitment"]["counted"]), (0, 1200))
        self.assertEqual(one.explain()["commitment"]["charges"][0]["line"], 1)

    def test_discounts_come_after_the_comparison(self):
        use = _line(1, "usage", "1", quantity=Decimal(600))
        owed = _line(2, "commitment", "1000", counts=frozenset({1}))
        terms = _terms("2026-01-01", use, owed, discounts=(Discount(1, "Loyalty", "percent", Decimal(10)),))
        slices = _target(terms, "2026-01-01", "2026-01-31")
        # 600 count, 400 lack; a tenth of both is taken off.
        self.assertEqual((_amounts(slices, 1), _amounts(slices, 2)), ([540], [360]))

    def test_year_counts_the_use_of_its_twelve_months_in_whatever_window(self):
        use = _line(1, "usage", "1", quantity=Decimal(50))
        owed = _line(2, "commitment", "1000", months=12, counts=frozenset({1}))
        terms = _terms("2026-01-01", use, owed)
        self.assertEqual(_amounts(_target(terms, "2026-12-31", "2026-12-31"), 2), [400])
        self.assertEqual(_amounts(_target(terms, "2026-01-01", "2027-06-30"), 2), [400])
        self.assertFalse(_amounts(_target(terms, "2026-01-01", "2026-12-30"), 2))

    def test_longer_fee_counts_by_its_days(self):
        fee = _line(1, "fixed", "3650", months=12)
        owed = _line(2, "commitment", "500", counts=frozenset({1}))
        # January has 31 of 365 days: 310 count.
        self.assertEqual(_amounts(_target(_terms("2026-01-01", fee, owed), "2026-01-31", "2026-01-31"), 2), [190])

    def test_late_use_lowers_a_true_up_that_is_billed(self):
        owed = _line(2, "commitment", "1000", counts=frozenset({1}))
        early = _terms("2026-01-01", _line(1, "usage", meter=_Daily(Decimal(10), {})), owed)
        booked = {
            one.key: billing.Booked(one.amount, 1, one.start, one.end)
            for one in _target(early, "2026-01-01", "2026-01-31")
        }
        late = _Daily(Decimal(10), {date(2026, 1, 5): 60})
        terms = _terms("2026-01-01", _line(1, "usage", meter=late), owed)
        window = billing.Window(date(2026, 1, 1), date(2026, 1, 31))
        found = billing.difference(terms, window, billing.target(terms, window), booked)
        self.assertEqual([(one.line.key, one.difference) for one in found], [(1, 50), (2, -50)])

    def test_cap_lowers_each_use_by_what_it_costs(self):
        lines = [_line(key, "usage", "1", quantity=Decimal(number)) for key, number in ((1, 900), (2, 600), (3, 0))]
        terms = _terms("2026-01-01", *lines, cap=billing.Cap(Decimal(1000), 1))
        slices = _target(terms, "2026-01-01", "2026-01-31")
        self.assertEqual([one.amount for one in slices], [600, 400, 0])
        self.assertEqual(slices[0].explain()["cap"], {"due": 1000, "counted": 1500, "taken": 300})
        self.assertNotIn("cap", slices[2].explain())

    def test_cap_shrinks_with_a_part_of_a_period_and_leaves_fees_alone(self):
        use, fee = _line(1, "usage", "1", quantity=Decimal(900)), _line(2, "fixed", "5000")
        terms = _terms("2026-01-22", use, fee, cap=billing.Cap(Decimal(310), 1))
        slices = _target(terms, "2026-01-01", "2026-01-31")
        self.assertEqual((_amounts(slices, 1), _amounts(slices, 2)), ([100], [Decimal("1612.90")]))

    def test_discount_on_capped_use_comes_off_the_cap(self):
        off = (Discount(1, "Loyalty", "percent", Decimal(10)),)
        use = _line(1, "usage", "1", quantity=Decimal(1500), discounts=off)
        terms = _terms("2026-01-01", use, cap=billing.Cap(Decimal(1000), 1))
        self.assertEqual(_amounts(_target(terms, "2026-01-01", "2026-01-31"), 1), [900])

    def test_period_without_any_reading_takes_what_was_entered(self):
        class Silent:
            def read(self, start, end):  # pylint: disable=method-required-super
                return _Reading(Decimal(0), reported=False, touched=False)

        line = _line(1, "usage", "1", quantity=Decimal(7), meter=Silent())
        [one] = _target(_terms("2026-01-01", line), "2026-01-01", "2026-01-31")
        self.assertEqual((one.amount, one.reported), (7, False))


amounts = st.decimals("0", "3000", places=2)
daily = st.builds(_Daily, st.decimals("0", "40", places=3), st.just({}))


@st.composite
def committed(draw):
    """Draw a contract with use, a fee, a cap and a commitment of one to twelve months."""
    start = date(2024, 1, 1) + timedelta(draw(st.integers(0, 400)))
    length = draw(st.one_of(st.none(), st.integers(1, 700)))
    lines = [
        _line(1, "usage", "1", meter=draw(daily)),
        _line(2, "usage", "0.37", meter=draw(daily)),
        _line(3, "fixed", str(draw(amounts))),
        _line(
            4, "commitment", str(draw(amounts)), months=draw(st.sampled_from([1, 3, 12])),
            counts=frozenset(draw(st.sampled_from([(1,), (1, 2), (1, 2, 3)]))),
        ),
    ]  # fmt: skip
    cap = draw(st.one_of(st.none(), st.builds(billing.Cap, amounts, st.just(1))))
    end = start + timedelta(length) if length else None
    return _terms(start.isoformat(), *lines, anchor=draw(st.integers(1, 31)), end=end, cap=cap)


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineCommitmentProperties(BaseCase):
    @settings(max_examples=80, deadline=None, derandomize=True)
    @given(committed())
    def test_each_period_is_charged_between_commitment_and_cap(self, terms):
        slices = billing.target(terms, billing.Window(terms.start, terms.start + timedelta(1000)))
        for one in slices:
            if one.commitment:
                self.assertGreaterEqual(one.gross + one.commitment.counted + HAIR, one.commitment.due)
                self.assertFalse(one.gross and one.commitment.counted > one.commitment.due)
        for period in {one.period_start for one in slices if one.line.charge_type == "usage" and terms.cap}:
            used = [one for one in slices if one.line.charge_type == "usage" and one.period_start == period]
            share = terms.share_of(used[0].line, period, "actual")
            most = terms.cap.amount * share[0] / share[1]
            self.assertLessEqual(sum(one.amount for one in used), most + Decimal("0.02"))

    @settings(max_examples=80, deadline=None, derandomize=True)
    @given(committed(), st.lists(st.integers(0, 1000), max_size=8))
    def test_any_split_of_runs_books_what_one_run_books(self, terms, cuts):
        last = terms.start + timedelta(1000)
        whole = billing.target(terms, billing.Window(terms.start, last))
        booked, spans = {}, {}
        for end in [*sorted({terms.start + timedelta(cut) for cut in cuts}), last]:
            books = {key: billing.Booked(amount, 1, *spans[key]) for key, amount in booked.items()}
            window = billing.Window(terms.start, end)
            for one in billing.difference(terms, window, billing.target(terms, window), books):
                booked[one.key] = booked.get(one.key, 0) + one.difference
                spans[one.key] = (one.start, one.end)
        self.assertEqual({one.key: one.amount for one in whole}, booked)
