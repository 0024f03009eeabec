"""Customers in the portal and staff in the web client, all at once: errors, requests a second, latencies beside native.

Fifty customers and ten members of staff log in over HTTP and walk their pages with short pauses, against two workers
with a queue in front, such as a proxy's. Each kind of page stands beside a native one of its sort, opened by the same
people in the same run: lists beside Odoo's lists of invoices and orders, documents beside an invoice without a
contract, what staff call beside the same call on native records. Where everybody waits in one queue, latencies under
load come close to each other; what a page itself costs is told by the columns “alone”, measured before by one person at
a time.

`KOR_LOAD_CUSTOMERS` (50), `KOR_LOAD_STAFF` (10) and `KOR_LOAD_ROUNDS` (3) set the sizes.
"""

import ast
import os
import random
import re
import runpy
import sys
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import requests

CUSTOMERS_FILE = runpy.run_path(str(Path(__file__).with_name("customers.py")))
CUSTOMERS = int(os.environ.get("KOR_LOAD_CUSTOMERS") or 50)
STAFF = int(os.environ.get("KOR_LOAD_STAFF") or 10)
ROUNDS = int(os.environ.get("KOR_LOAD_ROUNDS") or 3)
WORKERS = 2
# Both workers warm their caches by the first of the quiet turns.
WARMING, QUIET = 4, 7
PAUSE = 0.05
PASSWORD = "bench-load-0"
TIMEOUT = 120
# The pages of the portal, and the native ones beside which each stands.
LISTS, PAGE, COUNTERS = ("invoices (native)", "orders (native)"), ("invoice (native)",), ("counters (native)",)
PORTAL = {
    "invoices (native)": ("/my/invoices", LISTS),
    "orders (native)": ("/my/orders", LISTS),
    "home": ("/my", LISTS),
    "contracts": ("/my/contracts", LISTS),
    "tickets": ("/my/tickets", LISTS),
    "SLA reports": ("/my/sla-reports", LISTS),
    "invoice (native)": ("/my/invoices/{plain}", PAGE),
    "contract": ("/my/contracts/{contract}", PAGE),
    "usage": ("/my/contracts/{contract}/usage", PAGE),
    "contract's invoice": ("/my/invoices/{invoice}", PAGE),
    "invoice explained": ("/my/invoices/{invoice}/explanation", PAGE),
    "ticket": ("/my/tickets/{ticket}", PAGE),
    "SLA report": ("/my/sla-reports/{report}", PAGE),
}
# The window actions, pivots and forms of staff; the first of each is native, and what the others stand beside.
ACTIONS = {
    "list of invoices (native)": "account.action_move_out_invoice_type",
    "list of contracts": "kor_contracts.kor_contract_action",
    "list of contracts' invoices": "kor_billing.kor_invoice_action",
    "list of tickets": "kor_sla.ticket_action",
}
PIVOTS = {
    "pivot of invoices (native)": ("account.invoice.report", "invoice_date:month", "price_subtotal:sum"),
    "pivot of MRR": ("kor.mrr.movement", "date:month", "amount:sum"),
    "pivot of profit": ("kor.profit.line", "date:month", "revenue:sum", "cost:sum", "margin:sum"),
}
FORMS = {
    "form of invoice (native)": ("account.move", "plain"),
    "form of contract": ("kor.contract", "contract"),
}
REPORT = "revenue report"


class Failure(Exception):
    """What the server answered instead of a page or a result."""


class Browser(requests.Session):
    """A browser whose requests a proxy holds back: no more at once than Odoo lets wait, eight for each worker.

    Without it, a burst of connections is dropped or reset by the system before Odoo has seen it.
    """

    line = threading.BoundedSemaphore(8 * WORKERS)

    def request(self, *args, **kwargs):
        with self.line:
            return super().request(*args, **kwargs)


