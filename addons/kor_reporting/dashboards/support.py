"""Whether promises are kept: tickets, their clocks, outages and uptime, for support."""

from .figures import POINTS
from .workbook import COUNT, DECIMAL, EXACT, NONE, PERCENT, WORSE, Workbook, number, text, value_of

TASK = "project.task"
CLOCK = "kor.sla.clock"
OUTAGE = "kor.sla.outage"
BUDGET = "kor.sla.budget"
LINE = "kor.sla.report.line"
TICKETS = [["ticket_number", "!=", False]]
OPEN = [*TICKETS, ["ticket_state", "!=", "resolved"]]
KEPT = [["state", "in", ["met", "breached"]]]
DOWN = [["state", "in", ["down", "degraded"]], ["is_excluded", "=", False]]
TICKET_MENU = "kor_sla.menu_ticket"
CLOCK_MENU = "kor_sla.menu_kor_sla_clock"
BREACH_MENU = "kor_sla.menu_kor_sla_breach"
OUTAGE_MENU = "kor_sla.kor_sla_outage_menu"
BUDGET_MENU = "kor_sla.kor_sla_budget_menu"
DISPUTE_MENU = "kor_sla.kor_sla_dispute_menu"
TIER_OF_TICKET = {"tier": "kor_contract_id.tier_id"}
OPENED = {"period": ("create_date", "datetime"), **TIER_OF_TICKET}
STARTED = {"period": ("date_start", "datetime"), "tier": "tier_id"}
HAPPENED = {"period": ("date_start", "datetime")}
MEASURED = {"period": "month", "tier": "tier_id"}


def build():
    """Return the dashboard."""
    book = Workbook("last_90_days")
    _add_cards(book)
    _add_charts(book)
    _add_tables(book)
    return book


def _add_cards(book):
    tickets = book.add_pivot("Open tickets", TASK, ["__count"], domain=OPEN, match=TIER_OF_TICKET)
    late = book.add_pivot("Late tickets", TASK, ["__count"], domain=[*OPEN, ["sla_state", "=", "breached"]],
                          match=TIER_OF_TICKET)  # fmt: skip
    clocks = _add_both(book, "Promises", CLOCK, ["__count"], ["state"], KEPT, STARTED)
    outages = _add_both(book, "Outages", OUTAGE, ["__count", "duration"], (), DOWN, HAPPENED)
    uptime = book.add_pivot("Uptime", BUDGET, ["availability"], domain=[["is_measured", "=", True]], match=MEASURED)
    missed = book.add_pivot("Missed", BUDGET, ["__count"], domain=[["is_measured", "=", True], ["is_met", "=", False]],
                            match=MEASURED)  # fmt: skip
    disputes = book.add_pivot("Disputes", "kor.sla.dispute", ["__count"], domain=[["state", "=", "open"]])
    opened = _add_both(book, "Opened", TASK, ["__count"], (), TICKETS, OPENED)
    figures = (
        ("Open tickets", value_of(tickets, "__count"), COUNT),
        ("Overdue tickets", value_of(late, "__count"), COUNT),
        ("Promises kept", *(_get_share(one) for one in clocks), PERCENT),
        ("Outages", value_of(outages[0], "__count"), COUNT),
        ("Hours of outages", *(f"ROUND({value_of(one, 'duration')},1)" for one in outages), DECIMAL),
        ("Uptime", _get_part(value_of(uptime, "availability")), EXACT),
        ("Months below target", value_of(missed, "__count"), COUNT),
        ("Open disputes", value_of(disputes, "__count"), COUNT),
        ("Tickets opened", *(value_of(one, "__count") for one in opened), COUNT),
    )
    book.put_rows(figures)
    _show_cards(book)


def _add_both(book, name, *asked):
    """Add a pivot of the chosen period and one of the period before; return their numbers."""
    return [book.add_pivot(label, *asked, offset=offset) for label, offset in ((name, 0), (f"{name} before", -1))]


