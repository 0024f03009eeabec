"""A billing run beside what else makes the same invoices, in one run: ratios, queries, growth, two workers.

Contracts of three lines with one tax, a new customer each, drafted and posted. Beside them: a loop that creates and
posts one invoice after the other, as most add-ons do; the same in one call; and the OCA add-on `contract`, where the
package index has it. Rounds alternate and the best of each side counts. Sides are compared by the processor time of
Odoo and of its database session, which a busy machine changes little; two workers can only be compared by the clock.
`KOR_BENCH` sets the number of contracts (1000): the large run has five times as many, the small one half.
"""

import contextlib
import gc
import os
import subprocess
import sys
import time
import typing
from pathlib import Path

import psutil

from odoo.fields import Command
from odoo.tools import config

CONTRACTS = int(os.environ.get("KOR_BENCH") or 1000)
SAMPLE, ROUNDS = 100, 3
CHUNKS_OF_A_WORKER = 5
# Fewer, and what each worker does once would count for too much.
WORKED_OFF = max(CONTRACTS, 500)
START_SIGNAL = 190019
# What most add-ons do, and the one that does it in one call. Core in one call is shown for what it is worth.
RIVALS = ("one by one", "OCA contract")
LINES = (("Base fee", "fixed", 250.0, 1), ("Users", "per_unit", 29.0, 40), ("Support", "fixed", 99.0, 1))

company = env.company
metric = env.ref("kor_enterprise_tiers.metric_users")
tax = env["account.tax"].search([("type_tax_use", "=", "sale"), ("company_id", "=", company.id)], limit=1)
product = env["product.product"].create({"name": "Bench", "type": "service", "taxes_id": [Command.set(tax.ids)]})
env["ir.config_parameter"].set_param("kor_billing.batch_size", False)
env["kor.contract"].search([])._write_agreed({"next_billing_date": False, "needs_correction": False})


def make_partners(label, count):
    return env["res.partner"].create([{"name": f"{label} {number}"} for number in range(count)])


def make_contracts(label, count):
    line_vals = [
        {"product_id": product.id, "name": name, "charge_type": kind, "unit_price": price, "quantity": quantity,
         "metric_id": metric.id if kind == "per_unit" else False}
        for name, kind, price, quantity in LINES
    ]  # fmt: skip
    contracts = env["kor.contract"].create(
        [
            {
                "partner_id": partner.id,
                "tier_id": env.ref("kor_enterprise_tiers.tier_professional").id,
                "term": "monthly",
                "date_start": env.cr.now().date(),
                "line_ids": [Command.create(values) for values in line_vals],
            }
            for partner in make_partners(label, count)
        ]
    )
    contracts.action_activate()
    return contracts


def prepare_move(partner):
    return {
        "move_type": "out_invoice",
        "partner_id": partner.id,
        "invoice_date": env.cr.now().date(),
        "invoice_line_ids": [
            Command.create({"product_id": product.id, "name": name, "quantity": quantity, "price_unit": price})
            for name, _kind, price, quantity in LINES
        ],
    }


def bill_one_by_one(partners):
    for partner in partners:
        env["account.move"].create(prepare_move(partner)).action_post()


def bill_in_one_call(partners):
    env["account.move"].create([prepare_move(partner) for partner in partners])._post()


def start_run(contracts):
    # Of all that is due: that is these contracts alone.
    run = env["kor.billing.run"].create({"company_id": company.id})
    run._start()
    assert run.planned_count == len(contracts)
    return run


def work(run):
    """Work off a run as the job does, with a commit after each batch."""
    while run.state == "running":
        run._work_insistently()
        env.cr.commit()
        env.invalidate_all()


class Measured(typing.NamedTuple):
    """What a side took: seconds of processors and of the clock, and queries."""

    cpu: float
    clock: float
    queries: int

    def per(self, count):
        return f"{1000 * self.cpu / count:6.1f} ms of processors {count / self.clock:6.1f} a second"


