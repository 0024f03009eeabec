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
        # Changes are noted when a transaction ends: each at its own moment, not all of them now.
        env.cr.precommit.run()
    env.cr._now = None


def ticket_of(user, contract, moment, channel, name, description, priority="medium", requester=None):
    """Open a ticket as of a moment and return it as the support agent has it."""
    values = {"name": name, "description": description, "priority": priority, "channel": channel}
    with at(moment):
        number = contract.with_user(user).open_ticket({**values, **({"requester": requester} if requester else {})})
        ticket = env["project.task"].with_user(support).with_context(**quiet).browse(number)
        ticket.user_ids = support
    return ticket


def answer_ticket(ticket, text):
    """Write to the customer as the support agent."""
    ticket.message_post(
        body=text, author_id=support.partner_id.id, message_type="comment", subtype_xmlid="mail.mt_comment"
    )


def side_of(key):
    """Return a customer's contract and who buys for it."""
    return env.ref(f"kor_enterprise.contract_{key}"), env["res.users"].search([("login", "=", f"portal.{key}")])


def tickets_of_last_week(now):
    """Let one ticket have been late, and one in time."""
    monday = (now - timedelta(days=now.weekday() + 7)).replace(hour=9, minute=12, second=0, microsecond=0)
    aurora, buyer = side_of("aurora")
    late = ticket_of(buyer, aurora, monday, "portal", "Export stops at 10,000 rows", "Since Friday.", "high")
    with at(monday + timedelta(days=1, hours=3)):
        env["kor.sla.clock"]._cron_watch_clocks()
    with at(monday + timedelta(days=3, hours=2)):
        late.resolve_ticket("A limit of the new export. It is lifted; your exports of Friday were made again.")
    borealis, buyer = side_of("borealis")
    tuesday = monday + timedelta(days=1)
    kept = ticket_of(buyer, borealis, tuesday, "portal", "Two robots share one key", "Which one?")
    with at(tuesday + timedelta(minutes=20)):
        answer_ticket(kept, "The older one; we have made another key for it.")
    with at(tuesday + timedelta(hours=1)):
        kept.resolve_ticket()


def tickets_of_this_hour(now, caller):
    """Let one ticket wait for the customer, and one be worked on."""
    borealis, _buyer = side_of("borealis")
    phone = ticket_of(
        support, borealis, now - timedelta(minutes=25), "phone", "Line 3 sends nothing", "", "urgent", caller.id
    )
    with at(now - timedelta(minutes=20)):
        phone.acknowledge_ticket()
    with at(now - timedelta(minutes=14)):
        answer_ticket(phone, "Please send us the log of the gateway.")
    with at(now - timedelta(minutes=12)):
        phone.pause_ticket("customer", "Asked for the gateway's log.")
    aurora, buyer = side_of("aurora")
    work = ticket_of(
        buyer, aurora, now - timedelta(minutes=50), "portal", "Who may see the archive?", "A new colleague."
    )
    with at(now - timedelta(minutes=40)):
        work.acknowledge_ticket()


def mails_to_support(now, caller):
    """Let a customer write, and somebody unknown: a person decides whose ticket that is."""
    for minutes, sender, key, subject, body in (
        (6, caller.email_formatted, "sandbox", "Sandbox for the autumn release",
         "When do we get a sandbox to try it?"),
        (3, '"H. Lund" <lund@unknown.example>', "lost", "Password of our old account",
         "We have lost it. Can you help?"),
    ):  # fmt: skip
        mail = f"""From: {sender}
To: support@kor.example
Subject: {subject}
Message-Id: <demo-{key}@customer.example>
Content-Type: text/plain; charset=utf-8

{body}
"""
        with at(now - timedelta(minutes=minutes)):
            env["mail.thread"].message_process("project.task", mail, custom_values={"ticket_channel": "email"})


def watch_by_prometheus(platform, day):
    """Let a monitor post an alert of some minutes."""
    monitor = env["kor.sla.monitor"].create({"name": "Prometheus", "kind": "alertmanager", "service_id": platform.id})
    monitor.action_make_key()
    alert = {
        "status": "resolved",
        "labels": {"alertname": "QueueIsLong", "severity": "critical"},
        "annotations": {"summary": "Messages wait in the queue"},
        "startsAt": f"{day}T13:05:00Z",
        "endsAt": f"{day}T13:17:00Z",
        "fingerprint": "d3ca5e0f2b7a4c11",
    }
    with at(datetime.combine(day, datetime.min.time()) + timedelta(hours=13, minutes=18)):
        monitor._take({"version": "4", "status": "resolved", "alerts": [alert]})


def report_outages(platform, day, night):
    """Report an outage of a day, and announce maintenance of a night to come."""
    outages = env["kor.sla.outage"].with_context(**quiet)
    number = outages.report(
        {
            "service": platform.code,
            "key": "demo-down",
            "title": "Sign-in fails",
            "start": f"{day}T10:00:00Z",
            "end": f"{day}T10:50:00Z",
        }
    )
    outages.browse(number).cause = "A certificate had expired. It is renewed by itself now, and watched."
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


def report_the_month(first):
    """Report a month to the customers, and book the first of its credits: the others wait for somebody."""
    env["kor.sla.report.month"].create({"month": first}).action_make()
    reports = env["kor.sla.report"].with_context(**quiet).search([("month", "=", first), ("is_current", "=", True)])
    reports.action_freeze()
    credits = reports.credit_ids.sudo(False).filtered(lambda one: one.state == "proposed")
    given = credits.sorted(lambda one: one.contract_id.id)[:1]
    given.action_approve()
    given.action_book()
    count_as_sent(reports)
    # One customer saw it otherwise, and waits for an answer.
    disputed = reports.filtered(lambda one: one.contract_id == env.ref("kor_enterprise.contract_borealis"))
    disputed.with_user(side_of("borealis")[1]).dispute("Sign-in failed for us until noon, not until 10:50.")


def uptime_of_the_past():
    """Measure each month as the hourly job would have done; the running one is its own matter."""
    contracts = env["kor.contract"].search([("state", "!=", "draft")])
    last = today.replace(day=1) - timedelta(days=1)
    env["kor.sla.budget"]._measure_between(contracts, min(contracts.mapped("date_start")), last, fields.Datetime.now())


if not env["kor.sla.outage"].search_count([("key", "=", "demo-down")]):
    now = fields.Datetime.now()
    last_month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    platform = env["kor.sla.service"].search([("code", "=", "kor_platform")])
    night = (now + timedelta(days=6)).replace(hour=22, minute=0, second=0, microsecond=0)
    watch_by_prometheus(platform, last_month.replace(day=20))
    report_outages(platform, last_month.replace(day=12), night)
    report_the_month(last_month)
    uptime_of_the_past()
    caller = env.ref("kor_enterprise.partner_borealis_contact")
    tickets_of_last_week(now)
    tickets_of_this_hour(now, caller)
    mails_to_support(now, caller)
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
    accounts._open_accounts()
    accounts.with_context(active_test=False).search([])._refresh_aggregates()
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
