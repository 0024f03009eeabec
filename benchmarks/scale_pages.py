"""Every list, kanban, form, pivot and graph behind a menu, and every portal page, on much data beside little.

The same requests as the web client's go to two databases in turn, in the same run: to the suite's demo data, and to
10,000 contracts with 500,000 lines of invoices and 10 million events of use. The best of three counts, behind a first
turn that warms the caches. A page of a list, and a column of a kanban, has up to 80 records where there are so many, so
both are asked twice: for all of a page, and for as many records as the demo has, which is what tells of the database.
Likewise the portal: a customer with many invoices has longer pages.
Forms are those of the newest record and of the one with most lines, invoices or the like; portal pages those of a
customer that is the same in both, and of one with many invoices.

`KOR_SCALE_CONTRACTS`, `KOR_SCALE_LINES` and `KOR_SCALE_EVENTS` set the sizes, `KOR_SCALE_CUSTOMERS` (100) how many are
imported before they are multiplied, `KOR_SCALE_ONLY` measures only what has that in its name. What is slow without end
is told, too: the run fails where anything is slower than `LIMIT` times and than `NOISE`.
"""

import contextlib
import math
import os
import re
import sys
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from customers import make  # noqa: E402
from http_load import PASSWORD, Failure, Visitor  # noqa: E402
from kor_env.site import serve  # noqa: E402
from multiplied import multiply  # noqa: E402
from screens import KINDS, Screen, find_actions  # noqa: E402, I001
from screens import LIMIT as PAGE

CONTRACTS = int(os.environ.get("KOR_SCALE_CONTRACTS") or 10_000)
LINES = int(os.environ.get("KOR_SCALE_LINES") or 500_000)
EVENTS = int(os.environ.get("KOR_SCALE_EVENTS") or 10_000_000)
CUSTOMERS = int(os.environ.get("KOR_SCALE_CUSTOMERS") or 100)
ONLY = os.environ.get("KOR_SCALE_ONLY") or ""
LITTLE, MUCH = "kor_scale_pages_demo", "kor_scale_pages"
ROUNDS, LIMIT, NOISE = 3, 1.5, 0.05
JOBS = """
jobs = env["ir.model.data"].search([("model", "=", "ir.cron"), ("module", "=like", "kor_%")]).mapped("res_id")
for job in env["ir.cron"].browse(sorted(jobs)):
    env.cr.commit()
    job.method_direct_trigger()
"""
GROW = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from history import History
History(env).grow({CUSTOMERS})
"""
FIRST = """
    SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'id'
     WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
