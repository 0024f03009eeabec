"""Walk through two years of the demo, day by day, in Odoo's shell: on each day happens what its agenda says.

Run twice it does nothing more: the walk begins only where nobody has walked yet.
"""

import gc
import itertools
from collections import defaultdict
from contextlib import contextmanager
from datetime import datetime, timedelta

from freezegun import freeze_time

MONTHS = 26
# Each flush looks at all of them, and they go in circles: somebody has to collect them.
ENVIRONMENTS = 40
# How far a deal comes that is lost: what brings it from each stage to the next, after which share of its time.
LOST_STAGES = ("lead", "qualification", "proposal", "negotiation", "signing")
LOST_STEPS = ((1 / 3, qualify), (1 / 2, propose_to), (2 / 3, negotiate_on), (5 / 6, agree_on))
STEPS = ("account_setup", "configuration", "training", "integration", "go_live")
# Customer, name, deployment, region, and resources: agreed, used at last (0: nobody reads it), the cost of one in
# a month.
CLOUDS = (
    ("granite", "Granite production", "dedicated", "Hartford",
     (("server", 2, 0, 310.0), ("storage", 1500, 1120, 0.07))),
    ("cobalt", "Cobalt private cloud", "private_cloud", "New York",
     (("vcpu", 48, 29, 5.5), ("memory", 192, 121, 1.4), ("storage", 3000, 1730, 0.05))),
)  # fmt: skip


class Clock:
    """Let it be some moment of the past, for Python and for what the database stamps."""

    def __init__(self, frozen):
        self.frozen, self.moment = frozen, None

    def go(self, moment):
        env.flush_all()
        self.frozen.move_to(moment)
        self.moment = moment
        self.again()

    def again(self):
        """A commit has taken the moment from the cursor."""
        env.cr._now = self.moment


@contextmanager
def one_transaction():
    """Keep jobs from committing: a walk that is cut off has never begun, and what it has read stays read."""

    def fail():
        raise AssertionError("A job of the walk has failed and wants its work undone.")

    cr = env.cr
    cr.commit, cr.rollback = cr.flush, fail
    try:
        yield
    finally:
        del cr.commit, cr.rollback
    cr.commit()


agenda = defaultdict(list)


def on(day, what, *details, hour=9.0):
    """Note what happens on a day to come, from the point of view of the first one; never after today."""
    moment = datetime.combine(day, datetime.min.time()) + timedelta(hours=hour)
    if moment < NOW:
        agenda[moment].append((what, details))


def note_life():
    """Note how customers join and what becomes of them."""
    for key, values in CONTRACTS.items():
        start = day_of(*values["start"])
        if "deal" in values:
            note_deal(key, CUSTOMERS[values.get("customer", key)][0], values, start)
        on(start, join, key, hour=10)
        for when, *what in values.get("life", ()):
            on(day_of(*when), live, key, *what, hour=11)
        if values.get("onboard"):
            on(start, start_onboarding_of, key, hour=12)
            for number, step in enumerate(STEPS, 1):
                on(start + timedelta(days=values["onboard"] * number), complete_step_of, key, step, hour=14)
    for name, plan, users, first, last, reached, reason in LOST_DEALS:
        begin, end = day_of(*first), day_of(*last)
        on(begin, open_lost_deal, name, plan, users, end)
        for share, step in LOST_STEPS[: LOST_STAGES.index(reached)]:
            on(begin + (end - begin) * share, step, name)
        on(end, lose, name, reason)


def note_deal(key, name, values, start):
    begin = start - timedelta(days=values["deal"])
    steps = ((0.3, qualify), (0.5, propose_to), (0.75, negotiate_on))
    partner = partners[values.get("customer", key)]
    on(begin, open_deal, key, f"{name}: {values['users']} users", partner, values["plan"], values["users"], start)
    for share, step in steps:
        on(begin + timedelta(days=round(values["deal"] * share)), step, key)
    on(start + timedelta(days=2), hand_over, key, hour=15)


def open_lost_deal(name, plan, users, closes):
    email = f"office@{name.split()[0].lower()}.example"
    partner = env["res.partner"].create({"name": name, "is_company": True, "email": email})
    open_deal(name, f"{name}: {users} users", partner, plan, users, closes)


