"""Customers with a portal user, a contract, invoices, a ticket and a report each, for the benchmark of the load.

Everything is made by public calls; `call(model, method, *args, **kwargs)` is the administrator's.
"""

from datetime import date, timedelta

EVENTS = 20
DAY = timedelta(days=1)


def make(call, customers, staff, password):
    """Make customers and members of staff, with logins such as bench.customer.0 and bench.staff.0.

    :return: for each customer the numbers of its documents
    """
    companies = call(
        "res.partner", "create", [{"name": f"Bench {number}", "is_company": True} for number in range(customers)]
    )
    make_users(call, companies, staff, password)
    return make_documents(call, companies)


def make_users(call, companies, staff, password):
    """Make a portal user of a contact of each customer, and staff with the administrator's rights."""
    (portal,) = call(
        "ir.model.data", "search_read", [["module", "=", "base"], ["name", "=", "group_portal"]], ["res_id"]
    )
    (administrator,) = call("res.users", "search_read", [["login", "=", "admin"]], ["group_ids"])
    contacts = [
        {"name": f"Contact {number}", "parent_id": company, "email": f"bench{number}@customer.example"}
        for number, company in enumerate(companies)
    ]
    users = [
        {"login": f"bench.customer.{number}", "partner_id": contact, "group_ids": [[6, 0, [portal["res_id"]]]]}
        for number, contact in enumerate(call("res.partner", "create", contacts))
    ]
    users += [
        {"login": f"bench.staff.{number}", "name": f"Staff {number}", "group_ids": [[6, 0, administrator["group_ids"]]]}
        for number in range(staff)
    ]
    context = {"no_reset_password": True}
    call("res.users", "create", [{**user, "password": password} for user in users], context=context)


def make_documents(call, customers):
    """Make a contract of each customer with use, two invoices, a ticket and a report; and what is native.

    :return: for each customer the numbers of the documents
    """
    product = call("product.product", "create", [{"name": "Bench", "type": "service"}])[0]
    contracts = make_contracts(call, customers, product)
    for month in (-2, -1):
        dates = {"date_from": f"{get_month(month)}", "date_to": f"{get_month(month + 1) - DAY}"}
        invoices = call("kor.contract", "generate_invoice", contracts, **dates)
        assert len(invoices) == len(contracts), f"{len(invoices)} invoices of {len(contracts)} contracts"
    report_use(call, contracts)
    tickets = [call("kor.contract", "open_ticket", [one], {"name": "Cannot log in"}) for one in contracts]
    reports = make_reports(call, contracts)
    found = call("account.move", "search_read", [["id", "in", invoices]], ["kor_contract_id"])
    billed = {invoice["kor_contract_id"][0]: invoice["id"] for invoice in found}
    plain = make_native(call, customers, product)
    return [
        {"contract": contract, "invoice": billed[contract], "ticket": ticket, "report": reports[contract], "plain": own}
        for contract, ticket, own in zip(contracts, tickets, plain, strict=True)
    ]


def make_contracts(call, customers, product):
    (plan,) = call("kor.plan", "search", [["code", "=", "professional_monthly"]])
    (metric,) = call("kor.metric", "search", [["code", "=", "api_calls"]])
    shared = {"plan_id": plan, "date_start": f"{get_month(-2)}", "tz": "UTC"}
    contracts = call("kor.contract", "create", [{**shared, "partner_id": customer} for customer in customers])
    use = {"product_id": product, "name": "Calls", "charge_type": "usage", "metric_id": metric}
    call("kor.contract.line", "create", [{**use, "contract_id": contract} for contract in contracts])
    for contract in contracts:
        call("kor.contract", "set_quantities", [contract], {"users": 7})
    call("kor.contract", "action_activate", contracts)
    return contracts


def report_use(call, contracts):
    """Report use of the last days, as many events of each contract."""
    names = {one["id"]: one["name"] for one in call("kor.contract", "read", contracts, ["name"])}
    days = [date.today() - timedelta(days=number) for number in range(1, EVENTS + 1)]
    events = [
        {
            "id": f"load-{contract}-{day}",
            "contract": name,
            "metric": "api_calls",
            "time": f"{day}T12:00:00Z",
            "quantity": day.day,
        }
        for contract, name in names.items()
        for day in days
    ]
    accepted = call("kor.usage.event", "ingest", events)
    assert accepted["accepted"] == len(events), accepted


def make_reports(call, contracts):
    """Let the monthly job make reports, and freeze those of the contracts: customers see no drafts."""
    job = call("ir.cron", "search", [["ir_actions_server_id.code", "=", "model._cron_report()"]])
    call("ir.cron", "method_direct_trigger", job)
    found = call("kor.sla.report", "search_read", [["contract_id", "in", contracts]], ["contract_id", "state"])
    drafts = [one["id"] for one in found if one["state"] == "draft"]
    if drafts:
        call("kor.sla.report", "action_freeze", drafts)
    return {one["contract_id"][0]: one["id"] for one in found}


def make_native(call, customers, product):
    """Make an order and an invoice of each customer that know nothing of contracts; return the invoices."""
    line = {"product_id": product, "name": "Hours", "price_unit": 100}
    orders = [{"partner_id": customer, "order_line": [[0, 0, line]]} for customer in customers]
    call("sale.order", "action_confirm", call("sale.order", "create", orders))
    invoices = call(
        "account.move",
        "create",
        [
            {
                "move_type": "out_invoice",
                "partner_id": customer,
                "invoice_date": f"{get_month(-1)}",
                "invoice_line_ids": [[0, 0, line]],
            }
            for customer in customers
        ],
    )
    call("account.move", "action_post", invoices)
    return invoices


def get_month(offset):
    """Return the first day of the month so many months from now."""
    today = date.today()
    years, month = divmod(today.month - 1 + offset, 12)
    return date(today.year + years, month + 1, 1)