def count_cpu():
    """Return the processor seconds of this process and of its database session, where that runs on this machine."""
    env.cr.execute("SELECT pg_backend_pid()")
    used = time.process_time()
    with contextlib.suppress(psutil.Error):
        times = psutil.Process(env.cr.fetchone()[0]).cpu_times()
        used += times.user + times.system
    return used


def timed(function, argument):
    env.flush_all()
    env.cr.commit()
    env.invalidate_all()
    gc.collect()
    queries, cpu, begin = env.cr.sql_log_count, count_cpu(), time.perf_counter()
    function(argument)
    env.flush_all()
    env.cr.commit()
    clock = time.perf_counter() - begin
    return Measured(count_cpu() - cpu, clock, env.cr.sql_log_count - queries - 2)


def compare(sides):
    """Return the best of each side; the first turn warms the caches and does not count."""
    best = {}
    for turn in range(ROUNDS + 1):
        for name, (prepare, function) in sides.items():
            found = timed(function, prepare(f"{name} {turn}"))
            if turn:
                best[name] = min(best.get(name, found), found)
    return best


def check_goal(text, value, is_reached, goal):
    print(f"  {text:<44}{value:7.2f}   goal {goal}: {'reached' if is_reached else 'NOT REACHED'}")


def get_shell_command(database, addons=()):
    paths = [*map(str, config["addons_path"]), *addons]
    options = [f"--config={config['config']}", f"--addons-path={','.join(paths)}"]
    options += [f"--{name}={config[name]}" for name in ("db_host", "db_port", "db_user") if config[name]]
    options += [f"--data-dir={config['data_dir']}", f"--database={database}", "--no-http", "--log-level=error"]
    return [sys.executable, *sys.argv[:1], "{command}", *options]


WORKER = """
import time
env.cr.execute("SELECT 1 FROM res_company")
print("ready", flush=True)
env.cr.execute("SELECT pg_advisory_lock_shared({signal})")
env.cr.rollback()
begin, cpu = time.time(), time.process_time()
env["kor.billing.run"]._cron_work()
env.cr.commit()
print("span", begin, time.time(), time.process_time() - cpu, flush=True)
"""


def start_worker():
    """Start a process of its own that works off what is running as soon as it is told to."""
    command = [part.format(command="shell") for part in get_shell_command(env.cr.dbname)]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    worker.stdin.write(WORKER.format(signal=START_SIGNAL))
    # The shell reads to the end of its input before it does anything.
    worker.stdin.close()
    return worker


def time_workers(count, label):
    """Return the seconds that so many workers take, started at once, and the processor seconds of the busiest."""
    contracts = make_contracts(label, WORKED_OFF)
    size = min(100, WORKED_OFF // (2 * CHUNKS_OF_A_WORKER))
    env["ir.config_parameter"].set_param("kor_billing.batch_size", str(size))
    start_run(contracts)
    env.cr.commit()
    env.cr.execute("SELECT pg_advisory_lock(%s)", [START_SIGNAL])
    workers = [start_worker() for _one in range(count)]
    for worker in workers:
        while "ready" not in worker.stdout.readline():
            assert worker.poll() is None, "a worker did not start"
    env.cr.execute("SELECT pg_advisory_unlock(%s)", [START_SIGNAL])
    env.cr.commit()
    spans = [tuple(map(float, worker.stdout.read().split("span")[1].split()[:3])) for worker in workers]
    for worker in workers:
        worker.wait()
    env.invalidate_all()
    check_billed_once(contracts)
    env["ir.config_parameter"].set_param("kor_billing.batch_size", False)
    begins, ends, cpus = zip(*spans, strict=True)
    return max(ends) - min(begins), max(cpus)


def check_billed_once(contracts):
    """Every line is billed once, and the numbers of the invoices leave no gap."""
    items = env["kor.billing.item"].search([("contract_id", "in", contracts.ids)])
    assert len(items) == len(contracts) * len(LINES), len(items)
    numbers = sorted(items.move_id.mapped("sequence_number"))
    assert numbers == list(range(numbers[0], numbers[0] + len(contracts))), "gap"


def fetch_oca():
    """Return the folder of the OCA add-on for this comparison, fetched into the cache, or nothing."""
    folder = Path(os.environ.get("KOR_CACHE") or Path.cwd() / ".kor") / "bench" / "oca"
    if not list(folder.glob("odoo_addon_contract-*.whl")):
        folder.mkdir(parents=True, exist_ok=True)
        fetch = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder)]
        if subprocess.run([*fetch, "odoo-addon-contract==19.0.*"], capture_output=True).returncode:
            return None
    [wheel, *_others] = sorted(folder.glob("odoo_addon_contract-*.whl"))
    target = folder / wheel.stem
    if not target.exists():
        import zipfile

        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(target)
    return target / "odoo" / "addons"


