from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_sla.engine.availability import Outage, Rules, measure
from odoo.addons.kor_sla.engine.credits import Band, BandError, Claim, CreditError, band_of, check_bands, settle

from .engine_common import MINUTE, at, local_month

CENT = Decimal("0.01")
PERCENTS = st.lists(st.decimals(0, 100, places=4), max_size=8)
AMOUNTS = st.decimals(0, 10**7, places=2)
ROUNDINGS = st.sampled_from([Decimal("0.01"), Decimal("0.05"), Decimal(1)])


def _bands(*rows):
    return [Band(*map(Decimal, row.split())) for row in rows]


def _claims(*percents):
    return [Claim(number, "response", Decimal(percent)) for number, percent in enumerate(percents)]


def _settle(percents, base="1000", cap="50", minimum="1.00", rounding=CENT):
    return settle(_claims(*percents), Decimal(base), Decimal(cap), Decimal(minimum), rounding)


def _availability(minutes):
    """Return the availability of 30 days with so many minutes down."""
    start = at("2026-04-01")
    outage = Outage(1, "down", start, start + minutes * MINUTE)
    return measure([local_month(2026, 4)], [outage], Rules(), at("2026-05-01")).availability


@tagged("post_install", "-at_install", "kor_engine")
class TestCredits(BaseCase):
    def test_bands_of_published_terms(self):
        bands = _bands("99.0 99.99 10", "95.0 99.0 30", "0 95.0 100")
        check_bands(bands, Decimal("99.99"))
        for minutes, percent in [(4, 0), (5, 10), (432, 10), (433, 30), (2160, 30), (2161, 100)]:
            with self.subTest(minutes):
                band = band_of(bands, _availability(minutes))
                self.assertEqual(band.percent if band else 0, percent)

    def test_an_hour_in_thirty_days_falls_into_the_first_band(self):
        bands = _bands("0 99.9 10")
        self.assertEqual(f"{float(_availability(60)):.6f}", "99.861111")
        self.assertEqual(band_of(bands, _availability(60)).percent, 10)

    def test_bands_are_half_open(self):
        bands = _bands("0 99 25", "99 99.9 10")
        cases = [("99.9", None), ("99", 10), ("98.999999999", 25), ("0", 25), ("100", None)]
        for uptime, percent in cases:
            with self.subTest(uptime):
                band = band_of(bands, Fraction(uptime))
                self.assertEqual(band and band.percent, percent)

    def test_incomplete_tables_are_refused_with_what_would_be_right(self):
        cases = [
            ("none", [], "give the bands from 0"),
            ("exactly 99.0 undefined", ["0 99 30", "99.000001 99.9 10"], "from 99 up to 99.000001 % have no credit"),
            ("overlap", ["0 99.5 30", "99 99.9 10"], "from 99 up to 99.5 % have more than one credit"),
            ("twice", ["0 99.9 30", "0 99.9 30"], "from 0 up to 99.9 % have more than one"),
            ("not from 0", ["95 99.9 10"], "from 0 up to 95 % have no credit"),
            ("below 0", ["-1 99.9 10"], "lowest must start at 0"),
            ("not up to the target", ["0 99 10"], "from 99 up to the target of 99.9 % have no credit"),
            ("beyond the target", ["0 99.95 10"], "beyond the target of 99.9 %"),
            ("empty band", ["0 0 10", "0 99.9 10"], "must end above its start"),
            ("too much", ["0 99.9 101"], "between 0 and 100"),
        ]
        for name, rows, message in cases:
            with self.subTest(name), self.assertRaisesRegex(BandError, message):
                check_bands(_bands(*rows), Decimal("99.9"))
        for target in ("0", "100.1"):
            with self.subTest(target), self.assertRaisesRegex(BandError, "above 0 and at most 100"):
                check_bands(_bands("0 99 10"), Decimal(target))

    def test_credits_are_capped_together(self):
        """10 % and 45 % of 1,000 are 550; at most 50 % is 500, shared 100 : 450."""
        found = _settle(["10", "45"])
        self.assertEqual((found.raw, found.total, found.capped), (550, 500, True))
        self.assertEqual([line.raw for line in found.lines], [100, 450])
        self.assertEqual([line.amount for line in found.lines], [Decimal("90.91"), Decimal("409.09")])
        self.assertFalse(_settle(["10", "40"]).capped)

    def test_credit_of_the_minimum_or_less_is_not_issued(self):
        for percent, total, below in [("0.1", 0, True), ("0.101", "1.01", False), ("0", 0, False)]:
            with self.subTest(percent):
                found = _settle([percent])
                self.assertEqual((found.total, found.below_minimum), (Decimal(total), below))
                self.assertEqual([line.amount for line in found.lines], [Decimal(total)])

    def test_cap_is_not_exceeded_by_rounding(self):
        # Half of 0.99 is 0.495, which would round up.
        self.assertEqual(_settle(["60"], "0.99", minimum="0").total, Decimal("0.49"))
        self.assertEqual(_settle(["100"], "1.99", "100", "0", Decimal(1)).total, 1)

    def test_nothing_is_given_for_nothing(self):
        for percents, base in [([], "1000"), (["10"], "0"), (["10"], "-500")]:
            with self.subTest(percents=percents, base=base):
                found = _settle(percents, base)
                self.assertEqual((found.total, found.capped, found.below_minimum), (0, False, False))

    def test_unusable_claims_are_refused_with_what_would_be_right(self):
        cases = [
            (lambda: Claim(1, "mood", Decimal(1)), "must be one of uptime"),
            (lambda: Claim(1, "uptime", Decimal(-1)), "must be 0 or more"),
            (lambda: _settle(["1"], cap="-1"), "must be 0 or more"),
            (lambda: _settle(["1"], minimum="-1"), "must be 0 or more"),
        ]
        for refused, message in cases:
            with self.subTest(message), self.assertRaisesRegex(CreditError, message):
                refused()

    @given(st.lists(st.integers(1, 999_999), max_size=6, unique=True), st.integers(0, 10**9))
    def test_every_uptime_below_the_target_has_one_band(self, edges, point):
        edges = [0, *sorted(edges), 1_000_000]
        bands = [
            Band(Decimal(start) / 10_000, Decimal(end) / 10_000, Decimal(10))
            for start, end in zip(edges, edges[1:], strict=False)
        ]
        check_bands(bands[::-1], Decimal(100))
        uptime = Fraction(point, 10**7)
        holding = [band for band in bands if band.start <= uptime < band.end]
        self.assertEqual([band_of(bands, uptime)], holding or [None])
        self.assertEqual(len(holding), uptime < 100)

    @given(PERCENTS, AMOUNTS, st.decimals(0, 200, places=2), st.decimals(0, 50, places=2), ROUNDINGS)
    def test_amounts_add_up_within_the_cap_or_are_nothing(self, percents, base, cap, minimum, rounding):
        found = settle(_claims(*percents), base, cap, minimum, rounding)
        self.assertEqual(sum(line.amount for line in found.lines), found.total)
        self.assertEqual(sum(line.raw for line in found.lines), found.raw)
        self.assertEqual(found.total % rounding, 0)
        self.assertLessEqual(Fraction(found.total), Fraction(base) * Fraction(cap) / 100)
        self.assertTrue(found.total == 0 or found.total > minimum)
        if not found.capped and not found.below_minimum:
            self.assertLess(abs(found.total - found.raw), rounding)
        for line in found.lines:
            self.assertLess(line.amount, line.raw + rounding)
