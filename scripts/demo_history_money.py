"""Let two years of the demo be measured, billed, paid and closed, in Odoo's shell; `demo_walk.py` says when."""

CARDS = {key for key, customer in CUSTOMERS.items() if customer[4] == "card"}
WEEK = (1.0, 1.08, 1.12, 1.05, 0.9, 0.25, 0.18)
# Use of the last months is told day by day, what is older once a month.
DAILY_MONTHS = 3


def calls_in(key, months):
    """Return how many calls a contract makes in a month: from its first figure to its last one, in a straight line."""
    first, last = CALLS.get(key, OTHER_CALLS)
    begun = CONTRACTS[key]["start"][0] or 1
    return round((last - (last - first) * months / begun) * 1000 * (1 + 0.05 * ((months * 7) % 5 - 2)))


def measure(months, until):
    """Report the use of a month, up to a day."""
    first, events = day_of(months), []
    for key, contract in contracts.items():
        # Who is onboarded begins to use it after the second step.
        starts = contract.date_start + timedelta(days=2 * CONTRACTS[key].get("onboard", 0))
        begin, end = max(first, starts), min(until, contract.date_end_effective or until)
        # A paused contract is not used.
        if begin > end or contract.state == "paused":
            continue
        share = ((end - begin).days + 1) / 30.4
        held = seats_of(contract, begin) or 7
        events.append(event_of(contract, "users", begin, max(2, round(held * (0.72 + 0.03 * (months % 7))))))
        events.append(event_of(contract, "storage", begin, round(3 + held * (30 - months) / 22, 1)))
        calls = calls_in(key, months) * share
        if months <= DAILY_MONTHS:
            days = [begin + timedelta(days=number) for number in range((end - begin).days + 1)]
            weight = sum(WEEK[day.weekday()] for day in days)
            events += [
                event_of(contract, "api_calls", day, round(calls * WEEK[day.weekday()] / weight)) for day in days
            ]
        else:
            events.append(event_of(contract, "api_calls", end, round(calls)))
    result = env["kor.usage.event"].ingest(events)
    assert not result["rejected"], result["rejected"][:3]


def seats_of(contract, day):
    lines = contract.line_ids.filtered(lambda line: line.metric_id.code == "users" and line.charge_type == "per_unit")
    return sum(line.quantity for line in lines if line._runs_at(day))


def event_of(contract, metric, day, quantity):
    return {
        "id": f"demo-{contract.name}-{metric}-{day}",
        "contract": contract.name,
        "metric": metric,
        "time": LocalDays(contract.tz).midnight(day).isoformat(),
        "quantity": quantity,
    }


def bill():
    """Bill what is due by a run, and let through what is unusual for a good reason."""
    run_model = env["kor.billing.run"].with_context(**quiet)
    run = run_model.create({})
    if not run.due_count:
        run.unlink()
        return
    run.action_start()
    run_model._cron_work()
    clock.again()
    parked = env["kor.billing.parking"].search([("kind", "=", "bound"), ("date_mended", "=", False)])
    # A new plan, or another year: somebody looked at it.
    parked.contract_id.action_bill_anyway()


def charge_cards():
    """Charge what is due today, as the job does."""
    env["kor.payment.attempt"].with_context(**quiet)._cron_collect()
    clock.again()


def take_transfers():
    """Note what customers have transferred: each pays some days after, or before, an invoice is due."""
    today = fields.Date.today()
    open_ones = env["account.move"].search(
        [
            ("kor_contract_id", "!=", False),
            ("move_type", "in", ("out_invoice", "out_refund")),
            ("state", "=", "posted"),
            ("payment_state", "in", ("not_paid", "partial")),
            ("partner_id", "in", [partners[key].id for key in set(CUSTOMERS) - CARDS]),
            ("invoice_date_due", "<=", today + timedelta(days=6)),
            ("kor_is_disputed", "=", False),
        ]
    )
    paid = open_ones.filtered(lambda move: today >= move.invoice_date_due + timedelta(days=habit_of(move.partner_id)))
    # Thistle has stopped paying.
    paid = paid.filtered(lambda move: move.partner_id != partners["thistle"] or move.invoice_date < day_of(3))
    settle(paid.filtered(lambda move: move.move_type == "out_invoice"))
    settle(paid.filtered(lambda move: move.move_type == "out_refund"))


def habit_of(partner):
    return next(CUSTOMERS[key][4] for key, one in partners.items() if one == partner)


def settle(moves):
    """Register payments of invoices or bills as of today."""
    if moves:
        wizard = env["account.payment.register"].with_context(
            **quiet, active_model="account.move", active_ids=moves.ids
        )
        wizard.create({"payment_date": fields.Date.today(), "group_payment": True}).action_create_payments()


def give_credit(key, share, reason):
    """Credit a part of a customer's disputed invoice, and settle the dispute."""
    move = env["account.move"].search([("partner_id", "=", partners[key].id), ("kor_is_disputed", "=", True)])
    reversal = (
        env["account.move.reversal"]
        .with_context(active_model="account.move", active_ids=move.ids)
        .create({"date": fields.Date.today(), "reason": reason, "journal_id": move.journal_id.id})
    )
    note = env["account.move"].browse(reversal.refund_moves()["res_id"])
    for line in note.invoice_line_ids:
        line.price_unit *= share
    note.action_post()
    lines = (move | note).line_ids.filtered(lambda line: line.account_type == "asset_receivable")
    lines.reconcile()
    move.write({"kor_is_disputed": False, "kor_dispute_note": f"Settled: {reason}"})


