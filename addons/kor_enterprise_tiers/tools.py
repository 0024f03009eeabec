from odoo.tools.misc import formatLang

from .engine.money import to_decimal

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


def _get_decimals(value):
    """Return how many decimal places a number needs to be shown in full."""
    exponent = to_decimal(value).normalize().as_tuple().exponent
    return max(0, -exponent)


def format_quantity(env, value):
    """Return a number as the user's language writes it, with no more decimals than it has."""
    return formatLang(env, float(value), digits=_get_decimals(value))


def format_price(env, value, currency):
    """Return a price in full: 0.023 keeps its third decimal, 29 shows those of the currency.

    Odoo's own `formatLang` with a currency would round a unit price of 0.023 to 0.02.
    """
    digits = max(currency.decimal_places if currency else 2, _get_decimals(value))
    text = formatLang(env, float(value), digits=digits)
    if not currency:
        return text
    parts = (text, currency.symbol) if currency.position == "after" else (currency.symbol, text)
    return NO_BREAK_SPACE.join(parts)