class Visitor:
    """A person with a session of their own, what they may look at, and how long each look took."""

    def __init__(self, site, login, password=PASSWORD, seed=0):
        self.site, self.login, self.password = site, login, password
        self.session, self.pauses = Browser(), random.Random(seed)
        self.pages, self.seconds, self.failures = [], defaultdict(list), []

    def log_in(self):
        """Send the login form as a browser does."""
        form = self.session.get(f"{self.site.url}/web/login", timeout=TIMEOUT)
        fields = {"login": self.login, "password": self.password}
        fields["csrf_token"] = re.search(r'name="csrf_token" value="([^"]+)"', form.text)[1]
        answer = self.session.post(f"{self.site.url}/web/login", fields, timeout=TIMEOUT, allow_redirects=False)
        if answer.status_code != 303:
            raise Failure(f"{self.login} cannot log in: {answer.status_code}")

    def open(self, path):
        """Return the text of a page; where it leads elsewhere, what was asked for was not shown."""
        answer = self.session.get(f"{self.site.url}{path}", timeout=TIMEOUT, allow_redirects=False)
        if answer.status_code != 200:
            raise Failure(f"{path}: {answer.status_code} {answer.headers.get('Location', '')}")
        return answer.text

    def post(self, path, **params):
        """Return the result of a JSON-RPC route."""
        answer = self.session.post(f"{self.site.url}{path}", json={"params": params}, timeout=TIMEOUT)
        told = answer.json() if answer.ok else {"error": answer.status_code}
        if "error" in told:
            raise Failure(f"{path} {params.get('model', '')} {params.get('method', '')}: {told['error']}"[:300])
        return told["result"]

    def call(self, model, method, *args, **kwargs):
        """Call a public method as the web client does."""
        return self.post(f"/web/dataset/call_kw/{model}/{method}", model=model, method=method, args=args, kwargs=kwargs)

    def look(self, kind, action):
        """Do one thing and note how long it took, or why it failed."""
        begin = time.perf_counter()
        try:
            action()
        except (Failure, requests.RequestException) as failure:
            self.failures.append(f"{kind}: {failure}")
        else:
            self.seconds[kind].append(time.perf_counter() - begin)

    def walk(self, rounds, pause=PAUSE):
        """Go through all pages, in an order of one's own, as often as told."""
        for _round in range(rounds):
            for kind, action in self.pauses.sample(self.pages, len(self.pages)):
                self.look(kind, action)
                time.sleep(self.pauses.uniform(0, pause))

    def forget(self):
        """Return what was measured and start anew."""
        seconds, self.seconds = self.seconds, defaultdict(list)
        return seconds


def main(site):
    """Print what was measured; exit with an error where a request failed."""
    begin = time.perf_counter()
    people = make_people(site)
    made = time.perf_counter() - begin
    print(f"\n{CUSTOMERS} customers and {STAFF} members of staff were made in {made:.0f} s", flush=True)
    with ThreadPoolExecutor(len(people)) as pool:
        list(pool.map(lambda one: one.look("log in", one.log_in), people))
        logins = merge(people)
        stop_on_failures(people)
        for one in people:
            one.prepare()
        alone = measure_alone([people[0], people[-1]])
        begin = time.perf_counter()
        list(pool.map(lambda one: one.walk(ROUNDS), people))
        seconds = time.perf_counter() - begin
    loaded = merge(people)
    show(alone, loaded, logins, seconds, sum(len(one.failures) for one in people))
    stop_on_failures(people)


def measure_alone(visitors):
    """Return how long the pages take where nobody else looks at one."""
    for one in visitors:
        one.walk(WARMING, 0)
        one.forget()
        one.walk(QUIET, 0)
    return merge(visitors)


def merge(visitors):
    """Return all measured times by kind of page, and forget them."""
    merged = defaultdict(list)
    for one in visitors:
        for kind, seconds in one.forget().items():
            merged[kind] += seconds
    return merged


def show(alone, loaded, logins, seconds, errors):
    """Print latencies and what they are beside the native pages of their sort."""
    count = sum(map(len, loaded.values()))
    print(f"{CUSTOMERS + STAFF} visitors at once, 2 workers: {count} requests in {seconds:.0f} s, "
          f"{count / seconds:.1f} a second, {errors} errors")  # fmt: skip
    print(f"log in, all at once: {describe(logins['log in'])}\n")
    print(f"  {'':<28} {'alone p50':>10} {'ratio':>6} {'loaded p50':>11} {'ratio':>6} {'p99':>9} {'ratio':>6}")
    for kind, beside in get_kinds().items():
        line = f"  {kind:<28}"
        for times, percents in ((alone, (50,)), (loaded, (50, 99))):
            native = [one for name in beside for one in times[name]]
            for percent in percents:
                mine, theirs = (get_percentile(some, percent) for some in (times[kind], native))
                line += f" {mine * 1000:>7,.0f} ms {mine / theirs:>6.2f}"
        print(line)
    print()


