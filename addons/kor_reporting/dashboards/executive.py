"""What the business is worth, for those who lead it: recurring revenue, who stays, and what is left of it."""

from .figures import MOVEMENT, POINTS, add_figures, add_note
from .workbook import WORSE, Workbook

PROFIT = "kor.profit.line"
MOVED = {"period": "date", "tier": "tier_id"}
MRR = "kor_reporting.kor_mrr_menu"
MOVEMENTS = "kor_reporting.kor_mrr_movement_menu"
PROFITS = "kor_reporting.kor_profit_line_menu"
REPORTS = "kor_reporting.kor_report_request_menu"
FIGURES = (
    ("MRR after", "churn", "mrr_closing", "money"),
    ("Customers after", "churn", "customers_closing", "count"),
    ("Net retention", "churn", "net_retention", "percent"),
    ("Gross retention", "churn", "gross_retention", "percent"),
    ("Quick ratio", "churn", "quick_ratio", "ratio"),
    ("Recognised", "profitability", "recognised", "money"),
    ("Costs", "profitability", "cost", "money"),
    ("Gross margin %", "profitability", "gross_percent", "percent"),
    ("Profit", "profitability", "profit", "money"),
    ("Lifetime value", "lifetime_value", "lifetime_value", "money"),
)


def build():
    """Return the dashboard."""
    book = Workbook()
    _add_cards(book, add_figures(book, FIGURES))
    add_note(book, "churn")
    _add_charts(book)
    _add_tables(book)
    return book


def _add_cards(book, card):
    book.cards(
        card("MRR", "mrr_closing", MRR),
        card("Customers", "customers_closing", MOVEMENTS),
        card("Net Retention", "net_retention", REPORTS, **POINTS),
        card("Gross Retention", "gross_retention", REPORTS, **POINTS),
        card("Quick Ratio", "quick_ratio", MOVEMENTS, **POINTS),
    )
    book.cards(
        card("Revenue", "recognised", PROFITS, "amber"),
        card("Costs", "cost", "kor_reporting.kor_cost_allocation_menu", "amber", **WORSE),
        card("Gross Margin", "gross_percent", PROFITS, "amber", **POINTS),
        card("Profit", "profit", PROFITS, "green", **{**POINTS, "baselineDescr": {"text": ""}}),
        card("Lifetime Value", "lifetime_value", REPORTS, "green"),
    )


def _add_charts(book):
    movements, profits = "kor_reporting.kor_mrr_movement_action", "kor_reporting.kor_profit_line_action"
    book.charts(
        book.chart(
            "MRR", "line", MOVEMENT, "amount", ["date:month"], "kor_reporting.kor_mrr_action", match=MOVED,
            cumulative=True, cumulatedStart=True, fillArea=True,
        ),
        book.chart(
            "MRR Movements", "bar", MOVEMENT, "amount", ["date:month", "kind"], movements, match=MOVED, colors="kind"
        ),
    )  # fmt: skip
    book.charts(
        book.chart("Profit after all Costs", "bar", PROFIT, "margin", ["date:month"], profits, match=MOVED),
        book.chart(
            "Costs by Kind", "bar", PROFIT, "cost", ["date:month", "category"], profits,
            domain=[["kind", "=", "cost"]], match=MOVED,
        ),
    )  # fmt: skip


def _add_tables(book):
    tiers = book.add_pivot("Tier", PROFIT, ["revenue", "cost", "margin"], ["tier_id"], match=MOVED, order="margin")
    worth = book.add_pivot("Tier", MOVEMENT, ["customer_count", "amount"], ["tier_id"], match={"tier": "tier_id"},
                           order="amount")  # fmt: skip
    best = book.add_pivot(
        "Customer", PROFIT, ["revenue", "cost", "margin"], ["partner_id"], match=MOVED, order="margin"
    )
    worst = book.add_pivot("Customer", PROFIT, ["revenue", "cost", "margin"], ["partner_id"], match=MOVED,
                           order="-margin")  # fmt: skip
    book.tables(
        {"title": "Profit by Tier", "menu": PROFITS, "pivot": tiers, "rows": 6},
        {"title": "Customers and MRR Today", "menu": MRR, "pivot": worth, "rows": 6},
    )
    book.tables(
        {"title": "Most Profitable Customers", "menu": PROFITS, "pivot": best},
        {"title": "Least Profitable Customers", "menu": PROFITS, "pivot": worst},
    )
