"""Let the demo's customers of two years be won, join and change, in Odoo's shell; `demo_walk.py` says when.

Each thing happens on its day, by the calls that people's screens make.
"""

from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import fields

company = env.ref("base.main_company")
TODAY = fields.Date.context_today(env["kor.contract"])
NOW = fields.Datetime.now()
people = {key: env.ref(f"kor_enterprise.user_{key}") for key in ("sales", "finance", "support", "account")}
people["admin"] = env.ref("base.user_admin")
quiet = {"mail_notify_force_send": False, "no_reset_password": True, "tracking_disable": True}
deals, orders, contracts, partners = {}, {}, {}, {}
# A picture of one dot stands for a signature.
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def day_of(months, number=1):
    """Return a day so many months ago; where the month is shorter, its last one."""
    return TODAY.replace(day=1) + relativedelta(months=-months, day=number)


def catalog(kind, key):
    return env.ref(f"kor_enterprise_tiers.{kind}_{key}")


def plan_of(code):
    return env["kor.plan"].search([("code", "=", code)])


def text_of(day):
    return fields.Date.to_string(day)


def second_manager():
    """Return another account manager beside the one that the demo has."""
    known = env["res.users"].search([("login", "=", "account2")])
    first = people["account"]
    return known or env["res.users"].with_context(**quiet).create(
        {
            "name": "Ines Duarte",
            "function": "Account manager",
            "login": "account2",
            "password": "account2",
            "email": "account2@kor.example",
            "group_ids": [(6, 0, first.group_ids.ids)],
        }
    )


def rate_the_euro():
    """Note how much a euro was in each month, and return it."""
    euro = env.ref("base.EUR")
    rates = [
        {"currency_id": euro.id, "company_id": company.id, "name": day_of(26 - number), "rate": rate}
        for number, rate in enumerate(EURO_RATES)
    ]
    euro.rate_ids.filtered(lambda one: one.name >= day_of(26)).unlink()
    env["res.currency.rate"].create(rates)
    return euro


def price_in_euro():
    """Offer price lists in euro."""
    euro = rate_the_euro()
    for code, plan in EURO_PLANS.items():
        charges = [
            {
                "name": name,
                "product_id": catalog("product", {"users": "user", "": "base_fee"}.get(metric, metric)).id,
                "charge_type": kind,
                "metric_id": catalog("metric", metric).id if metric else False,
                "unit_price": price,
                "quantity": included or (10 if kind == "per_unit" else 1),
                "billing_months": months,
                "included_quantity": included,
            }
            for name, kind, metric, price, months, included in plan["charges"]
        ]
        env["kor.plan"].create(
            {
                "name": plan["name"],
                "code": code,
                "tier_id": catalog("tier", plan["tier"]).id,
                "term": plan["term"],
                "currency_id": euro.id,
                "charge_ids": [(0, 0, charge) for charge in charges],
            }
        )


def customers_of_the_demo():
    """Note who will become a customer; those who pay by card have it saved."""
    provider = env.ref("payment.payment_provider_demo")
    month, at_once = env.ref("account.account_payment_term_30days"), env.ref("account.account_payment_term_immediate")
    for key, (name, city, country, contact, pays, _manager) in CUSTOMERS.items():
        partners[key] = env["res.partner"].create(
            {
                "name": name,
                "is_company": True,
                "email": f"office@{key}.example",
                "city": city,
                "country_id": env.ref(f"base.{country}").id,
                "property_payment_term_id": (at_once if pays == "card" else month).id,
                "child_ids": [(0, 0, {"name": contact, "email": f"{contact.split()[0].lower()}@{key}.example"})],
            }
        )
    env["payment.token"].create(
        [
            {
                "provider_id": provider.id,
                "payment_method_id": provider.payment_method_ids[:1].id,
                "partner_id": partners[key].id,
                "provider_ref": f"demo-{key}",
                "payment_details": "1881",
                "demo_simulated_state": "done",
            }
            for key, customer in CUSTOMERS.items()
            if customer[4] == "card"
        ]
    )


def open_deal(key, name, partner, plan, users, closes):
    """Begin an opportunity, as the salesperson."""
    team, seller = env.ref("kor_sales_pipeline.team_kor"), people["sales"]
    deals[key] = (
        env["crm.lead"]
        .with_user(seller)
        .with_context(**quiet)
        .create(
            {
                "name": name,
                "type": "opportunity",
                "team_id": team.id,
                "user_id": seller.id,
                "partner_id": partner.id,
                "kor_plan_id": plan_of(plan).id,
                "kor_users": users,
                "kor_date_start": closes,
                "date_deadline": closes,
            }
        )
    )


def qualify(key):
    deals[key].stage_id = env.ref("kor_sales_pipeline.stage_qualification")


def propose_to(key):
    """Write the proposal of an opportunity and send it, as the salesperson."""
    mine = env["sale.order"].with_user(people["sales"]).with_context(**quiet)
    orders[key] = mine.browse(deals[key].generate_proposal())
    orders[key].validity_date = deals[key].date_deadline + timedelta(days=14)
    if orders[key].kor_approval_state != "none":
        orders[key].action_kor_ask_approval()
        orders[key].with_user(env.ref("base.user_admin")).action_kor_approve("")
    orders[key].action_quotation_sent()


