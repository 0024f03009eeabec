from datetime import date, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_sales_pipeline.engine import funnel
from odoo.addons.kor_sales_pipeline.engine.funnel import Deal, FunnelError, Visit

STAGES = ("lead", "qualification", "proposal", "negotiation", "signing", "onboarding")
NOW = datetime(2026, 3, 1)


def _at(text):
    return datetime.strptime(f"2026 {text}", "%Y %b %d")


def _deal(key, *steps, lost=None, value=0, probability=0, closing=None):
    """Make a deal of (stage, day) pairs, each visit left when the next one begins."""
    moments = [_at(day) for _stage, day in steps]
    ends = [*moments[1:], _at(lost) if lost else None]
    visits = tuple(Visit(stage, start, end) for (stage, _day), start, end in zip(steps, moments, ends, strict=True))
    won = moments[-1] if steps[-1][0] == "onboarding" else None
    return Deal(key, visits, won, _at(lost) if lost else None, Decimal(value), Decimal(probability), closing)


STRAIGHT = _deal(
    "straight", ("lead", "Jan 1"), ("qualification", "Jan 3"), ("proposal", "Jan 8"), ("negotiation", "Jan 10"),
    ("signing", "Jan 20"), ("onboarding", "Jan 25"), value=1000,
)  # fmt: skip
SKIPS = _deal("skips", ("lead", "Jan 5"), ("proposal", "Jan 9"), lost="Jan 19", value=400)
RETURNS = _deal(
    "returns", ("lead", "Jan 6"), ("qualification", "Jan 8"), ("proposal", "Jan 12"), ("qualification", "Jan 14"),
    ("proposal", "Jan 20"), ("negotiation", "Feb 1"), value=600, probability=50, closing=date(2026, 4, 20),
)  # fmt: skip
LOST = _deal("lost", ("lead", "Feb 2"), lost="Feb 5")
YOUNG = _deal(
    "young", ("lead", "Feb 10"), ("qualification", "Feb 20"), value=300, probability=20, closing=date(2026, 4, 2)
)
LATE_START = _deal(
    "late start", ("proposal", "Feb 3"), ("negotiation", "Feb 4"), ("signing", "Feb 8"), ("onboarding", "Feb 13"),
    value=2000,
)  # fmt: skip
DEALS = (STRAIGHT, SKIPS, RETURNS, LOST, YOUNG, LATE_START)


@tagged("post_install", "-at_install", "kor_engine")
class TestFunnel(BaseCase):
    def test_conversion_counts_skips_as_passed_and_returns_once(self):
        for source, target, reached, converted, lost, still in (
            ("lead", "qualification", 6, 5, 1, 0),
            ("qualification", "proposal", 5, 4, 0, 1),
            ("proposal", "negotiation", 4, 3, 1, 0),
            ("negotiation", "signing", 3, 2, 0, 1),
            ("signing", "onboarding", 2, 2, 0, 0),
            ("lead", "proposal", 6, 4, 1, 1),
            ("lead", "onboarding", 6, 2, 2, 2),
            ("qualification", "onboarding", 5, 2, 1, 2),
        ):
            with self.subTest(source=source, target=target):
                found = funnel.conversion(DEALS, STAGES, source, target)
                self.assertEqual(
                    (found.reached, found.converted, found.lost, found.open), (reached, converted, lost, still)
                )
                self.assertEqual(round(found.rate, 6), round(Decimal(100 * converted) / reached, 6))

    def test_cohort_is_the_month_in_which_the_first_stage_was_reached(self):
        self.assertEqual(
            {month: tuple(counts.values()) for month, counts in funnel.cohorts(DEALS, STAGES, "lead").items()},
            {"2026-01": (3, 3, 3, 2, 1, 1), "2026-02": (3, 2, 1, 1, 1, 1)},
        )
        # The deal that entered the negotiation in February belongs to the cohort of that month.
        self.assertEqual(
            {month: tuple(counts.values()) for month, counts in funnel.cohorts(DEALS, STAGES, "negotiation").items()},
            {"2026-01": (1, 1, 1), "2026-02": (2, 1, 1)},
        )

    def test_conversions_take_the_deals_that_reached_the_source_in_the_window(self):
        pairs = {(one.source, one.target): one for one in funnel.conversions(DEALS, STAGES, _at("Feb 1"), _at("Mar 1"))}
        self.assertEqual(len(pairs), 15)
        for pair, reached, converted in (
            (("lead", "qualification"), 3, 2),
            (("qualification", "proposal"), 2, 1),
            (("negotiation", "signing"), 2, 1),
            (("lead", "onboarding"), 3, 1),
        ):
            with self.subTest(pair=pair):
                self.assertEqual((pairs[pair].reached, pairs[pair].converted), (reached, converted))

    def test_time_in_stage_adds_returns_and_leaves_out_who_still_stands_there(self):
        times = funnel.time_in_stages(DEALS, STAGES, NOW)
        for stage, left, mean, median, standing, standing_mean in (
            ("lead", 5, "4.2", "3", 0, "0"),
            ("qualification", 2, "7.5", "7.5", 1, "9"),
            ("proposal", 4, "6.75", "6", 0, "0"),
            ("negotiation", 2, "7", "7", 1, "28"),
            ("signing", 2, "5", "5", 0, "0"),
            ("onboarding", 0, "0", "0", 2, "25.5"),
        ):
            with self.subTest(stage=stage):
                self.assertEqual(
                    times[stage],
                    funnel.StageTime(left, Decimal(mean), Decimal(median), standing, Decimal(standing_mean)),
                )

    def test_outcome_and_velocity_by_hand(self):
        closed = funnel.outcome(DEALS)
        self.assertEqual((closed.won, closed.lost, closed.rate), (2, 2, 50))
        self.assertEqual((closed.won_value, closed.lost_value, closed.mean_value, closed.cycle), (3000, 400, 1500, 17))
        # Two are open: 2 × 1500 × 50 % / 17 days.
        self.assertEqual(round(funnel.velocity(2, closed.mean_value, closed.rate, closed.cycle), 2), Decimal("88.24"))
        january = funnel.outcome(DEALS, _at("Jan 1"), _at("Feb 1"))
        self.assertEqual((january.won, january.lost, january.cycle), (1, 1, 24))

    def test_nothing_to_divide_by_is_zero(self):
        self.assertEqual(funnel.velocity(5, Decimal(10), Decimal(50), Decimal(0)), 0)
        self.assertEqual(funnel.outcome(()).rate, 0)
        self.assertEqual(funnel.conversion((), STAGES, "lead", "proposal").rate, 0)

    def test_forecast_weighs_open_deals_by_month_undated_last(self):
        undated = _deal("undated", ("lead", "Feb 1"), value=50, probability=10)
        found = funnel.forecast((*DEALS, undated))
        self.assertEqual(
            [(one.month, one.deals, one.value, one.weighted) for one in found],
            [("2026-04", 2, 900, 360), (None, 1, 50, 5)],
        )

    def test_unusable_facts_are_refused_with_a_sentence(self):
        for call, sentence in (
            (lambda: Visit("lead", _at("Feb 2"), _at("Feb 1")), "cannot end before"),
            (lambda: Deal(1, (), NOW, NOW), "both won and lost"),
            (lambda: funnel.conversion(DEALS, STAGES, "proposal", "lead"), "leads no way forward"),
            (lambda: funnel.conversion(DEALS, STAGES, "proposal", "proposal"), "leads no way forward"),
            (lambda: funnel.reached(STRAIGHT, STAGES[1:]), "none of the given stages"),
            (lambda: funnel.conversion(DEALS, ("lead", "lead"), "lead", "lead"), "given twice"),
        ):
            with self.subTest(sentence=sentence), self.assertRaisesRegex(FunnelError, sentence):
                call()


