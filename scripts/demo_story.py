"""Give the demo a past, in Odoo's shell: bill each contract on the days it was due, collect most of it.

Run twice it does nothing more: what is billed stays billed.
"""

from contextlib import contextmanager
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time

from odoo import fields

from odoo.addons.kor_billing.engine.billing import Window
from odoo.addons.kor_usage.engine.local_days import LocalDays

if "iap_enrich_auto_done" in env["res.company"]._fields:
    # The demo has nothing to ask the outside world about its company.
    env["res.company"].search([]).iap_enrich_auto_done = True
provider = env.ref("payment.payment_provider_demo")
provider.write({"state": "test", "allow_tokenization": True})
if not provider.journal_id:
    provider.journal_id = env["account.journal"].search(
        [("type", "=", "bank"), ("company_id", "=", provider.company_id.id)], limit=1
    )
for key in ("aurora", "borealis", "delta"):
    customer = env.ref(f"kor_enterprise.partner_{key}")
    if not env["payment.token"].search_count([("partner_id", "=", customer.id)]):
        env["payment.token"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": provider.payment_method_ids[:1].id,
                "partner_id": customer.id,
                "provider_ref": f"demo-{key}",
                "payment_details": "4242",
                "demo_simulated_state": "done",
            }
        )

today = fields.Date.context_today(env["kor.contract"])


def use_of(contract, calls, storage, growth):
    """Return events of every day so far: calls follow the working week, storage grows day by day."""
    week = (1.0, 1.08, 1.12, 1.05, 0.9, 0.25, 0.18)
    local, events = LocalDays(contract.tz), []
    for number in range((today - contract.date_start).days + 1):
        day = contract.date_start + timedelta(days=number)
        wave = 1 + 0.06 * ((number * 7) % 11 - 5) / 5 + number / 1000
        quantities = {
            "api_calls": round(calls * week[day.weekday()] * wave),
            "storage": round(storage + growth * number, 1),
        }
        events += [
            {
                "id": f"demo-{metric}-{day}",
                "contract": contract.name,
                "metric": metric,
                # At midnight where the contract's days begin, and never ahead of now.
                "time": local.midnight(day).isoformat(),
                "quantity": quantity,
            }
            for metric, quantity in quantities.items()
        ]
    return events


# Aurora comes close to its 100 GB and knows it; Borealis pays by use.
for key, calls, storage, growth in (("borealis", 46000, 1900, 2.5), ("aurora", 2700, 62, 0.2)):
    contract = env.ref(f"kor_enterprise.contract_{key}")
    env["kor.usage.event"].ingest(use_of(contract, calls, storage, growth))

data = env.ref("kor_enterprise.contract_borealis_data")
local, begun = LocalDays(data.tz), data.date_start.replace(day=1)
# The first part of a month below the minimum, the second month above the cap, then what is usual.
env["kor.usage.event"].ingest(
    [
        {
            "id": f"demo-data-{day}",
            "contract": data.name,
            "metric": "data_transfer",
            "time": local.midnight(day).isoformat(),
            "quantity": 40
            if day < begun + relativedelta(months=1)
            else 520
            if day < begun + relativedelta(months=2)
            else 250,
        }
        for number in range((today - data.date_start).days + 1)
        if (day := data.date_start + timedelta(days=number))
    ]
)
if not data.prepaid_credit_ids:
    company = data.company_id
    company.kor_prepaid_account_id = env["account.account"].create(
        {"name": "Prepaid by customers", "code": "201900", "account_type": "liability_current"}
    )
    invoice = env["account.move"].browse(data.top_up(4000, fields.Date.to_string(today + timedelta(days=300))))
    invoice.process_payment()

for contract in env["kor.contract"].search([("next_billing_date", "<=", today)]):
    while contract.next_billing_date and contract.next_billing_date <= today:
        day = contract.next_billing_date
        contract._bill(Window.as_of(contract.date_start, day), invoice_date=day)

# What was billed above belongs to months that are closed already: they are closed again, by difference.
for close in env["kor.revenue.close"].search([("state", "=", "done")], order="date_to"):
    close.action_post()

# The latest invoices stay open, and two customers have no saved payment method.
late = [
    ("kor_contract_id", "!=", False),
    ("invoice_date", "<", today - timedelta(days=20)),
    ("payment_state", "=", "not_paid"),
]
for move in env["account.move"].search(late):
    move.process_payment()