"""


def main(odoo, template):
    """Print how much longer what takes on much data; exit with an error where it is too much."""
    prepare(odoo, template)
    with serve(odoo, LITTLE, "--workers=1") as little, serve(odoo, MUCH, "--workers=1") as much:
        rows = [*measure_screens(little, much), *measure_portal(little, much)]
    show(rows)
    if not os.environ.get("KOR_BENCH_KEEP"):
        for name in (LITTLE, MUCH):
            odoo.cluster.drop(name)
    slow = [row for row in rows if is_slow(row)]
    if slow:
        sys.exit(f"{len(slow)} of {len(rows)} pages are slower than {LIMIT} times, and than {NOISE * 1000:.0f} ms")


def prepare(odoo, template):
    """Make both databases, unless they have been kept."""
    cluster = odoo.cluster
    if os.environ.get("KOR_BENCH_KEEP") and {LITTLE, MUCH} <= set(cluster.databases()):
        return
    for name in (LITTLE, MUCH):
        cluster.drop(name)
    cluster.create(LITTLE, template)
    with serve(odoo, LITTLE) as site:
        admin = Visitor(site, "admin", "admin")
        admin.log_in()
        make(admin.call, 1, 1, PASSWORD)
        site.shell(JOBS)
    cluster.create(MUCH, LITTLE)
    first = read_first(cluster)
    print(f"Importing {CUSTOMERS} customers, and multiplying them", flush=True)
    begin = time.perf_counter()
    odoo.shell(MUCH, GROW + JOBS + "env.cr.commit()\n")
    connection = cluster.connect(MUCH)
    try:
        multiply(connection, first, CONTRACTS, LINES, EVENTS)
    finally:
        connection.close()
    odoo.shell(MUCH, 'env["kor.revenue.balance"]._keep_all()\nenv.cr.commit()\n')
    print(f"  done in {time.perf_counter() - begin:.0f} s", flush=True)


def read_first(cluster):
    """Return the highest number of each table before the import."""
    tables = [table for (table,) in cluster.execute(FIRST, LITTLE)]
    parts = [f"SELECT '{table}', coalesce(max(id), 0) FROM \"{table}\"" for table in tables]
    return dict(cluster.execute(" UNION ALL ".join(parts), LITTLE))


def measure_screens(little, much):
    """Yield what is measured of the web client."""
    visitors = [Visitor(site, "admin", "admin") for site in (little, much)]
    for one in visitors:
        one.log_in()
    for number, name in sorted(find_actions(visitors[0].call).items(), key=lambda item: item[1]):
        if ONLY not in name:
            continue
        try:
            screens = [Screen(one, number, name) for one in visitors]
            yield from measure_screen(*screens)
        except Failure as failure:
            print(f"  not measured: {name}: {str(failure)[:200]}", flush=True)


def measure_screen(little, much):
    for kind in KINDS[:2] + KINDS[3:]:
        calls = little.get_calls(kind)
        if not calls:
            continue
        page = Page(little.visitor, calls)
        row = compare(f"{kind} {little.name}", page, Page(much.visitor, much.get_calls(kind)))
        found = calls[0]()
        count = count_records(found)
        if count is not None and count < PAGE:
            # An empty page is compared with one of one record.
            row["same"] = compare("", page, Page(much.visitor, much.get_calls(kind, count or 1)))["much"]
        yield row
    records = [screen.find_records() for screen in (little, much)]
    for what in sorted(records[0].keys() & records[1].keys()):
        pairs = zip((little, much), records, strict=True)
        forms = [Page(screen.visitor, screen.open_form(one[what])) for screen, one in pairs]
        yield compare(f"form, {what} {little.name}", *forms)


def count_records(found):
    """Return how many records a page has, or a column of it on average; nothing for what is no page of records."""
    if not isinstance(found, dict):
        return None
    groups = found.get("groups")
    records = sum(len(group.get("__records", ())) for group in groups) if groups else len(found.get("records", ()))
    return math.ceil(records / len(groups)) if groups else records


def measure_portal(little, much):
    """Yield what is measured of the portal: the same customer in both, and one with much beside it."""
    visitors = [Visitor(site, "bench.customer.0") for site in (little, much)]
    heavy = Visitor(much, make_heavy(much))
    for one in (*visitors, heavy):
        one.log_in()
    pages = [crawl(one) for one in (*visitors, heavy)]
    for what in sorted(pages[0].keys() & pages[1].keys()):
        little_page, much_page = (Page(one, [own[what]]) for one, own in zip(visitors, pages, strict=False))
        row = compare(f"portal {what}", little_page, much_page)
        if what in pages[2]:
            # As a page of a list: full, and with as many records as in the demo.
            full = compare("", little_page, Page(heavy, [pages[2][what]]))
            row = {**row, "much": full["much"], "same": row["much"]}
        yield row


def make_heavy(site):
    """Return the login of a contact of the customer with most lines of invoices."""
    admin = Visitor(site, "admin", "admin")
    admin.log_in()
    [top] = admin.call("account.move", "formatted_read_group", [["kor_contract_id", "!=", False]],
                       ["commercial_partner_id"], ["__count"], order="__count desc", limit=1)  # fmt: skip
    login = "bench.heavy"
    if not admin.call("res.users", "search", [["login", "=", login]]):
        contact = {"name": "Heavy", "parent_id": top["commercial_partner_id"][0], "email": "heavy@customer.example"}
        [group] = admin.call("ir.model.data", "search_read", [["module", "=", "base"], ["name", "=", "group_portal"]],
                             ["res_id"])  # fmt: skip
        values = {"login": login, "password": PASSWORD, "group_ids": [[6, 0, [group["res_id"]]]]}
        [partner] = admin.call("res.partner", "create", [contact])
        admin.call("res.users", "create", [{**values, "partner_id": partner}], context={"no_reset_password": True})
    return login


def crawl(visitor, depth=3):
    """Return the pages that a customer reaches, one of each sort, and the figures of the home page."""
    pages, queue, seen = {}, [("/my", 0)], {"/my"}
    while queue:
        path, level = queue.pop(0)
        try:
            text = visitor.open(path)
        except Failure:
            continue
        pages[re.sub(r"\d+", "N", path)] = partial(visitor.open, path)
        if path == "/my":
            figures = re.findall(r'data-placeholder_count="(\w+)"', text)
            pages["/my/counters"] = partial(visitor.post, "/my/counters", counters=figures)
        for link in re.findall(r'href="(/my/[\w/-]+|/kor/[\w/-]+)["?#]', text) if level < depth else ():
            sort = re.sub(r"\d+", "N", link)
            if sort not in seen and not re.search(r"logout|/pdf$|/page/", link):
                seen.add(sort)
                queue.append((link, level + 1))
    return pages


class Page:
    """Calls that open a page of a site, and the processor time that the server and PostgreSQL take for them.

    Time by the clock would tell of whatever else the machine does. Where Linux does not say, the clock has to do.
    """

    def __init__(self, visitor, calls):
        self.site, self.calls = visitor.site, calls

    def open(self):
        """Return how many seconds the page takes."""
        begin = self.read()
        for call in self.calls:
            call()
        # Of processes that have ended meanwhile nothing is known.
        return sum(seconds - begin.get(process, 0) for process, seconds in self.read().items())

    def read(self):
        """Return the processor time of each process so far, in seconds."""
        if not Path("/proc/self/schedstat").exists():
            return {"": time.perf_counter()}
        spent, mark = {}, f"postgres: kor {self.site.database} ".encode()
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                mine = os.getpgid(int(process.name)) == self.site.server.process.pid
                if mine or (process / "cmdline").read_bytes().startswith(mark):
                    tasks = [int(one.read_text().split()[0]) for one in process.glob("task/*/schedstat")]
                    spent[process.name] = sum(tasks) / 1e9
        return spent


def compare(name, little, much):
    """Return how long the pages take on both sites, the best of some turns behind one that warms the caches."""
    best = {}
    for turn in range(ROUNDS + 1):
        for side, page in (("little", little), ("much", much)):
            seconds = page.open()
            if turn:
                best[side] = min(best.get(side, seconds), seconds)
        # More turns can only make it faster.
        if turn and best["much"] < max(NOISE / 2, best["little"]):
            break
    return {"name": name, **best}


def get_ratio(row):
    """Return how much longer as much takes; where a page of the demo is full, that is the page."""
    return row.get("same", row["much"]) / row["little"]


def is_slow(row):
    return get_ratio(row) >= LIMIT and row.get("same", row["much"]) > NOISE


def show(rows):
    print(f"\n  {'demo':>8} {'many':>8} {'ratio':>6} {'as many records':>22}")
    for row in sorted(rows, key=get_ratio, reverse=True):
        same = f"{row['same'] * 1000:>9,.0f} ms {row['same'] / row['little']:>6.2f}" if "same" in row else ""
        line = f"  {row['little'] * 1000:>5,.0f} ms {row['much'] * 1000:>5,.0f} ms {row['much'] / row['little']:>6.2f}"
        print(f"{line} {same:>22} {'slow' if is_slow(row) else '':>5} {row['name']}")
    print(f"\n  {len(rows)} pages, {len(list(filter(is_slow, rows)))} of them slow\n", flush=True)


if __name__ == "__main__":
    sys.exit("Run this with make bench ARGS=scale_pages")
