"""What can be sent to customers: the datasets and their columns, in the order in which files have them.

Amounts are in the currency of their row, and those of credit notes negative, so that they add up.
"""

from .sync_columns import Column, Dataset

CURRENCY = Column("currency", "text", "ISO 4217 code of the row's amounts.")

INVOICES = Dataset(
    "invoices",
    "Invoices",
    "Posted invoices and credit notes of the contract. One that is set back to draft is deleted.",
    (
        Column("id", "integer", "Key."),
        Column("number", "text", "As on the document."),
        Column("type", "text", "invoice or credit_note."),
        Column("contract", "text", "Number of the contract."),
        Column("invoice_date", "date", ""),
        Column("due_date", "date", ""),
        Column("period_from", "date", "First day billed."),
        Column("period_to", "date", "Last day billed."),
        CURRENCY,
        Column("untaxed", "decimal", "Before taxes."),
        Column("tax", "decimal", ""),
        Column("total", "decimal", ""),
        Column("open", "decimal", "Not paid yet."),
        Column("payment_state", "text", "not_paid, in_payment, paid, partial, reversed or blocked."),
        Column("reference", "text", "The customer's own reference, where there is one."),
    ),
)
INVOICE_LINES = Dataset(
    "invoice_lines",
    "Invoice Lines",
    "Lines of posted invoices and credit notes of the contract, without texts and taxes.",
    (
        Column("id", "integer", "Key."),
        Column("invoice_id", "integer", "Key of the invoice."),
        Column("invoice_number", "text", ""),
        Column("sequence", "integer", "Place on the document; ties by id."),
        Column("description", "text", ""),
        Column("product", "text", "Internal reference of the product."),
        Column("quantity", "decimal", ""),
        Column("unit_price", "decimal", ""),
        Column("discount_percent", "decimal", ""),
        CURRENCY,
        Column("untaxed", "decimal", "Before taxes."),
        Column("total", "decimal", "With taxes."),
    ),
)
USAGE_DAYS = Dataset(
    "usage_days",
    "Usage by Day",
    "What each metric came to on each day that is over, in the contract's time zone.",
    (
        Column("id", "integer", "Key."),
        Column("contract", "text", "Number of the contract."),
        Column("day", "date", ""),
        Column("metric", "text", "Code of the metric."),
        Column("unit", "text", ""),
        Column("aggregation", "text", "How the day is made of its events: sum, max, latest and so on."),
        Column("dimension", "text", "The properties by which use is kept apart, as JSON; empty: all together."),
        Column("quantity", "decimal", "What the day came to; of levels that are weighted by time, the last one."),
        Column("events", "integer", ""),
    ),
)
SLA_REPORTS = Dataset(
    "sla_reports",
    "SLA Reports",
    "Monthly reports of what was promised, as they were told. A correction is a report of its own.",
    (
        Column("id", "integer", "Key."),
        Column("contract", "text", "Number of the contract."),
        Column("month", "date", "Its first day."),
        Column("revision", "integer", "1: as it was first told."),
        Column("is_current", "boolean", "false: a later revision corrects it."),
        Column("date_from", "date", ""),
        Column("date_to", "date", ""),
        Column("uptime_percent", "decimal", ""),
        Column("uptime_target_percent", "decimal", ""),
        Column("down_seconds", "decimal", ""),
        Column("targets", "integer", "Number of promises."),
        Column("missed", "integer", "Number of promises that were not kept."),
        Column("is_met", "boolean", "All were kept."),
        CURRENCY,
        Column("fees", "decimal", "On which credits are counted."),
        Column("credit", "decimal", "What follows from what was missed."),
    ),
)
TICKETS = Dataset(
    "tickets",
    "Support Tickets",
    "Tickets of the contract, without what was written in them.",
    (
        Column("id", "integer", "Key."),
        Column("number", "text", ""),
        Column("contract", "text", "Number of the contract."),
        Column("title", "text", ""),
        Column("channel", "text", "portal, email, phone, api or chat."),
        Column("state", "text", "new, in_progress, waiting or resolved."),
        Column("priority", "integer", "0 low, 1 medium, 2 high, 3 urgent."),
        Column("opened", "datetime", ""),
        Column("closed", "datetime", ""),
        Column("next_deadline", "datetime", "Of what is promised next; empty where nothing is pending."),
    ),
)
EXPORTS = {one.code: one for one in (INVOICES, INVOICE_LINES, USAGE_DAYS, SLA_REPORTS, TICKETS)}
# Read from the customer's files, so without numbers of changes: see `sync_import`.
COUNTS = Dataset(
    "counts",
    "Users and Components",
    "How many users and components the customer counts, as files in their folder.",
    (
        Column("time", "text", "Day (YYYY-MM-DD, in the contract's time zone) or moment with its offset or Z."),
        Column("metric", "text", "users or components."),
        Column("quantity", "decimal", "How many there are then."),
    ),
)
IMPORTS = {COUNTS.code: COUNTS}
DATASETS = EXPORTS | IMPORTS
