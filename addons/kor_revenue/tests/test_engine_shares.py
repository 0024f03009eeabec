import random
from datetime import date, timedelta
from fractions import Fraction

from odoo.tests import BaseCase, tagged

from ..engine import delivery, recognition, shares


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineShares(BaseCase):
    """What an explanation says of a promise is what its curve comes to."""

    def _make_promise(self, chance, key):
        start = date(2026, 1, 1) + timedelta(days=chance.randrange(200))
        stretch = delivery.Stretch(
            start, start + timedelta(days=chance.randrange(30, 300)), Fraction(chance.randrange(1, 9))
        )
        return delivery.Obligation(
            key, chance.choice(("day", "month", "equal", "point")), (stretch,), is_residual=key == 2
        )

    def _make_versions(self, chance):
        """Return versions of which each adds a promise, or changes the price only."""
        promises = [self._make_promise(chance, 0)]
        versions = [recognition.Version(date(2026, 1, 1), Fraction(chance.randrange(1, 99)), tuple(promises))]
        for key in range(1, chance.randrange(1, 5)):
            treatment = chance.choice(recognition.TREATMENTS)
            if treatment == "separate" or chance.random() < 0.5:
                promises.append(self._make_promise(chance, key))
            more = chance.randrange(0 if treatment == "separate" else -20, 50)
            day = versions[-1].day + timedelta(days=chance.randrange(1, 90))
            if treatment == "separate":
                day = min(day, promises[-1].start)
                day = max(day, versions[-1].day)
            versions.append(recognition.Version(day, versions[-1].price + more, tuple(promises), treatment))
        return versions

    def test_shares_add_up_to_the_price_and_are_what_is_earned_in_the_end(self):
        chance = random.Random(5)
        for number in range(300):
            versions = self._make_versions(chance)
            with self.subTest(number=number, versions=versions):
                parts = shares.shares(versions)[-1]
                curve = recognition.curve(versions)
                for key, share in parts.items():
                    self.assertEqual(share.total, curve.earned(key, date.max))
                self.assertEqual(sum(share.total for share in parts.values()), versions[-1].price)

    def test_a_price_is_shared_by_what_promises_are_worth_alone(self):
        year = delivery.Stretch(date(2026, 1, 1), date(2027, 1, 1), Fraction(1200))
        once = delivery.Stretch(date(2026, 1, 1), date(2026, 1, 2), Fraction(300))
        version = recognition.Version(
            date(2026, 1, 1),
            Fraction(1200),
            (delivery.Obligation("fee", "month", (year,)), delivery.Obligation("setup", "point", (once,))),
        )
        (parts,) = shares.shares([version])
        self.assertEqual((parts["fee"].amount, parts["setup"].amount), (960, 240))
        self.assertEqual((parts["setup"].pool, parts["setup"].whole, parts["setup"].own), (1200, 1500, 300))
