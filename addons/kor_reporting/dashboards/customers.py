"""How customers are and what comes next with them, for those who look after them."""

from .figures import MOVEMENT
from .workbook import COUNT, DECIMAL, NONE, Workbook, number, shorten, text, value_of

ACCOUNT = "kor.account"
RENEWAL = "kor.renewal"
SIGNAL = "kor.signal"
OWN = {"tier": "tier_id", "manager": "user_id"}
MOVED = {"period": "date", "tier": "tier_id", "manager": "account_manager_id"}
SIGNALLED = {"tier": "account_id.tier_id", "manager": "user_id"}
RUNNING = [["state", "=", "open"]]
SOON = [*RUNNING, ["date", "<=", "today +90d"]]
AT_RISK = [["health_band", "=", "at_risk"]]
LATE = [["amount_due", ">", 0]]
PORTFOLIO = "kor_account_management.kor_account_portfolio_menu"
RISKS = "kor_account_management.kor_account_at_risk_menu"
RENEWALS = "kor_account_management.kor_renewal_menu"
SIGNALS = "kor_account_management.kor_signal_menu"
MOVEMENTS = "kor_reporting.kor_mrr_movement_menu"


def build():
    """Return the dashboard."""
    book = Workbook()
    book.add_relation("manager", "Account Manager", "res.users")
    _add_cards(book)
    _add_charts(book)
    _add_tables(book)
    return book


def _add_cards(book):
    all_of_them = book.add_pivot("Accounts", ACCOUNT, ["__count", "mrr", "health_score"], match=OWN)
    risk = book.add_pivot("At risk", ACCOUNT, ["__count", "mrr"], domain=AT_RISK, match=OWN)
    soon = book.add_pivot("Renewals soon", RENEWAL, ["__count", "arr", "weighted"], domain=SOON, match=OWN)
    late = book.add_pivot("Overdue", ACCOUNT, ["__count", "amount_due"], domain=LATE, match=OWN)
    moved = book.add_pivot("Moved", MOVEMENT, ["amount"], ["kind"], match=MOVED)
    fresh = book.add_pivot("Signals", SIGNAL, ["__count"], domain=[["state", "=", "new"]], match=SIGNALLED)
    lost = f"{value_of(moved, 'amount', 'kind', 'contraction')}+{value_of(moved, 'amount', 'kind', 'churn')}"
    figures = (
        ("Accounts", value_of(all_of_them, "__count"), COUNT),
        ("MRR", shorten(value_of(all_of_them, "mrr")), None),
        ("Average health", _show(value_of(all_of_them, "health_score")), DECIMAL),
        ("Accounts at risk", value_of(risk, "__count"), COUNT),
        ("MRR at risk", shorten(value_of(risk, "mrr")), None),
        ("ARR to renew", shorten(value_of(soon, "arr")), None),
        ("Expected ARR", shorten(value_of(soon, "weighted")), None),
        ("Overdue", shorten(value_of(late, "amount_due")), None),
        ("Who owes", value_of(late, "__count"), COUNT),
        ("Expansion", shorten(value_of(moved, "amount", "kind", "expansion")), None),
        ("Lost", f"FORMAT.LARGE.NUMBER({lost})", None),
        ("Signals", value_of(fresh, "__count"), COUNT),
    )
    book.put_rows(figures)
    _show_cards(book)


def _show(value):
    return f'IF({value}="",{NONE},{value})'


def _show_cards(book):
    words = {"baselineMode": "text"}
    book.cards(
        {"title": "Accounts", "cell": "B1", "menu": PORTFOLIO},
        {"title": "MRR Today", "cell": "B2", "menu": PORTFOLIO},
        {"title": "Average Health", "cell": "B3", "menu": PORTFOLIO, "color": "green"},
        {"title": "MRR at Risk", "cell": "B5", "before": "B4", "menu": RISKS, "color": "red", **words,
         "baselineDescr": {"text": "at risk"}},
    )  # fmt: skip
    book.cards(
        {"title": "ARR to Renew in 90 Days", "cell": "B6", "before": "B7", "menu": RENEWALS, "color": "amber", **words,
         "baselineDescr": {"text": "expected to stay"}},
        {"title": "Overdue", "cell": "B8", "before": "B9", "menu": PORTFOLIO, "color": "amber", **words,
         "baselineDescr": {"text": "accounts"}},
        {"title": "Expansion in the Period", "cell": "B10", "before": "B11", "menu": MOVEMENTS, **words,
         "baselineDescr": {"text": "lost"}},
        {"title": "New Signals", "cell": "B12", "menu": SIGNALS, "color": "green"},
    )  # fmt: skip


def _add_charts(book):
    accounts = "kor_account_management.kor_account_portfolio_action"
    renewals = "kor_account_management.kor_renewal_action"
    book.charts(
        book.chart(
            "Accounts by Health", "pie", ACCOUNT, "__count", ["health_band"], accounts, match=OWN, colors="health_band"
        ),
        book.chart(
            "MRR by Tier and Health", "bar", ACCOUNT, "mrr", ["tier_id", "health_band"], accounts, match=OWN,
            colors="health_band",
        ),
    )  # fmt: skip
    book.charts(
        book.chart(
            "ARR to Renew, by Month", "bar", RENEWAL, "arr", ["date:month", "category"], renewals, RUNNING, OWN,
            colors="category",
        ),
        book.chart(
            "MRR Movements", "bar", MOVEMENT, "amount", ["date:month", "kind"], "kor_reporting.kor_mrr_movement_action",
            match=MOVED, colors="kind",
        ),
    )  # fmt: skip


def _add_tables(book):
    worst = book.add_list(
        "Lowest health", ACCOUNT, ["partner_id", "health_score", "mrr", "date_renewal"],
        [["health_band", "in", ["at_risk", "watch"]]], ["health_score", "-mrr"], OWN,
    )  # fmt: skip
    next_ones = book.add_list(
        "Next renewals", RENEWAL, ["partner_id", "date", "arr", "category"], RUNNING, ["date"], OWN
    )
    signals = book.add_list(
        "New signals", SIGNAL, ["partner_id", "name"], [["state", "=", "new"]], ["-date"], SIGNALLED
    )
    managers = book.add_pivot("Account Manager", ACCOUNT, ["__count", "mrr", "health_score"], ["user_id"], match=OWN,
                              order="mrr")  # fmt: skip
    book.tables(
        {"title": "Lowest Health", "menu": RISKS, "list": worst,
         "columns": {"partner_id": text(), "health_score": number("Health"), "mrr": number(),
                     "date_renewal": number("Renewal")}},
        {"title": "Next Renewals", "menu": RENEWALS, "list": next_ones,
         "columns": {"partner_id": text(), "date": number("Ends"), "arr": number(), "category": text()}},
    )  # fmt: skip
    book.tables(
        {"title": "New Signals", "menu": SIGNALS, "list": signals,
         "columns": {"partner_id": text(), "name": text("", 3)}},
        {"title": "Account Managers", "menu": PORTFOLIO, "pivot": managers},
    )  # fmt: skip