def _show_cards(book):
    words = {"baselineMode": "text"}
    book.cards(
        {"title": "Open Tickets", "cell": "B1", "before": "B2", "menu": TICKET_MENU, **words,
         "baselineDescr": {"text": "overdue"}},
        {"title": "Tickets Opened", "cell": "B9", "before": "C9", "menu": TICKET_MENU, **POINTS, **WORSE},
        {"title": "Promises Kept", "cell": "B3", "before": "C3", "menu": CLOCK_MENU, "color": "green", **POINTS},
    )  # fmt: skip
    book.cards(
        {"title": "Hours of Outages", "cell": "B5", "before": "C5", "menu": OUTAGE_MENU, "color": "red", **POINTS,
         **WORSE},
        {"title": "Average Uptime", "cell": "B6", "before": "B7", "menu": BUDGET_MENU, "color": "green", **words,
         "baselineDescr": {"text": "contract months below target"}},
        {"title": "Open Disputes", "cell": "B8", "menu": DISPUTE_MENU, "color": "amber"},
    )  # fmt: skip


def _get_share(pivot):
    met, late = (value_of(pivot, "__count", "state", state) for state in ("met", "breached"))
    return f"IFERROR({met}/({met}+{late}),{NONE})"


def _get_part(percent):
    return f'IF({percent}="",{NONE},{percent}/100)'


def _add_charts(book):
    tickets, clocks = "kor_sla.ticket_action", "kor_sla.kor_sla_clock_action"
    book.charts(
        book.chart(
            "Tickets Opened", "bar", TASK, "__count", ["create_date:month", "ticket_priority"], tickets, TICKETS,
            OPENED, colors="ticket_priority",
        ),
        book.chart(
            "Promises by Kind", "bar", CLOCK, "__count", ["kind", "state"], clocks, match=STARTED, colors="state"
        ),
    )  # fmt: skip
    book.charts(
        book.chart(
            "Hours of Outages by Service", "bar", OUTAGE, "duration", ["date_start:month", "service_id"],
            "kor_sla.kor_sla_outage_action", DOWN, HAPPENED,
        ),
        book.chart(
            "Minutes Down, of all Contracts", "bar", BUDGET, "down_minutes", ["month:month", "tier_id"],
            "kor_sla.kor_sla_budget_action", [["is_measured", "=", True]], MEASURED,
        ),
    )  # fmt: skip


def _add_tables(book):
    urgent = book.add_list(
        "Open tickets", TASK, ["display_name", "ticket_priority", "sla_time_left"], OPEN,
        ["sla_deadline", "id"], TIER_OF_TICKET,
    )  # fmt: skip
    outages = book.add_list(
        "Latest outages", OUTAGE, ["name", "service_id", "date_start"], DOWN, ["-date_start"], HAPPENED
    )
    customers = book.add_pivot("Customer", CLOCK, ["__count"], ["partner_id"], [["state", "=", "breached"]], STARTED,
                               order="__count")  # fmt: skip
    targets = book.add_pivot("Tier", LINE, ["count", "missed", "is_missed"], ["tier_id"], [["is_current", "=", True]],
                             MEASURED, order="missed")  # fmt: skip
    book.tables(
        {"title": "Next Deadlines", "menu": TICKET_MENU, "list": urgent,
         "columns": {"display_name": text("Ticket", 2), "ticket_priority": text("Priority"), "sla_time_left": text()}},
        {"title": "Latest Outages", "menu": OUTAGE_MENU, "list": outages,
         "columns": {"name": text(), "service_id": text(), "date_start": number("", 2)}},
    )  # fmt: skip
    book.tables(
        {"title": "Broken Promises by Customer", "menu": BREACH_MENU, "pivot": customers},
        {"title": "Reported Targets by Tier", "menu": "kor_sla.kor_sla_compliance_menu", "pivot": targets},
    )
