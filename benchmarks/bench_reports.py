"""All reports by all that they can be grouped by, on customers with two years of history, as these grow fourfold.

The customers are imported through public calls only (`history.py`); nobody of them pays. `KOR_BENCH_CUSTOMERS` sets
their number (200; an import takes a third of a second of a processor for each, and more); reports are measured at a
quarter, at a half and at the whole of it, best of three, each over all 24 months, beside plain SQL that adds up the
same tables.
From 5000 customers on it fails where one takes two seconds or more. An import that was cut off goes on where it
stopped, if the database is still there.
"""

import gc
import os
import sys
import time
import tracemalloc
from pathlib import Path

sys.path.insert(0, str(Path.cwd() / "benchmarks"))

from history import History, _clock  # noqa: E402

CUSTOMERS = int(os.environ.get("KOR_BENCH_CUSTOMERS") or 200)
# So many customers are promised to be reported on in less than so many seconds.
ROUNDS, MANY, LIMIT = 3, 5000, 2.0
GROUPS = ("month", "tier", "plan", "customer", "contract", "account_manager", "country")
REPORTS = ("revenue", "cost", "profitability", "lifetime_value", "churn", "bridge")
# What says the same of all: the sums of the tables by contract and month, and the lines that MRR follows from.
PLAIN = (
    "SELECT contract_id, date_trunc('month', date), sum(balance) FROM kor_revenue_item GROUP BY 1, 2",
    "SELECT kor_contract_id, date_trunc('month', date), sum(balance) FROM account_move_line "
    "WHERE display_type = 'product' AND parent_state = 'posted' GROUP BY 1, 2",
    "SELECT contract_id, category, date_trunc('month', date), sum(amount) FROM kor_cost_allocation GROUP BY 1, 2, 3",
    "SELECT contract_id, date_start, date_end, quantity, unit_price FROM kor_contract_line",
)

history = History(env)
reports = env["kor.financial.report"]
by_component = reports.generate_profitability_report
period = (str(history.first), str(history.last))


def list_calls():
    """Yield a name and a call for each report and each of its groupings."""
    for name in REPORTS:
        for group_by in GROUPS:
            if (name, group_by) != ("lifetime_value", "month"):
                call = getattr(reports, f"generate_{name}_report")
                yield f"{name} by {group_by}", lambda call=call, by=group_by: call(*period, {"group_by": by})
    yield "profitability by component", lambda: by_component(*period, {"group_by": "component"})
    yield "movements", lambda: reports.list_mrr_movements(*period)


def add_up_plainly():
    for query in PLAIN:
        env.cr.execute(query)
        env.cr.fetchall()


def timed(function):
    """Return the best of some rounds: seconds of the clock, seconds of this process, queries."""
    best = None
    for _turn in range(ROUNDS):
        env.invalidate_all()
        gc.collect()
        queries, cpu, begin = env.cr.sql_log_count, time.process_time(), time.perf_counter()
        function()
        found = (time.perf_counter() - begin, time.process_time() - cpu, env.cr.sql_log_count - queries)
        best = min(best or found, found)
    return best


def count_memory(function):
    """Return the most memory that a call holds at a time, in MB; to count it takes several times as long."""
    env.invalidate_all()
    gc.collect()
    tracemalloc.start()
    function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def analyse():
    # As the server's own housekeeping does it; outside of a transaction.
    env.cr.commit()
    with env.registry.cursor() as cr:
        cr._cnx.autocommit = True
        cr.execute("VACUUM ANALYZE")
        cr._cnx.autocommit = False


def count_rows():
    counts = {}
    for table in ("kor_contract", "kor_contract_amendment", "account_move", "kor_revenue_item", "kor_cost_allocation"):
        env.cr.execute(f"SELECT count(*) FROM {table}")
        counts[table] = env.cr.fetchone()[0]
    return counts


def check_figures():
    """What is measured has to be right: movements lead from opening to closing, and groupings come to the same."""
    by_month = reports.generate_revenue_report(*period)
    totals = by_month["totals"]
    moved = sum(totals[kind] for kind in ("new", "expansion", "contraction", "churn", "reactivation", "escalator"))
    assert abs(totals["mrr_opening"] + moved + totals["currency"] - totals["mrr_closing"]) < 0.01, totals
    # Few customers need not have lost anything and come back.
    assert CUSTOMERS < 200 or all(totals[kind] for kind in ("new", "expansion", "churn", "reactivation", "escalator"))
    by_customer = reports.generate_revenue_report(*period, {"group_by": "customer"})
    assert by_customer["totals"] == totals and len(by_customer["rows"]) >= CUSTOMERS
    assert abs(sum(row["recognised"] for row in by_customer["rows"]) - totals["recognised"]) < 0.01


sizes, measured, imported = (CUSTOMERS // 4, CUSTOMERS // 2, CUSTOMERS), [], 0.0
for size in sizes:
    print(f"\nImporting customers up to {size}", flush=True)
    begin = _clock()
    history.grow(size)
    imported += _clock() - begin
    analyse()
    plain = timed(add_up_plainly)
    measured.append((size, plain, {name: timed(call) for name, call in list_calls()}))
check_figures()
memory = {name: count_memory(call) for name, call in list_calls() if name.endswith(("month", "customer", "ments"))}

print(f"\n{CUSTOMERS} customers with {len(history.months)} months imported in {imported:.0f} s, one process:")
print("  " + ", ".join(f"{count} {table}" for table, count in count_rows().items()))
heads = "".join(f"{size:>10}" for size in sizes) + f"{'growth':>13}{'each':>7}"
print(f"\n{'seconds, at customers:':34}{heads}{'processor':>11}{'to SQL':>8}{'queries':>9}{'MB':>6}")
slow, base = [], measured[-1][1][0]
for name in ["plain SQL", *measured[-1][2]]:
    found = [plain if name == "plain SQL" else calls[name] for _size, plain, calls in measured]
    growth = " ".join(f"{after[0] / before[0]:6.2f}" for before, after in zip(found, found[1:], strict=False))
    held = f"{memory[name]:6.0f}" if name in memory else ""
    seconds = "".join(f"{one[0]:10.2f}" for one in found)
    last = found[-1]
    each = last[0] / found[0][0] * sizes[0] / sizes[-1]
    print(f"{name:34}{seconds}{growth:>13}{each:7.2f}{last[1]:11.2f}{last[0] / base:8.1f}{last[2]:9}{held:>6}")
    if last[0] >= LIMIT:
        slow.append(name)
print("growth: how much longer twice as many customers take; 2.0 is straight")
print("each: the time per customer at the whole to that at a quarter; to SQL: the time to that of plain SQL")
print(f"each report under {LIMIT:.0f} s at {CUSTOMERS} customers: {'NOT REACHED' if slow else 'reached'}")
if slow and CUSTOMERS >= MANY:
    raise SystemExit(f"These take {LIMIT:.0f} s or more: {', '.join(slow)}")