def note_service():
    """Note tickets, outages and reports."""
    keys, number = list(CONTRACTS), itertools.count()
    for months in range(25, -1, -1):
        for place in range(1 + (25 - months) // 6):
            one = next(number)
            key = next(
                key
                for key in itertools.islice(itertools.cycle(keys), one * 11 % len(keys), None)
                if day_of(*CONTRACTS[key]["start"]) < day_of(months) and lasts(key, day_of(months, 28))
            )
            subject, priority, answer, resolve = TICKETS[one % len(TICKETS)]
            day, hour = day_of(months, 2 + (place * 5 + one) % 25), 9 + one % 6
            on(day, open_ticket, key, one, subject, priority, hour=hour)
            on(day, answer_ticket_of, one, hour=hour + answer)
            on(day, resolve_ticket_of, one, hour=hour + resolve)
    for when, begins, minutes, state, title, cause in OUTAGES:
        day = day_of(*when)
        on(
            day - timedelta(days=8) if state == "maintenance" else day,
            report_outage, day, begins, minutes, state, title, cause, hour=21,
        )  # fmt: skip
    for months in range(9, 1, -1):
        on(day_of(months - 1, 5), report_services, months)
    on(day_of(7, 9), dispute_report, "granite", 8)


def lasts(key, day):
    ends = [when for when, what, *_rest in CONTRACTS[key].get("life", ()) if what in ("cancel", "pause")]
    return key != "kestrel" and all(day < day_of(*when) for when in ends)


def note_money():
    """Note what is billed, paid, spent and closed, and what goes wrong with it."""
    on(day_of(MONTHS), found_the_company, hour=8)
    for months in range(MONTHS, -1, -1):
        on(day_of(months, 31), measure, months, day_of(months, 31), hour=20)
        for number in (5, 15, 25):
            on(day_of(months, number), take_transfers, hour=15)
        if months < MONTHS:
            on(day_of(months, 3), close, months + 1, hour=17)
        if 1 <= months <= 24:
            on(day_of(months, 28), spend, months, hour=16)
            on(day_of(months - 1, 14), pay_bills, hour=16)
    for days in range((TODAY - day_of(MONTHS)).days + 1):
        on(day_of(MONTHS) + timedelta(days=days), follow_the_day, hour=13)
    on(day_of(5, 14), let_card_of, "dune", "error")
    on(day_of(5, 17), let_card_of, "dune", "done")
    on(day_of(7, 6), dispute, "vertex", "The ten robots of the test hall were never users.")
    on(day_of(7, 27), give_credit, "vertex", 0.08, "Ten users of the test hall, which are none.")
    for months, number in ((2, 4), (2, 18), (1, 6), (1, 20)):
        on(day_of(months, number), remind, "thistle", hour=18)
    on(day_of(13, 2), wallet_of_xenon)
    for key, amount in (("vertex", 2400), ("atlas", 2100), ("cobalt", 4800), ("glacier", 1300)):
        on(day_of(*CONTRACTS[key]["start"]), pay_commission, key, amount, hour=12)
    on(day_of(7, 10), note_progress, "cobalt", 30, "The design of the private cloud is agreed.")
    on(day_of(6, 16), note_progress, "cobalt", 75, "The documents of two archives are migrated.")
    on(day_of(5, 9), note_progress, "cobalt", 100, "Migrated and signed off.")


def wallet_of_xenon():
    buy_credit(contracts["xenon"], 6000, day_of(-6))


def wallet_of_borealis():
    buy_credit(env.ref("kor_enterprise.contract_borealis_data"), 4000, TODAY + timedelta(days=300))


def follow_the_day():
    """Let the daily jobs do their work: states, bills, charges; where nothing is due, they have none."""
    due = env["kor.contract"].search_count(
        ["|", ("next_billing_date", "<=", fields.Date.today()), ("needs_correction", "=", True)], limit=1
    )
    over = env["kor.contract"].search_count(
        [("state", "in", ("active", "paused")), ("date_end_effective", "<", fields.Date.today())], limit=1
    )
    if over or fields.Date.today().day == 1:
        env["kor.contract"]._cron_update_states()
    if due:
        bill()
    if due or fields.Date.today().day % 5 == 0:
        charge_cards()


def walk():
    """Do what the agenda says, in the order of time."""
    partners["host"] = env["res.partner"].create({"name": "Nordic Data Centres", "is_company": True})
    second = second_manager()
    people["account2"] = second
    price_in_euro()
    customers_of_the_demo()
    note_life()
    note_service()
    note_money()
    on(day_of(MONTHS), watch_the_platform, hour=8)
    on(env.ref("kor_enterprise.contract_borealis_data").date_start, wallet_of_borealis, hour=8)
    for key, *described in CLOUDS:
        on(day_of(*CONTRACTS[key]["start"]), begin_infrastructure, key, *described, hour=12)
    for moment in sorted(agenda):
        clock.go(moment)
        if moment.day == 1 and moment.month % 3 == 1 and moment.hour == 13:
            print(f"  {moment:%B %Y}", flush=True)
        if len(env.transaction.envs) > ENVIRONMENTS:
            # What is over is not read again; kept, it would slow down all that follows.
            env.invalidate_all()
            gc.collect()
        for what, details in agenda[moment]:
            what(*details)
    clock.go(NOW)
    for key, *_described, resources in CLOUDS:
        read_infrastructure(clouds[key], resources)
    measure(0, TODAY)
    env["mail.mail"].search([("state", "=", "outgoing")]).cancel()
    env.flush_all()


if not env["kor.plan"].search_count([("code", "=", "professional_quarterly_eur")]):
    with freeze_time(NOW) as frozen, one_transaction():
        clock = Clock(frozen)
        gc.freeze()
        gc.disable()
        walk()
        gc.enable()
        gc.unfreeze()
    env.cr._now = None