def negotiate_on(key):
    deals[key].stage_id = env.ref("kor_sales_pipeline.stage_negotiation")


def agree_on(key):
    deals[key].stage_id = env.ref("kor_sales_pipeline.stage_signing")


def lose(key, reason):
    """Lose an opportunity, and take back what was proposed."""
    if key in orders:
        orders[key].with_context(disable_cancel_warning=True).action_cancel()
    deals[key].action_set_lost(lost_reason_id=env.ref(f"kor_sales_pipeline.lost_reason_{reason}").id)


def sign(key, customer):
    """Let a proposal be signed by the customer's contact: its contract follows."""
    order = env["sale.order"].with_context(**quiet).browse(orders[key].id)
    order.write({"signed_by": customer.child_ids[:1].name, "signed_on": fields.Datetime.now(), "signature": DOT})
    order._validate_order()


def hand_over(key):
    """Note that what was sold is known to those who onboard the customer."""
    deals[key].activity_ids.action_feedback(feedback="Read; the first call is agreed.")


def join(key):
    """Agree to a contract: the one that was proposed, or one that is written down."""
    values = CONTRACTS[key]
    customer = values.get("customer", key)
    if key in orders:
        reasons = ("support", "features", "security", "reference", "price")
        deals[key].kor_won_reason_id = env.ref(f"kor_sales_pipeline.won_reason_{reasons[len(contracts) % 5]}")
        sign(key, partners[customer])
        contract = env["kor.contract"].with_context(**quiet).browse(orders[key].kor_contract_id.id)
    else:
        contract = env["kor.contract"].with_context(**quiet).create(prepare_contract(key, customer, values))
        if values.get("users"):
            contract.set_quantities({"users": values["users"]})
        contract.action_activate()
    contract.account_manager_id = people[CUSTOMERS[customer][5]]
    contract.auto_renew = bool(contract.date_end) and values.get("auto_renew", True)
    contracts[key] = contract


def prepare_contract(key, customer, values):
    """Return the values of a contract without a proposal."""
    found = {
        "partner_id": partners[customer].id,
        "date_start": day_of(*values["start"]),
        "user_id": people["sales"].id,
        "auto_renew": False,
    }
    if values.get("renewal_uplift"):
        found |= {"renewal_uplift_kind": "percent", "renewal_uplift": values["renewal_uplift"]}
    if values.get("index"):
        index = env.ref(f"kor_enterprise.{values['index']}")
        found |= {"renewal_uplift_kind": "index", "price_index_id": index.id, "index_cap": 4}
    if values.get("plan"):
        return {**found, "plan_id": plan_of(values["plan"]).id}
    currency = env.ref(f"base.{values.get('currency', 'USD')}")
    return {
        **found,
        "tier_id": catalog("tier", "custom").id,
        "term": values["term"],
        "currency_id": currency.id,
        "uptime_target": 99.95,
        "line_ids": [(0, 0, line) for line in prepare_own_lines(key)],
    }


def prepare_own_lines(key):
    """Return the values of the lines that were agreed without a plan."""
    return [
        {
            "name": name,
            "product_id": catalog("product", product).id,
            "charge_type": kind,
            "metric_id": catalog("metric", metric).id if metric else False,
            "unit_price": price,
            "billing_months": months,
            "quantity": quantity,
            "revenue_method": earned or False,
        }
        for name, product, kind, metric, price, months, quantity, earned in OWN_LINES[key]
    ]


def amend(key, changes, note=""):
    """Change what was agreed as of today, as the customer's contact wants it."""
    contract = contracts[key]
    number = contract.amend(text_of(fields.Date.today()), changes, note)
    amendment = env["kor.contract.amendment"].with_context(**quiet).browse(number)
    amendment.action_agree(contract.partner_id.child_ids[:1].name, "document")


def users_line(key):
    lines = contracts[key].line_ids.filtered(lambda line: line.metric_id.code == "users")
    return lines.sorted("date_start")[-1:].id


def live(key, what, *details):
    """Let something happen to a contract."""
    contract = contracts[key]
    if what == "users":
        amend(key, [{"kind": "quantity", "line": users_line(key), "quantity": details[0]}], "Another team.")
    elif what == "plan":
        amend(key, [{"kind": "plan", "plan": plan_of(details[0]).id}], "Outgrew its tier.")
        amend(key, [{"kind": "quantity", "line": users_line(key), "quantity": details[1]}])
    elif what == "option":
        charge = contract.plan_id.charge_ids.filtered(lambda one: one.name == details[0])
        amend(key, [{"kind": "add", "charge": charge.id, "quantity": 1}], "Wants somebody to call at night.")
    elif what == "price":
        amend(key, [{"kind": "price", "percent": details[0]}], "The yearly escalator of the agreement.")
    elif what in ("pause", "resume"):
        amend(key, [{"kind": what}], details[0])
    elif what == "cancel":
        amend(key, [{"kind": "cancel"}], details[0])
    elif what == "renew":
        last = contract.date_end + relativedelta(years=1)
        contract.renew(
            text_of(last), details[0], "Renewed in the yearly meeting.", contract.partner_id.name, "document"
        )