def dispute(key, why):
    """Let a customer dispute its last invoice."""
    move = env["account.move"].search(
        [
            ("partner_id", "=", partners[key].id),
            ("move_type", "=", "out_invoice"),
            ("payment_state", "in", ("not_paid", "partial")),
        ],
        order="amount_total desc, id",
        limit=1,
    )
    move.write({"kor_is_disputed": True, "kor_dispute_note": why})


def remind(key):
    """Remind a customer of what is overdue."""
    overdue = env["account.move"].search(
        [("partner_id", "=", partners[key].id), ("payment_state", "=", "not_paid"), ("state", "=", "posted")]
    )
    overdue.with_context(mail_notify_force_send=False).apply_dunning()


def let_card_of(key, state):
    token = env["payment.token"].search([("partner_id", "=", partners[key].id)])
    token.demo_simulated_state = state


def buy_credit(contract, amount, last_day):
    """Sell a contract prepaid credit, paid at once."""
    settle(env["account.move"].browse(contract.top_up(amount, text_of(last_day))))


def account_of(code, name, kind="expense"):
    known = env["account.account"].search([("code", "=", code)], limit=1)
    return known or env["account.account"].create({"code": code, "name": name, "account_type": kind})


def found_the_company():
    """Let the owners pay in what the first year costs."""
    bank = env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)
    capital = account_of("301100", "Paid-in capital", "equity")
    book(bank.default_account_id, capital, 250000, "Paid in by the owners")


def book(debit, credit, amount, name):
    env["account.move"].with_context(**quiet).create(
        {
            "ref": name,
            "date": fields.Date.today(),
            "line_ids": [
                (0, 0, {"account_id": debit.id, "name": name, "debit": amount}),
                (0, 0, {"account_id": credit.id, "name": name, "credit": amount}),
            ],
        }
    ).action_post()


def spend(months):
    """Book what the company spends in a month: the bill of its hosting, and its payroll."""
    amounts = {
        key: round(last - (last - first) * months / 24 + 37 * ((months * 5) % 7 - 3), 2)
        for key, (_code, _name, first, last) in SPENDING.items()
    }
    accounts = {key: account_of(code, name) for key, (code, name, _first, _last) in SPENDING.items()}
    env["account.move"].with_context(**quiet).create(
        {
            "move_type": "in_invoice",
            "partner_id": partners["host"].id,
            "invoice_date": fields.Date.today(),
            "date": fields.Date.today(),
            "ref": f"DC-{fields.Date.today():%Y-%m}",
            "invoice_line_ids": [
                (0, 0, {"name": "Hosting", "account_id": accounts["hosting"].id, "price_unit": amounts["hosting"],
                        "tax_ids": [(5,)]})
            ],
        }
    ).action_post()  # fmt: skip
    bank = env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)
    paid = [(accounts[key], amount) for key, amount in amounts.items() if key != "hosting"]
    name = f"Payroll and marketing {fields.Date.today():%m/%Y}"
    lines = [(0, 0, {"account_id": account.id, "name": name, "debit": amount}) for account, amount in paid]
    total = sum(amount for _account, amount in paid)
    lines.append((0, 0, {"account_id": bank.default_account_id.id, "name": name, "credit": total}))
    env["account.move"].with_context(**quiet).create(
        {"ref": name, "date": fields.Date.today(), "line_ids": lines}
    ).action_post()


def pay_bills():
    bills = [
        ("partner_id", "=", partners["host"].id),
        ("move_type", "=", "in_invoice"),
        ("payment_state", "=", "not_paid"),
    ]
    settle(env["account.move"].search(bills))


def close(months):
    """Close a month: the one that is there, or another one."""
    last = day_of(months, 31)
    found = env["kor.revenue.close"].search([("date_to", "=", last), ("company_id", "=", company.id)])
    found = found or env["kor.revenue.close"].create({"date_to": last})
    found.action_post()
    assert not found.parked_count, found.parking_ids.mapped("reason")


def lock_the_first_year():
    env["kor.revenue.close"].search([("date_to", "<", day_of(12)), ("state", "=", "done")]).sorted(
        "date_to"
    ).action_lock()


def note_progress(key, progress, milestone):
    """Note how far a promise is kept that is earned by milestones."""
    schedule = env["kor.revenue.schedule"].search(
        [("contract_id", "=", contracts[key].id), ("method", "=", "progress")], limit=1
    )
    env["kor.revenue.progress"].create(
        {"schedule_id": schedule.id, "date": fields.Date.today(), "progress": progress, "milestone": milestone}
    )


def pay_commission(key, amount):
    """Note a salesperson's commission; it is expensed as the contract is expected to live."""
    env["kor.contract.cost"].create(
        {"contract_id": contracts[key].id, "amount": amount, "user_id": people["sales"].id}
    ).action_confirm()