@st.composite
def _random_deal(draw):
    places = draw(st.lists(st.integers(0, 5), min_size=1, max_size=8))
    moment, visits = datetime(2026, 1, 1) + timedelta(days=draw(st.integers(0, 90))), []
    for place in places:
        end = moment + timedelta(hours=draw(st.integers(0, 500)))
        visits.append(Visit(STAGES[place], moment, end))
        moment = end
    lost = draw(st.booleans())
    return Deal(draw(st.integers()), tuple(visits), None, moment if lost else None)


@tagged("post_install", "-at_install", "kor_engine")
class TestFunnelLaws(BaseCase):
    @settings(max_examples=120, deadline=None)
    @given(st.lists(_random_deal(), max_size=6))
    def test_every_deal_is_converted_lost_or_open_and_none_reaches_more_than_before(self, deals):
        for one in funnel.conversions(deals, STAGES):
            self.assertTrue(0 <= one.converted <= one.reached and one.lost >= 0 and one.open >= 0)
            self.assertTrue(0 <= one.rate <= 100)
        for counts in funnel.cohorts(deals, STAGES, "lead").values():
            self.assertEqual(sorted(counts.values(), reverse=True), list(counts.values()))
        self.assertEqual(sum(counts["lead"] for counts in funnel.cohorts(deals, STAGES, "lead").values()), len(deals))

    @settings(max_examples=120, deadline=None)
    @given(_random_deal())
    def test_visits_that_go_back_change_no_conversion(self, deal):
        best, forward = -1, []
        for visit in deal.visits:
            if STAGES.index(visit.stage) > best:
                best = STAGES.index(visit.stage)
                forward.append(visit)
        straight = Deal(deal.key, tuple(forward), deal.won, deal.lost)
        self.assertEqual(funnel.reached(deal, STAGES), funnel.reached(straight, STAGES))
        self.assertEqual(funnel.conversions([deal], STAGES), funnel.conversions([straight], STAGES))

    @settings(max_examples=60, deadline=None)
    @given(st.lists(_random_deal(), max_size=5))
    def test_cohorts_add_up_to_the_conversion(self, deals):
        for target in STAGES[1:]:
            whole = funnel.conversion(deals, STAGES, "lead", target)
            months = funnel.cohorts(deals, STAGES, "lead").values()
            self.assertEqual(whole.converted, sum(counts[target] for counts in months))

    @settings(max_examples=60, deadline=None)
    @given(_random_deal())
    def test_time_in_stages_is_the_time_from_first_to_last(self, deal):
        times = funnel.time_in_stages([deal], STAGES, NOW)
        total = sum(one.mean for one in times.values())
        spent = deal.visits[-1].left - deal.visits[0].entered
        self.assertAlmostEqual(float(total), spent.total_seconds() / 86400, places=6)
