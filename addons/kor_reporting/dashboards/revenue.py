"""What was earned, what was asked for, and what is still to come, for finance."""

from .executive import MOVED, MOVEMENTS, MRR, PROFIT, PROFITS, REPORTS
from .figures import MOVEMENT, add_figures, add_note
from .workbook import COUNT, Workbook, number, shorten, text, value_of

REMAINING = "kor.revenue.remaining"
REMAINING_MENU = "kor_revenue.kor_revenue_remaining_menu"
INVOICES = "kor_billing.kor_invoice_menu"
REVENUE = [["kind", "=", "revenue"]]
OPEN = [
    ["kor_contract_id", "!=", False],
    # Not credit notes: what a customer is given is nothing that is overdue.
    ["move_type", "=", "out_invoice"],
    ["state", "=", "posted"],
    ["amount_residual", "!=", 0],
]
OVERDUE = [*OPEN, ["invoice_date_due", "<", "today"]]
FIGURES = (
    ("Recognised", "revenue", "recognised", "money"),
    ("Invoiced", "revenue", "invoiced", "money"),
    ("MRR after", "revenue", "mrr_closing", "money"),
    ("ARR after", "revenue", "arr_closing", "money"),
)


def build():
    """Return the dashboard."""
    book = Workbook()
    _add_cards(book, add_figures(book, FIGURES))
    add_note(book, "revenue")
    _add_charts(book)
    _add_tables(book)
    return book


def _add_cards(book, card):
    book.cards(
        card("Recognised Revenue", "recognised", PROFITS),
        card("Invoiced", "invoiced", REPORTS),
        card("MRR", "mrr_closing", MRR),
        card("ARR", "arr_closing", MRR),
    )
    tier = {"tier": "kor_contract_id.tier_id"}
    ahead = book.add_pivot("Ahead", REMAINING, ["balance"], match={"tier": "tier_id"})
    due = book.add_pivot("Open", "account.move", ["amount_residual_signed"], domain=OPEN, match=tier)
    late = book.add_pivot("Overdue", "account.move", ["amount_residual_signed", "__count"], domain=OVERDUE, match=tier)
    book.put("J8", f"={shorten(value_of(ahead, 'balance'))}")
    book.put("J9", f"={shorten(value_of(due, 'amount_residual_signed'))}")
    book.put("J10", f"={shorten(value_of(late, 'amount_residual_signed'))}")
    book.put("J11", f"={value_of(late, '__count')}", COUNT)
    book.cards(
        {"title": "Agreed, Not Yet Earned", "cell": "J8", "menu": REMAINING_MENU, "color": "green"},
        {"title": "Open Invoices", "cell": "J9", "menu": INVOICES, "color": "amber"},
        {"title": "Overdue Invoices", "cell": "J10", "before": "J11", "menu": INVOICES, "color": "red",
         "baselineMode": "text", "baselineDescr": {"text": "invoices"}},
    )  # fmt: skip


def _add_charts(book):
    profits = "kor_reporting.kor_profit_line_action"
    book.charts(
        book.chart(
            "Recognised Revenue by Tier", "bar", PROFIT, "revenue", ["date:month", "tier_id"], profits, REVENUE, MOVED
        ),
        book.chart(
            "MRR by Tier", "line", MOVEMENT, "amount", ["date:month", "tier_id"], "kor_reporting.kor_mrr_action",
            match=MOVED, cumulative=True, cumulatedStart=True, fillArea=True,
        ),
    )  # fmt: skip
    book.charts(
        book.chart(
            "Recognised by Component", "bar", PROFIT, "revenue", ["product_id"], profits, REVENUE, MOVED,
            order="DESC", horizontal=True, context={"display_default_code": False},
        ),
        book.chart(
            "Still to be Earned, by Month", "bar", REMAINING, "balance", ["month:month", "tier_id"],
            "kor_revenue.kor_revenue_remaining_action", match={"tier": "tier_id"},
        ),
    )  # fmt: skip


def _add_tables(book):
    kinds = book.add_pivot("Kind", MOVEMENT, ["__count", "customer_count", "amount"], ["kind"], match=MOVED,
                           order="amount")  # fmt: skip
    countries = book.add_pivot("Country", PROFIT, ["revenue", "margin"], ["country_id"], match=MOVED, order="revenue")
    customers = book.add_pivot("Customer", PROFIT, ["revenue"], ["partner_id"], REVENUE, MOVED, order="revenue")
    late = book.add_list(
        "Overdue invoices", "account.move", ["partner_id", "name", "invoice_date_due", "amount_residual_signed"],
        OVERDUE, ["invoice_date_due"], {"tier": "kor_contract_id.tier_id"},
    )  # fmt: skip
    book.tables(
        {"title": "How MRR Moved", "menu": MOVEMENTS, "pivot": kinds, "rows": 8},
        {"title": "Countries", "menu": PROFITS, "pivot": countries, "rows": 8},
    )
    columns = {
        "partner_id": text("Customer"),
        "invoice_date_due": number(),
        "amount_residual_signed": number("Open"),
        "name": text(),
    }
    book.tables(
        {"title": "Customers with most Revenue", "menu": PROFITS, "pivot": customers},
        {"title": "Overdue Longest", "menu": INVOICES, "list": late, "columns": columns},
    )