def get_kinds():
    """Return all kinds of pages as they are printed, with the native ones beside which each stands."""
    kinds = {kind: beside for kind, (_path, beside) in PORTAL.items()}
    kinds.update(dict.fromkeys((*COUNTERS, "counters"), COUNTERS))
    for group in (ACTIONS, PIVOTS, FORMS):
        kinds.update(dict.fromkeys(group, (next(iter(group)),)))
    return {**kinds, REPORT: (next(iter(ACTIONS)),)}


def get_percentile(seconds, percent):
    """Return the time within which so many of a hundred are done."""
    return sorted(seconds)[-(-len(seconds) * percent // 100) - 1] if seconds else float("nan")


def describe(seconds):
    p50, p99 = (get_percentile(seconds, percent) for percent in (50, 99))
    return f"p50 {p50:.1f} s, p99 {p99:.1f} s"


def stop_on_failures(visitors):
    failures = [failure for one in visitors for failure in one.failures]
    if failures:
        sys.exit(f"{len(failures)} requests failed, the first of them:\n  " + "\n  ".join(failures[:10]))


class Customer(Visitor):
    """A contact of a customer in the portal."""

    def prepare(self):
        """Learn the addresses of what there is to see, and which figures the home page asks for."""
        for kind, (path, _beside) in PORTAL.items():
            self.pages.append((kind, partial(self.open, path.format(**self.owned))))
        figures = re.findall(r'data-placeholder_count="(\w+)"', self.open("/my"))
        for kind, is_native in (("counters (native)", True), ("counters", False)):
            asked = [name for name in figures if name.startswith("kor_") != is_native]
            self.pages.append((kind, partial(self.post, "/my/counters", counters=asked)))


class Clerk(Visitor):
    """A member of staff in the web client."""

    def prepare(self):
        """Learn from actions and views what the web client asks for."""
        for kind, action in ACTIONS.items():
            self.add_list(kind, self.post("/web/action/load", action_id=action))
        for kind, (model, group, *measures) in PIVOTS.items():
            asked = {"domain": [], "grouping_sets": [[], [group]], "aggregates": [*measures, "__count"]}
            self.pages.append((kind, partial(self.call, model, "formatted_read_grouping_sets", **asked)))
        for kind, (model, name) in FORMS.items():
            shown = self.call(model, "get_views", views=[[False, "form"]])
            asked = {"specification": specify(shown, model, "form")}
            self.pages.append((kind, partial(self.call, model, "web_read", [self.owned[name]], **asked)))
        year = date.today().year
        months = {"date_from": f"{year - 1}-01-01", "date_to": f"{year}-12-31"}
        self.pages.append((REPORT, partial(self.call, "kor.financial.report", "generate_revenue_report", **months)))

    def add_list(self, kind, action):
        model = action["res_model"]
        shown = self.call(model, "get_views", views=[view for view in action["views"] if view[1] == "list"])
        asked = {"domain": ast.literal_eval(action["domain"] or "[]"), "specification": specify(shown, model, "list")}
        self.pages.append((kind, partial(self.call, model, "web_search_read", **asked, limit=80, count_limit=10001)))


def specify(shown, model, sort):
    """Return what the web client would read for a view: its fields, and those of the lists in it."""
    return specify_node(ElementTree.fromstring(shown["views"][sort]["arch"]), shown["models"], model)


def specify_node(node, models, model):
    known, specification = models[model]["fields"], {}
    for child in find_fields(node):
        field = known[child.get("name")]
        one = specification.setdefault(child.get("name"), {})
        if field["type"] == "many2one":
            one["fields"] = {"display_name": {}}
        elif field["type"] in ("one2many", "many2many"):
            view = next((view for view in child if view.tag in ("list", "kanban")), None)
            nested = {"display_name": {}} if view is None else specify_node(view, models, field["relation"])
            one.update({"fields": nested, "limit": 40})
    return specification


def find_fields(node):
    """Yield the fields of a view, without those of views inside of it."""
    for child in node:
        if child.tag == "field":
            yield child
        else:
            yield from find_fields(child)


def make_people(site):
    """Let the administrator make the customers and the staff, and return all visitors."""
    admin = Visitor(site, "admin", "admin")
    admin.log_in()
    owned = CUSTOMERS_FILE["make"](admin.call, CUSTOMERS, STAFF, PASSWORD)
    people = []
    for kind, count, name in ((Customer, CUSTOMERS, "customer"), (Clerk, STAFF, "staff")):
        for number in range(count):
            people.append(kind(site, f"bench.{name}.{number}", seed=len(people)))
            people[-1].owned = owned[number % CUSTOMERS]
    return people


if __name__ == "__main__":
    sys.exit("Run this with make bench ARGS=http_load")