# Two customers have nothing that could be charged: they are reminded, and one disputes its oldest invoice.
overdue = env["account.move"].search(
    [
        ("kor_contract_id", "!=", False),
        ("move_type", "=", "out_invoice"),
        ("payment_state", "=", "not_paid"),
        ("invoice_date_due", "<", today),
    ],
    order="invoice_date_due, id",
)
disputed = overdue.filtered(lambda move: move.partner_id == env.ref("kor_enterprise.partner_ember"))[:1]
if len(overdue) > 1 and not any(overdue.mapped("kor_dunning_event_ids")):
    disputed.write({"kor_is_disputed": True, "kor_dispute_note": "Asks for the order number on the invoice."})
# The demo's customers have no mailbox: nothing is handed to a mail server.
overdue.with_context(mail_notify_force_send=False).apply_dunning()
env["mail.mail"].search([("state", "=", "outgoing"), ("model", "=", "kor.contract")]).cancel()

# Deals on their way, each by the calls that people's screens make.
sales, chief = env.ref("kor_enterprise.user_sales"), env.ref("base.user_admin")
quiet = {"mail_notify_force_send": False, "no_reset_password": True}


def customer_of(key, name):
    """Return a user of the customer's portal, with the login portal.KEY."""
    company = env.ref(f"kor_sales_pipeline.partner_{key}")
    contact = env["res.partner"].create({"name": name, "parent_id": company.id, "email": f"{key}@customer.example"})
    login = f"portal.{key}"
    values = {"login": login, "password": login, "partner_id": contact.id}
    groups = [(6, 0, env.ref("base.group_portal").ids)]
    return env["res.users"].with_context(**quiet).create({**values, "group_ids": groups})


def propose(key, contact, changes=None):
    """Return the proposal of an opportunity, written by the salesperson."""
    lead = env.ref(f"kor_sales_pipeline.lead_{key}").with_context(**quiet)
    lead.write({"user_id": sales.id, "partner_id": contact.id if contact else lead.partner_id.id})
    order = env["sale.order"].with_context(**quiet).browse(lead.with_user(sales).generate_proposal())
    if changes:
        order.with_user(sales).customize_proposal(changes)
    return order


def send(order, note=""):
    """Send a proposal, approved before where it must be."""
    mine = order.with_user(sales)
    if mine.kor_approval_state != "none":
        mine.action_kor_ask_approval()
        order.with_user(chief).action_kor_approve(note)
    mine.action_quotation_sent()
    return order


def find(order, code):
    return order.order_line.filtered(lambda line: line.kor_terms_id.metric_id.code == code)[:1]


def negotiate(order, buyer, asked):
    """Begin a negotiation and let the customer ask."""
    number = order.opportunity_id.with_user(sales).start_negotiation()
    negotiation = env["kor.negotiation"].with_context(**quiet).browse(number)
    negotiation.with_user(buyer).counter(asked)
    return negotiation


def answer(negotiation, *decisions):
    """Answer what waits, in its order, and send the version that follows."""
    waiting = negotiation.offer_ids.filtered(lambda offer: offer.state == "open").sorted("id")
    answers = [{"offer": offer.id, **one} for offer, one in zip(waiting, decisions, strict=True)]
    order = negotiation.with_user(sales).answer(answers)["order"]
    return send(env["sale.order"].with_context(**quiet).browse(order), "A customer that we want for years.")


def date_back(key, *days, closed=None):
    """Spread the stages of an opportunity over the weeks, as one that was kept elsewhere until today."""
    moments = [fields.Datetime.to_string(fields.Datetime.now() - timedelta(days=number)) for number in days]
    over = fields.Datetime.to_string(fields.Datetime.now() - timedelta(days=closed)) if closed else ""
    env.ref(f"kor_sales_pipeline.lead_{key}").with_user(chief).import_stage_dates(moments, over)


