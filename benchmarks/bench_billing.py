"""A billing run beside what else makes the same invoices, in one run: ratios, queries, growth, two workers.

Contracts of three lines with one tax, a new customer each, drafted and posted. Beside them: a loop that creates and
posts one invoice after the other, as most add-ons do; the same in one call; and the OCA add-on `contract`, where the
package index has it. Rounds alternate and the best of each side counts, so that a busy machine troubles all alike.
`KOR_BENCH` sets the number of contracts (1000).
"""

import gc
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from odoo.fields import Command
from odoo.tools import config

CONTRACTS = int(os.environ.get("KOR_BENCH") or 1000)
SAMPLE, ROUNDS = 100, 3
LINES = (("Base fee", "fixed", 250.0, 1), ("Users", "per_unit", 29.0, 40), ("Support", "fixed", 99.0, 1))

company = env.company
metric = env.ref("kor_enterprise_tiers.metric_users")
tax = env["account.tax"].search([("type_tax_use", "=", "sale"), ("company_id", "=", company.id)], limit=1)
product = env["product.product"].create({"name": "Bench", "type": "service", "taxes_id": [Command.set(tax.ids)]})
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


def timed(function, argument):
    env.flush_all()
    env.cr.commit()
    env.invalidate_all()
    gc.collect()
    queries, begin = env.cr.sql_log_count, time.perf_counter()
    function(argument)
    env.flush_all()
    env.cr.commit()
    return time.perf_counter() - begin, env.cr.sql_log_count - queries


def compare(sides):
    """Return the best time and its queries of each side; the first turn warms the caches and does not count."""
    best = {}
    for turn in range(ROUNDS + 1):
        for name, (prepare, function) in sides.items():
            found = timed(function, prepare(f"{name} {turn}"))
            if turn:
                best[name] = min(best.get(name, found), found)
    return best


