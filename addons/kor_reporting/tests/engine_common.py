from datetime import date
from decimal import Decimal

from odoo.addons.kor_reporting.engine.mrr import Fact

CENT = Decimal("0.01")


def day(text):
    return date.fromisoformat(text)


def amount(text):
    return Decimal(str(text))


def amounts(text):
    return [Decimal(one) for one in text.split()]


def fact(contract, start, mrr, cause=None, customer=None, **values):
    """Return a fact; a contract is its own customer where none is given."""
    return Fact(contract, customer or contract, day(start), amount(mrr), cause, **values)


def moved(rows):
    """Return what moved by kind, without what did not."""
    return {kind: value for kind, value in rows.items() if value}
