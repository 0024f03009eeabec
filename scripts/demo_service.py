"""Let the demo's customers be served, in Odoo's shell: support, service levels and onboarding of the last weeks.

Each fact has its own time, and comes by the calls that screens and programs make.
"""

from contextlib import contextmanager
from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import fields

support = env.ref("kor_enterprise.user_support")
quiet = {"mail_notify_force_send": False, "no_reset_password": True}
today = fields.Date.context_today(env["kor.contract"])


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
    # Somebody unknown: a person decides whose ticket it is.
    mail = mail.replace(caller.email_formatted, '"H. Lund" <lund@unknown.example>')
    mail = mail.replace("Sandbox for the autumn release", "Password of our old account").replace("demo-", "lost-")
    mail = mail.replace("When do we get a sandbox to try it?", "We have lost it. Can you help?")
    with at(now - timedelta(minutes=3)):
        env["mail.thread"].message_process("project.task", mail, custom_values={"ticket_channel": "email"})


def month_of_the_platform(now):
    """Let last month have an outage, report it, and let its credits stand at different steps."""
    first = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    platform = env["kor.sla.service"].search([("code", "=", "kor_platform")])
    monitor = env["kor.sla.monitor"].create({"name": "Prometheus", "kind": "alertmanager", "service_id": platform.id})
    monitor.action_make_key()
    # What the monitor would post.
    alert = {
        "status": "resolved",
        "labels": {"alertname": "QueueIsLong", "severity": "critical"},
        "annotations": {"summary": "Messages wait in the queue"},
        "startsAt": f"{first.replace(day=20)}T13:05:00Z",
        "endsAt": f"{first.replace(day=20)}T13:17:00Z",
        "fingerprint": "d3ca5e0f2b7a4c11",
    }
    with at(datetime.combine(first.replace(day=20), datetime.min.time()) + timedelta(hours=13, minutes=18)):
        monitor._take({"version": "4", "status": "resolved", "alerts": [alert]})
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
    count_as_sent(reports)


def uptime_of_the_past():
    """Measure each month as the hourly job would have done; the running one is its own matter."""
    contracts = env["kor.contract"].search([("state", "!=", "draft")])
    last = today.replace(day=1) - timedelta(days=1)
    env["kor.sla.budget"]._measure_between(contracts, min(contracts.mapped("date_start")), last, fields.Datetime.now())


if not env["kor.sla.outage"].search_count([("key", "=", "demo-down")]):
    now = fields.Datetime.now()
    month_of_the_platform(now)
    uptime_of_the_past()
    tickets_of_the_week(now)
    env["kor.sla.clock"]._cron_watch_clocks()
    env["mail.mail"].search([("state", "=", "outgoing")]).cancel()


def onboarding_of(key, weeks):
    """Start the onboarding of a demo contract when it was signed, some weeks ago, as its account manager."""
    manager = env.ref("kor_enterprise.user_account")
    contract = env.ref(f"kor_enterprise.contract_{key}").with_context(**quiet)
    moment = fields.Datetime.now() - timedelta(weeks=weeks)
    contract._write_agreed({"date_activated": moment})
    with at(moment):
        return env["kor.onboarding"].with_context(**quiet).browse(contract.start_onboarding("", manager.id))


def onboardings_of_the_demo():
    """Let one customer be live and done, and another be on its way to the go-live."""
    weeks = (today - env.ref("kor_enterprise.contract_aurora").date_start).days // 7
    done = onboarding_of("aurora", weeks)
    for number, kind in enumerate(("account_setup", "configuration", "training", "integration", "go_live"), 1):
        if kind not in done.step_ids.mapped("kind"):
            continue
        with at(fields.Datetime.now() - timedelta(weeks=weeks) + timedelta(days=3 * number - 1)):
            if done.complete_step(kind)["status"] == "sign":
                done.sign_off(kind, env.ref("kor_enterprise.partner_aurora_contact").name, "In the weekly call.")

    running = onboarding_of("borealis", 1)
    with at(fields.Datetime.now() - timedelta(days=2)):
        running.complete_step("account_setup", "The users are invited.")
    (done | running).action_follow()


def health_of_the_last_weeks():
    """Measure each week what the daily job would have measured, so that there is something to look back at."""
    accounts = env["kor.account"]
    accounts._refresh_accounts()
    first = fields.Datetime.now() - timedelta(weeks=12)
    with freeze_time(first) as clock:
        for number in range(12):
            clock.move_to(first + timedelta(weeks=number))
            accounts.search([])._take_snapshots((first + timedelta(weeks=number)).date())
            env.flush_all()
    ember = env["kor.account"].search([("partner_id", "=", env.ref("kor_enterprise.partner_ember").id)])
    ember.write({"next_step": "Ask why they use so little", "next_step_date": today + timedelta(days=2)})


if not env["kor.health.snapshot"].search_count([]):
    onboardings_of_the_demo()
    health_of_the_last_weeks()