if not env["kor.negotiation"].search_count([]):
    # Pine Hospital: more discount than a salesperson may give; a manager is asked.
    pine = propose("pine", None)
    users = find(pine, "users")
    pine.with_user(sales).customize_proposal({"lines": [{"line": users.id, "discount": 40}]})
    pine.with_user(sales).action_kor_ask_approval()

    # Quarry Works: second round, and the ball is with us.
    buyer = customer_of("quarry", "Nora Steen")
    quarry = send(propose("quarry", buyer.partner_id))
    users = find(quarry, "users")
    talks = negotiate(
        quarry,
        buyer,
        [
            {"area": "pricing", "line": users.id, "discount": 30, "reason": "Two others have offered less."},
            {"uptime_target": 99.99, "reason": "The plant runs at night."},
            {"area": "terms", "text": "We pay within 60 days.", "reason": "Our rule for all suppliers."},
        ],
    )
    second = answer(
        talks,
        {"decision": "counter", "discount": 22, "note": "For 250 users we can go so far."},
        {"decision": "accept", "note": "With the night shift included."},
        {"decision": "counter", "text": "Invoices are due within 45 days.", "note": "In the middle."},
    )
    users = find(second, "users")
    talks.with_user(buyer).counter(
        [{"area": "pricing", "line": users.id, "discount": 25, "reason": "Then we sign this week."}]
    )

    # River Logistics: agreed, and waits for the signature.
    buyer = customer_of("river", "Tomas Berg")
    river = send(propose("river", buyer.partner_id))
    talks = negotiate(river, buyer, [{"term_months": 36, "reason": "We plan for three years."}, {"discount": 20}])
    answer(
        talks,
        {"decision": "accept", "note": "Gladly."},
        {"decision": "counter", "discount": 18, "note": "For three years."},
    )
    talks.with_user(buyer).agree()

    # Summit Energy: signed, won, handed over.
    buyer = customer_of("summit", "Ellen Falk")
    summit = send(propose("summit", buyer.partner_id))
    dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    summit.message_subscribe(buyer.partner_id.ids)
    summit.with_user(buyer).sign_proposal("Ellen Falk", dot)

    date_back("harbour", 6)
    date_back("meadow", 24, 15)
    date_back("pine", 38, 30, 9)
    date_back("quarry", 66, 52, 33, 20)
    date_back("river", 81, 70, 44, 30, 3)
    date_back("summit", 95, 83, 60, 47)
    date_back("tundra", 58, 41, closed=20)
    env["mail.mail"].search([("state", "=", "outgoing")]).cancel()


# Support and service levels of the last weeks, each fact at its own time, by the calls that screens and programs make.
support = env.ref("kor_enterprise.user_support")


@contextmanager
def at(moment):
    """Do something as of a moment of the past."""
    with freeze_time(moment):
        env.flush_all()
        env.cr._now = moment
        yield
        env.flush_all()
    env.cr._now = None


def ticket_of(user, contract, moment, channel, name, description, priority="medium", requester=None):
    """Open a ticket as of a moment and return it as the support agent has it."""
    values = {"name": name, "description": description, "priority": priority, "channel": channel}
    with at(moment):
        number = contract.with_user(user).open_ticket({**values, **({"requester": requester} if requester else {})})
    return env["project.task"].with_user(support).with_context(**quiet).browse(number)


def answer_ticket(ticket, text):
    """Write to the customer as the support agent."""
    ticket.message_post(
        body=text, author_id=support.partner_id.id, message_type="comment", subtype_xmlid="mail.mt_comment"
    )


def tickets_of_the_week(now):
    """Open five tickets of two customers: one late, one kept, one at work, one that waits, one new."""
    aurora, borealis = (env.ref(f"kor_enterprise.contract_{key}") for key in ("aurora", "borealis"))
    buyers = {key: env["res.users"].search([("login", "=", f"portal.{key}")]) for key in ("aurora", "borealis")}
    last_week = now - timedelta(days=now.weekday() + 7)
    monday = last_week.replace(hour=9, minute=12, second=0, microsecond=0)

    late = ticket_of(buyers["aurora"], aurora, monday, "portal", "Export stops at 10,000 rows", "Since Friday.", "high")
    with at(monday + timedelta(days=3, hours=2)):
        late.resolve_ticket("A limit of the new export. It is lifted; your exports of Friday were made again.")

    kept = ticket_of(
        buyers["borealis"], borealis, monday + timedelta(days=1), "portal", "Two robots share one key", "Which one?"
    )
    with at(monday + timedelta(days=1, minutes=20)):
        answer_ticket(kept, "The older one; we have made another key for it.")
    with at(monday + timedelta(days=1, hours=1)):
        kept.resolve_ticket()

    caller = env.ref("kor_enterprise.partner_borealis_contact")
    phone = ticket_of(
        support, borealis, now - timedelta(minutes=25), "phone", "Line 3 sends nothing", "", "urgent", caller.id
    )
    with at(now - timedelta(minutes=20)):
        phone.acknowledge_ticket()
    with at(now - timedelta(minutes=14)):
        answer_ticket(phone, "Please send us the log of the gateway.")
    with at(now - timedelta(minutes=12)):
        phone.pause_ticket("customer", "Asked for the gateway's log.")

    work = ticket_of(
        buyers["aurora"], aurora, now - timedelta(minutes=50), "portal", "Who may see the archive?", "A new colleague."
    )
    with at(now - timedelta(minutes=40)):
        work.acknowledge_ticket()

    mail = f"""From: {caller.email_formatted}
To: support@kor.example
Subject: Sandbox for the autumn release
Message-Id: <demo-sandbox@customer.example>
Content-Type: text/plain; charset=utf-8

When do we get a sandbox to try it?
"""
    with at(now - timedelta(minutes=6)):
        env["mail.thread"].message_process("project.task", mail, custom_values={"ticket_channel": "email"})