OCA = """
import contextlib, gc, psutil, time
from odoo.fields import Command
count = {sample}
tax = env["account.tax"].search([("type_tax_use", "=", "sale"), ("company_id", "=", env.company.id)], limit=1)
product = env["product.product"].create({{"name": "Bench", "type": "service", "taxes_id": [Command.set(tax.ids)]}})
env.cr.execute("SELECT pg_backend_pid()")
session = env.cr.fetchone()[0]
def count_cpu():
    used = time.process_time()
    with contextlib.suppress(psutil.Error):
        times = psutil.Process(session).cpu_times()
        used += times.user + times.system
    return used
day = env.cr.now().date()
best = None
for turn in range({rounds} + 1):
    partners = env["res.partner"].create([{{"name": f"OCA {{turn}} {{number}}"}} for number in range(count)])
    contracts = env["contract.contract"].create([
        {{"name": partner.name, "partner_id": partner.id, "line_recurrence": True, "contract_type": "sale",
          "contract_line_ids": [Command.create({{
              "product_id": product.id, "name": name, "quantity": quantity, "price_unit": price,
              "recurring_rule_type": "monthly", "recurring_interval": 1, "date_start": day,
              "recurring_next_date": day, "recurring_invoicing_type": "pre-paid"}})
              for name, quantity, price in {lines}]}}
        for partner in partners])
    env.flush_all(); env.cr.commit(); env.invalidate_all(); gc.collect()
    queries, cpu, begin = env.cr.sql_log_count, count_cpu(), time.perf_counter()
    moves = contracts._recurring_create_invoice()
    moves.action_post()
    env.flush_all(); env.cr.commit()
    found = (count_cpu() - cpu, time.perf_counter() - begin, env.cr.sql_log_count - queries)
    assert len(moves) == count and set(moves.mapped("state")) == {{"posted"}}
    assert set(moves.mapped("amount_total")) == {{{total}}}, moves[0].amount_total
    if turn and (best is None or found < best):
        best = found
print("oca", *best)
"""


def measure_oca(total):
    """Return what the OCA add-on takes for the same invoices, in a database of its own; or nothing."""
    addons = fetch_oca()
    if not addons:
        return None
    name = f"{env.cr.dbname}_oca"
    host = ["-h", str(config["db_host"])] if config["db_host"] else []
    host += ["-U", str(config["db_user"])] if config["db_user"] else []
    subprocess.run(["dropdb", *host, "--if-exists", name], check=True)
    command = get_shell_command(name, [str(addons)])
    server, shell = ([part.format(command=one) for part in command] for one in ("server", "shell"))
    try:
        subprocess.run([*server, "-i", "contract,l10n_generic_coa", "--stop-after-init"], check=True)
        lines = [(one[0], one[3], one[2]) for one in LINES]
        code = OCA.format(sample=SAMPLE, rounds=ROUNDS, lines=lines, total=total)
        done = subprocess.run(shell, input=code, text=True, capture_output=True)
        rows = [line.split() for line in done.stdout.splitlines() if "oca " in line]
        if not rows:
            print(done.stderr[-800:])
            return None
        *_words, cpu, clock, queries = rows[-1]
        return Measured(float(cpu), float(clock), int(queries))
    except subprocess.CalledProcessError as error:
        print(f"  The OCA add-on could not be installed: {error}")
        return None
    finally:
        subprocess.run(["dropdb", *host, "--if-exists", name], check=False)


