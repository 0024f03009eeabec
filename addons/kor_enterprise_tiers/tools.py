import base64
import re
from contextlib import contextmanager
from datetime import date

from odoo import fields
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools.image import image_process
from odoo.tools.misc import formatLang

from .engine.money import to_decimal

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


def parse_day(value):
    """Return the date that plain input gives, a date or a text such as 2026-01-31; None where it gives none."""
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?", value):
        # The ORM would take the first ten characters of anything.
        return None
    try:
        return fields.Date.to_date(value) if isinstance(value, str | date) else None
    except ValueError:
        return None


def _get_decimals(value):
    """Return how many decimal places a number needs to be shown in full."""
    exponent = to_decimal(value).normalize().as_tuple().exponent
    return max(0, -exponent)


def format_quantity(env, value):
    """Return a number as the user's language writes it, with no more decimals than it has."""
    return formatLang(env, float(value), digits=_get_decimals(value))


def put_in_sentence(env, label):
    """Return a label as it stands inside a sentence; German writes its nouns with a capital there too."""
    return label if (env.lang or "").startswith("de") else label[:1].lower() + label[1:]


def format_measured(env, value):
    """Return a measured number as people read it: an average over time has no end of decimals."""
    number = to_decimal(value)
    return format_quantity(env, round(number, 2 if abs(number) >= 100 else 6))


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


def get_rounding(currency):
    """Return the smallest part of a currency as the engine takes it; a cent where none is chosen yet."""
    return to_decimal(currency.rounding or 0.01)


def open_form(record, **values):
    """Return the window action that opens the form of a record."""
    return {
        "type": "ir.actions.act_window",
        "res_model": record._name,
        "res_id": record.id,
        "views": [(False, "form")],
        **values,
    }


def insist(env, work, tries=5):
    """Do work and return its result, from the start again where somebody else changed meanwhile what it read."""
    for tries_left in reversed(range(tries)):
        try:
            return work()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            # Only a new transaction sees what the other one has done.
            env.cr.rollback()
            if not tries_left:
                raise


def work_off(tasks, remaining, work):
    """Work off records in the state running, batch by batch, as a job beside others that do the same.

    :param remaining: how much there is to do, as the job's progress counts it
    :param work: does a batch of a record and returns how much that was; 0 leaves what is left to others
    """
    env = tasks.env
    cron = env["ir.cron"]
    cron._commit_progress(remaining=remaining)
    for task in tasks:
        while task.state == "running":
            through = work(task.with_company(task.company_id))
            if not cron._commit_progress(through):
                return
            # What was done is not read again; kept, it would grow with each batch.
            env.invalidate_all()
            if not through:
                break


@contextmanager
def taken_back(env):
    """Take back whatever is written inside: what is only looked at leaves nothing behind."""
    savepoint = env.cr.savepoint(flush=True)
    try:
        yield
    finally:
        savepoint.close(rollback=True)
        env.invalidate_all(flush=False)


def read_whole_number(env, parameter, default, lowest=0):
    """Return the whole number that a system parameter says; the default where it says none, or one below the lowest."""
    text = env["ir.config_parameter"].sudo().get_param(parameter)  # whoever works goes by the system's parameter
    return int(text) if str(text).isdecimal() and int(text) >= lowest else default


def is_picture(data):
    """Tell whether text is a picture in base64. A field would take what it cannot read as none."""
    try:
        raw = base64.b64decode(data or "", validate=True)
        # Odoo takes any markup for a drawing.
        return not raw.startswith(b"<") and bool(image_process(raw, verify_resolution=True))
    except (TypeError, ValueError, UserError):
        return False
