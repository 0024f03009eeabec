"""Put deals on their way in the demo, in Odoo's shell, each by the calls that people's screens make."""

from datetime import timedelta

from odoo import fields

sales, chief = env.ref("kor_enterprise.user_sales"), env.ref("base.user_admin")
quiet = {"mail_notify_force_send": False, "no_reset_password": True}


def make_portal_user(key, contact):
    """Let a contact log in to the portal as portal.KEY."""
    login = f"portal.{key}"
    values = {"login": login, "password": login, "partner_id": contact.id}
    groups = [(6, 0, env.ref("base.group_portal").ids)]
    return env["res.users"].with_context(**quiet).create({**values, "group_ids": groups})


def customer_of(key, name):
    """Return a user of the customer's portal, with the login portal.KEY."""
    company = env.ref(f"kor_sales_pipeline.partner_{key}")
    contact = env["res.partner"].create({"name": name, "parent_id": company.id, "email": f"{key}@customer.example"})
    return make_portal_user(key, contact)


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
    summit.message_subscribe(buyer.partner_id.ids)
    summit.with_user(buyer).sign_proposal("Ellen Falk", DOT)

    date_back("harbour", 6)
    date_back("meadow", 24, 15)
    date_back("pine", 38, 30, 9)
    date_back("quarry", 66, 52, 33, 20)
    date_back("river", 81, 70, 44, 30, 3)
    date_back("summit", 95, 83, 60, 47)
    date_back("tundra", 58, 41, closed=20)
    # What becomes of a deal is learnt from all of those there were.
    env["ir.config_parameter"].set_param("crm.pls_start_date", text_of(day_of(MONTHS)))
    env["crm.lead"]._cron_update_automated_probabilities()
    env["mail.mail"].search([("state", "=", "outgoing")]).cancel()