def get_total():
    """Return the total of each of the invoices, which all sides have to come to."""
    [total] = {move.amount_total for move in env["kor.billing.run"].search([], limit=1).move_ids}
    return total


def print_sides(best):
    print(f"\nDrafted and posted, {SAMPLE} invoices of {len(LINES)} lines with one tax, best of {ROUNDS}:")
    for name, found in best.items():
        print(f"  {name:<13}{found.per(SAMPLE)} {found.queries / SAMPLE:6.1f} queries each")
    run = best["run"]
    for name, found in best.items():
        if found is run:
            continue
        text, ratio = f"run to {name} (by the clock {found.clock / run.clock:.2f})", found.cpu / run.cpu
        if name in RIVALS:
            check_goal(text, ratio, ratio >= 3, "3 or more")
        else:
            print(f"  {text:<44}{ratio:7.2f}")
    queries = run.queries / SAMPLE
    check_goal("queries for an invoice", queries, queries <= 4, "4 at most")


def measure_growth():
    process, costs, grown = psutil.Process(), [], 0
    for count in (CONTRACTS // 2, CONTRACTS * 5):
        run = start_run(make_contracts(f"Size {count}", count))
        env.flush_all()
        env.invalidate_all()
        gc.collect()
        memory = process.memory_info().rss
        found = timed(work, run)
        assert run.invoice_count == count, (run.invoice_count, count)
        costs.append(found.cpu / count)
        grown = (process.memory_info().rss - memory) / 2**20
        print(f"  a run of {count:5d}: {found.per(count)} {found.queries / count:6.1f} queries each, {grown:+.0f} MB")
    ratio = costs[1] / costs[0]
    check_goal("cost of one in the large run to the small", ratio, ratio <= 1.1, "1.1 at most")
    check_goal("growth of memory in the large run, MB", grown, grown < 50, "under 50")


def measure_parking():
    contracts = make_contracts("Parked", CONTRACTS * 2)
    wanting = contracts[:: max(len(contracts) // 20, 1)][:20]
    wanting.order_number_required = "yes"
    run = start_run(contracts)
    timed(work, run)
    parked = env["kor.billing.parking"].search([("contract_id", "in", contracts.ids)])
    assert parked.contract_id == wanting and not wanting.billing_item_ids
    assert run.invoice_count == len(contracts) - 20
    print(f"  a run of {len(contracts):5d}, 20 of which lack something: {run.invoice_count} billed and 20 parked")


def measure_workers():
    (alone, cpu_alone), (together, cpu_together) = time_workers(1, "Alone"), time_workers(2, "Together")
    print(f"  {WORKED_OFF} contracts: one worker {alone:.1f} s, two {together:.1f} s by the clock;", end=" ")
    print(f"Python of the busier one {cpu_together:.1f} s instead of {cpu_alone:.1f}")
    check_goal("two workers to one", alone / together, alone / together >= 1.8, "1.8 or more")
    print()


best = compare(
    {
        "run": (lambda label: start_run(make_contracts(label, SAMPLE)), work),
        "one by one": (lambda label: make_partners(label, SAMPLE), bill_one_by_one),
        "one call": (lambda label: make_partners(label, SAMPLE), bill_in_one_call),
    }
)
oca = measure_oca(get_total())
if oca:
    best["OCA contract"] = oca
else:
    print("  OCA contract: left out, the package index does not have it here")
print_sides(best)
measure_growth()
measure_parking()
measure_workers()