def start_worker():
    """Start a process of its own that works off what is running."""
    options = [f"--config={config['config']}", f"--addons-path={','.join(map(str, config['addons_path']))}"]
    options += [f"--{name}={config[name]}" for name in ("db_host", "db_port", "db_user", "data_dir") if config[name]]
    options = [option.replace("--data_dir", "--data-dir") for option in options]
    command = [sys.executable, "-m", "odoo", "shell", *options, f"--database={env.cr.dbname}", "--no-http"]
    worker = subprocess.Popen([*command, "--log-level=error"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    worker.stdin.write("print('ready', flush=True)\n")
    worker.stdin.flush()
    return worker


def time_workers(count, label):
    contracts = make_contracts(label, min(CONTRACTS, 400))
    start_run(contracts)
    env.cr.commit()
    code = (
        "import time; begin = time.time(); env['kor.billing.run']._cron_work(); env.cr.commit(); "
        "print('span', begin, time.time())"
    )
    workers = [start_worker() for _one in range(count)]
    spans = []
    for worker in workers:
        worker.stdin.write(code + "\n")
        worker.stdin.flush()
    for worker in workers:
        out = worker.communicate()[0]
        spans += [tuple(map(float, line.split("span")[1].split())) for line in out.splitlines() if "span" in line]
    env.cr.rollback()
    env.invalidate_all()
    billed = env["kor.billing.item"].search_count([("contract_id", "in", contracts.ids)])
    assert billed == len(contracts) * len(LINES), billed
    return max(end for _begin, end in spans) - min(begin for begin, _end in spans)


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
import time
from odoo.fields import Command
count = {sample}
product = env["product.product"].create({{"name": "Bench", "type": "service"}})
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
    env.flush_all(); env.cr.commit(); env.invalidate_all()
    queries, begin = env.cr.sql_log_count, time.perf_counter()
    moves = contracts._recurring_create_invoice()
    moves.action_post()
    env.flush_all(); env.cr.commit()
    assert len(moves) == count and set(moves.mapped("state")) == {{"posted"}}
    found = (time.perf_counter() - begin, env.cr.sql_log_count - queries)
    if turn and (best is None or found < best):
        best = found
print("oca", *best)
"""


def measure_oca():
    """Return time and queries of the OCA add-on on the same invoices, in a database of its own; or nothing."""
    addons = fetch_oca()
    if not addons:
        return None
    name = f"{env.cr.dbname}_oca"
    host = ["-h", str(config["db_host"])] if config["db_host"] else []
    subprocess.run(["dropdb", *host, "--if-exists", name], check=True)
    odoo_addons = [str(path) for path in config["addons_path"]]
    options = [f"--config={config['config']}", f"--addons-path={','.join([*odoo_addons, str(addons)])}"]
    options += [f"--db_host={config['db_host']}"] if config["db_host"] else []
    options += [f"--db_user={config['db_user']}"] if config["db_user"] else []
    options += [f"--database={name}", f"--data-dir={config['data_dir']}", "--no-http", "--log-level=error"]
    command = [sys.executable, "-m", "odoo"]
    try:
        subprocess.run(
            [*command, "server", *options, "-i", "contract,l10n_generic_coa", "--stop-after-init"], check=True
        )
        code = OCA.format(sample=SAMPLE, rounds=ROUNDS, lines=[(one[0], one[3], one[2]) for one in LINES])
        done = subprocess.run([*command, "shell", *options], input=code, text=True, capture_output=True)
        rows = [line.split() for line in done.stdout.splitlines() if "oca " in line]
        if not rows:
            print(done.stderr[-800:])
            return None
        return float(rows[-1][-2]), int(rows[-1][-1])
    except subprocess.CalledProcessError as error:
        print(f"  The OCA add-on could not be installed: {error}")
        return None
    finally:
        subprocess.run(["dropdb", *host, "--if-exists", name], check=False)


best = compare(
    {
        "run": (lambda label: start_run(make_contracts(label, SAMPLE)), work),
        "one by one": (lambda label: make_partners(label, SAMPLE), bill_one_by_one),
        "one call": (lambda label: make_partners(label, SAMPLE), bill_in_one_call),
    }
)
oca = measure_oca()
if oca:
    best["OCA contract"] = oca
print(f"\nDrafted and posted, {SAMPLE} invoices of {len(LINES)} lines with one tax, best of {ROUNDS}:")
for name, (seconds, queries) in best.items():
    print(
        f"  {name:<13}{SAMPLE / seconds:6.1f} invoices a second {queries / SAMPLE:6.1f} queries each"
        f"   run to this {seconds / best['run'][0]:5.2f}"
    )
if not oca:
    print("  OCA contract: left out, the package index does not have it here")

process = psutil.Process()
costs = {}
for count in (CONTRACTS // 2, CONTRACTS * 5):
    run = start_run(make_contracts(f"Size {count}", count))
    gc.collect()
    memory = process.memory_info().rss
    seconds, queries = timed(work, run)
    assert run.invoice_count == count, (run.invoice_count, count)
    costs[count] = seconds / count
    grown = (process.memory_info().rss - memory) / 2**20
    print(
        f"  a run of {count:5d}: {count / seconds:6.1f} a second {queries / count:6.1f} queries each"
        f"   memory {grown:+.0f} MB"
    )
small, large = costs.values()
print(f"  cost of one in the large run to the small one: {large / small:.2f}")

contracts = make_contracts("Parked", CONTRACTS * 2)
wanting = contracts[:: max(len(contracts) // 20, 1)][:20]
wanting.order_number_required = "yes"
run = start_run(contracts)
seconds, _queries = timed(work, run)
parked = env["kor.billing.parking"].search([("contract_id", "in", contracts.ids)])
assert parked.contract_id == wanting and not wanting.billing_item_ids
assert run.invoice_count == len(contracts) - 20
print(
    f"  a run of {len(contracts):5d} of which 20 lack something: {run.invoice_count} billed, 20 parked, {seconds:.0f} s"
)

alone, together = time_workers(1, "Alone"), time_workers(2, "Together")
print(f"  two workers to one: {alone / together:.2f}\n")
