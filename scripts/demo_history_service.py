"""Let two years of the demo's customers be served, in Odoo's shell; `demo_walk.py` says when."""

tickets, onboardings, clouds = {}, {}, {}


def open_ticket(key, number, subject, priority):
    contract = contracts[key].with_user(people["support"])
    values = {"name": subject, "priority": priority, "channel": ("email", "phone", "portal")[number % 3]}
    values["requester"] = contracts[key].partner_id.child_ids[:1].id
    tickets[number] = env["project.task"].with_context(**quiet).browse(contract.open_ticket(values))


def answer_ticket_of(number):
    tickets[number].user_ids = people["support"]
    tickets[number].message_post(
        body="We are looking into it.",
        author_id=people["support"].partner_id.id,
        message_type="comment",
        subtype_xmlid="mail.mt_comment",
    )


def resolve_ticket_of(number):
    tickets[number].with_user(people["support"]).resolve_ticket()


def watch_the_platform():
    """Begin to watch the platform that all contracts rest on."""
    env["kor.sla.service"].create(
        {
            "name": "KOR Platform",
            "code": "kor_platform",
            "description": "The application, its programming interface and sign-in.",
            "for_all": True,
            "user_id": people["support"].id,
        }
    )


def report_outage(day, begins, minutes, state, title, cause):
    begin = datetime.combine(day, datetime.strptime(begins, "%H:%M").time())
    number = (
        env["kor.sla.outage"]
        .with_context(**quiet)
        .report(
            {
                "service": "kor_platform",
                "key": f"demo-{day}",
                "state": state,
                "title": title,
                "start": f"{begin.isoformat()}Z",
                "end": f"{(begin + timedelta(minutes=minutes)).isoformat()}Z",
                **({"weight": 0.5} if state == "degraded" else {}),
            }
        )
    )
    outage = env["kor.sla.outage"].with_context(**quiet).browse(number)
    if cause:
        outage.cause = cause
    if state == "maintenance":
        outage.action_announce()


def report_services(months):
    """Tell the customers how the services of a month were, and book the credits that follow."""
    month = day_of(months)
    # Who has agreed on more than the public tiers say reads them.
    told = [one.id for one in contracts.values() if one.tier_id.code in ("enterprise", "custom")]
    env["kor.sla.report.month"].create({"month": month, "contract_ids": [(6, 0, told)]}).action_make()
    reports = env["kor.sla.report"].with_context(**quiet).search([("month", "=", month), ("is_current", "=", True)])
    reports.action_freeze()
    credits = reports.credit_ids.filtered(lambda one: one.state == "proposed")
    credits.action_approve()
    credits.filtered(lambda one: one.state == "approved").action_book()
    count_as_sent(reports)


def count_as_sent(reports):
    """Note that customers have been told; they have no mailbox, and nothing is handed to a mail server."""
    reports._write_engine({"state": "sent", "date_sent": fields.Datetime.now()})


def dispute_report(key, months):
    """Let a customer dispute a report, and settle it."""
    report = env["kor.sla.report"].search([("contract_id", "=", contracts[key].id), ("month", "=", day_of(months))])
    number = report.dispute("Our offices were cut off until two in the afternoon.")
    env["kor.sla.dispute"].browse(number).with_context(**quiet).write(
        {"answer": "Our monitors and your own log show 12:45. The report stays."}
    )
    env["kor.sla.dispute"].browse(number).action_decline()


def start_onboarding_of(key):
    manager = people[CUSTOMERS[CONTRACTS[key].get("customer", key)][5]]
    number = contracts[key].with_context(**quiet).start_onboarding("", manager.id)
    onboardings[key] = env["kor.onboarding"].with_context(**quiet).browse(number)


def complete_step_of(key, step):
    onboarding = onboardings[key]
    if step in onboarding.step_ids.mapped("kind") and onboarding.complete_step(step)["status"] == "sign":
        onboarding.sign_off(step, contracts[key].partner_id.child_ids[:1].name, "In the weekly call.")


def run_infrastructure(contract, name, deployment, region, resources, since=None):
    """Set up what runs for one customer alone, from today or an earlier day on.

    :param resources: kind, agreed, used at last, cost of a unit in a month
    """
    cloud = env["kor.infrastructure"].create(
        {
            "name": name,
            "contract_id": contract.id,
            "deployment": deployment,
            "region": region,
            "user_id": people["support"].id,
        }
    )
    first = since or fields.Date.today()
    for kind, agreed, _used, cost in resources:
        resource = env["kor.infrastructure.resource"].create({"infrastructure_id": cloud.id, "kind": kind})
        env["kor.infrastructure.capacity"].create(
            {"resource_id": resource.id, "date_from": first, "contracted": agreed, "allocated": agreed}
        )
        env["kor.infrastructure.cost"].create({"resource_id": resource.id, "date_from": first, "unit_cost": cost})
    cloud.set_state("provisioning")
    cloud.set_state("running")
    return cloud


def begin_infrastructure(key, *described):
    clouds[key] = run_infrastructure(contracts[key], *described)


def read_infrastructure(cloud, resources):
    """Note how much was in use on each of the last thirty days."""
    midnight = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    cloud.push_readings(
        [
            {
                "resource": cloud.resource_ids.filtered(lambda one, kind=kind: one.kind == kind).id,
                "used": round(used * (0.9 + number / 300), 1),
                "time": f"{(midnight - timedelta(days=30 - number)).isoformat()}Z",
            }
            for kind, _agreed, used, _cost in resources
            if used
            for number in range(31)
        ]
    )