def month_of_the_platform(now):
    """Let last month have an outage, report it, and let its credits stand at different steps."""
    first = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    platform = env["kor.sla.service"].create(
        {
            "name": "KOR Platform",
            "code": "kor_platform",
            "description": "The application, its programming interface and sign-in.",
            "for_all": True,
            "user_id": support.id,
        }
    )
    env["kor.sla.monitor"].create(
        {"name": "Prometheus", "kind": "alertmanager", "service_id": platform.id}
    ).action_make_key()
    outages = env["kor.sla.outage"].with_context(**quiet)
    down = f"{first.replace(day=12)}T10:00:00Z", f"{first.replace(day=12)}T10:50:00Z"
    number = outages.report(
        {"service": platform.code, "key": "demo-down", "title": "Sign-in fails", "start": down[0], "end": down[1]}
    )
    outages.browse(number).cause = "A certificate had expired. It is renewed by itself now, and watched."
    night = (now + timedelta(days=6)).replace(hour=22, minute=0, second=0, microsecond=0)
    planned = outages.report(
        {
            "service": platform.code,
            "key": "demo-upgrade",
            "state": "maintenance",
            "title": "Upgrade of the database",
            "start": f"{night.isoformat()}Z",
            "end": f"{(night + timedelta(hours=1)).isoformat()}Z",
        }
    )
    outages.browse(planned).action_announce()

    env["kor.sla.report.month"].create({"month": first}).action_make()
    reports = env["kor.sla.report"].with_context(**quiet).search([("month", "=", first), ("is_current", "=", True)])
    reports.action_freeze()
    # The first credit is booked, the others wait for somebody.
    credits = reports.credit_ids.sudo(False).filtered(lambda one: one.state == "proposed")
    given = credits.sorted(lambda one: one.contract_id.id)[:1]
    given.action_approve()
    given.action_book()


if not env["kor.sla.service"].search_count([("code", "=", "kor_platform")]):
    now = fields.Datetime.now()
    month_of_the_platform(now)
    tickets_of_the_week(now)
    env["kor.sla.clock"]._cron_watch_clocks()
    env["mail.mail"].search([("state", "=", "outgoing")]).cancel()


def onboarding_of(key, weeks):
    """Start the onboarding of a demo contract some weeks ago, as its account manager."""
    manager = env.ref("kor_enterprise.user_account")
    contract = env.ref(f"kor_enterprise.contract_{key}").with_context(**quiet)
    with at(fields.Datetime.now() - timedelta(weeks=weeks)):
        return env["kor.onboarding"].with_context(**quiet).browse(contract.start_onboarding("", manager.id))


def onboardings_of_the_demo():
    """Let one customer be live and done, and another be on its way to the go-live."""
    done = onboarding_of("aurora", 12)
    for weeks, kind in enumerate(("account_setup", "configuration", "training", "integration", "go_live")):
        if kind not in done.step_ids.mapped("kind"):
            continue
        with at(fields.Datetime.now() - timedelta(weeks=11 - weeks)):
            if done.complete_step(kind)["status"] == "sign":
                done.sign_off(kind, env.ref("kor_enterprise.partner_aurora_contact").name, "In the weekly call.")

    running = onboarding_of("borealis", 2)
    with at(fields.Datetime.now() - timedelta(days=6)):
        running.complete_step("account_setup", "The users are invited.")
    (done | running).action_follow()


if not env["kor.onboarding"].search_count([]):
    onboardings_of_the_demo()
    for job in ("health", "follow", "advise"):
        env.ref(f"kor_account_management.ir_cron_kor_{job}").method_direct_trigger()
    env["mail.mail"].search([("state", "=", "outgoing")]).cancel()
