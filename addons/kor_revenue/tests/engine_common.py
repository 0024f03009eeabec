from datetime import date
from decimal import Decimal
from fractions import Fraction

from odoo.addons.kor_revenue.engine import months, recognition
from odoo.addons.kor_revenue.engine.delivery import Obligation, Progress, Stretch

CENT = Decimal("0.01")


def day(text):
    return date.fromisoformat(text)


def amounts(text):
    return [Decimal(one) for one in text.split()]


def stretch(start, end, value):
    return Stretch(day(start), day(end), Fraction(value))


def promise(key, method, start, end, value, **values):
    facts = tuple(Progress(day(noted), Fraction(share)) for noted, share in values.pop("progress", ()))
    return Obligation(key, method, (stretch(start, end, value),), facts, **values)


def version(start, price, *obligations, treatment="prospective"):
    return recognition.Version(day(start), Fraction(price), obligations, treatment)


def by_month(*versions, mode="last", until=None):
    first, last = recognition.first_day(versions), recognition.last_day(versions)
    return months.by_month(recognition.curve(versions), first, last, CENT, mode, until)


def of_sole(obligation, price, mode="last"):
    """Return the months of a contract with one promise."""
    found = by_month(recognition.Version(obligation.start, Fraction(price), (obligation,)), mode=mode)
    return found[obligation.key]


def totals(found):
    return {key: sum(row.values(), Decimal(0)) for key, row in found.items()}


def months_of(row):
    """Return amounts by month as text, 2025-01 for January."""
    return {f"{month:%Y-%m}": amount for month, amount in row.items()}
