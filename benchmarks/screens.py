"""What the web client asks for when a menu is opened, learnt from the menu's action, its views and its search."""

import contextlib
from datetime import date, datetime, timedelta
from functools import partial
from xml.etree import ElementTree

from dateutil.relativedelta import relativedelta
from http_load import specify, specify_node

LIMIT, GROUPS, COUNT = 80, 80, 10001
KINDS = ("list", "kanban", "form", "pivot", "graph")
# Where the suite adds to screens of others: what people of a company with contracts look at every day.
NATIVE = ("account.move", "account.move.line", "account.payment", "account.analytic.line", "account.analytic.account",
          "crm.lead", "sale.order", "project.project", "project.task", "res.partner", "product.template",
          "product.product", "payment.transaction", "payment.token")  # fmt: skip


class Clock:
    """Today as filters of searches know it: a date to which what is added is added."""

    def __call__(self):
        return date.today()


def find_actions(call):
    """Return the window actions behind menus: of the suite's models, and of native ones that it adds to.

    :return: by the action's number, what it is called in the menu
    """
    menus = call("ir.ui.menu", "search_read", [["action", "=like", "ir.actions.act_window,%"]],
                 ["complete_name", "action"], context={"ir.ui.menu.full_list": True})  # fmt: skip
    names = {int(menu["action"].partition(",")[2]): menu["complete_name"] for menu in reversed(menus)}
    found = call("ir.actions.act_window", "read", list(names), ["res_model"])
    return {one["id"]: names[one["id"]] for one in found
            if one["res_model"].startswith("kor.") or one["res_model"] in NATIVE}  # fmt: skip


class Screen:
    """One window action, and the calls that its views make."""

    def __init__(self, visitor, number, name):
        self.visitor, self.name = visitor, name
        self.action = visitor.post("/web/action/load", action_id=number)
        self.model = self.action["res_model"]
        self.context = self.evaluate(self.action.get("context") or "{}")
        views = [*self.action["views"], [(self.action.get("search_view_id") or [False])[0], "search"]]
        shown = visitor.call(self.model, "get_views", views=views, options={"action_id": number}, context=self.context)
        self.shown, self.models = shown["views"], shown["models"]
        self.domain = self.evaluate(self.action.get("domain") or "[]")
        self.groups = []
        self.apply_defaults()

    def evaluate(self, text):
        """Return the value of a domain or a context as the web client works it out."""
        if not isinstance(text, str):
            return text
        names = {"uid": 2, "context_today": Clock(), "relativedelta": relativedelta, "datetime": Moments,
                 "true": True, "false": False, "allowed_company_ids": [1], "time": datetime, "active_id": False,
                 "active_ids": [], "context": {}, "current_date": str(date.today())}  # fmt: skip
        # As what is installed says, on a database of one's own.
        return eval(text.strip(), names)  # noqa: S307

    def apply_defaults(self):
        """Narrow and group by what the action's context switches on in the search."""
        search = ElementTree.fromstring(self.shown["search"]["arch"])
        filters = {node.get("name"): node for node in search.iter("filter")}
        domains = {}
        for key, value in self.context.items():
            node = filters.get(key.removeprefix("search_default_")) if key.startswith("search_default_") else None
            if node is None or not value:
                continue
            group = self.evaluate(node.get("context") or "{}").get("group_by")
            if group:
                self.groups += [group] if isinstance(group, str) else group
            elif node.get("domain"):
                domains.setdefault(find_place(search, node), []).append(self.evaluate(node.get("domain")))
        for some in domains.values():
            self.domain = [*self.domain, *["|"] * (len(some) - 1), *(leaf for one in some for leaf in join(one))]

    def get_calls(self, kind, limit=LIMIT):
        """Return what a view of the action asks for, as functions without arguments."""
        # What Odoo itself adds up on its own screens is not the suite's.
        if kind not in self.shown or kind == "form" or (kind in ("pivot", "graph") and self.model in NATIVE):
            return []
        root = ElementTree.fromstring(self.shown[kind]["arch"])
        if kind in ("pivot", "graph"):
            return self.get_sums(root, kind)
        ask = partial(self.visitor.call, self.model, context=self.context)
        specification = specify(self.shown_as(kind), self.model, kind)
        groups = self.groups or ([root.get("default_group_by")] if root.get("default_group_by") else [])
        order = {"order": root.get("default_order")} if root.get("default_order") else {}
        if not groups:
            return [partial(ask, "web_search_read", domain=self.domain, specification=specification, limit=limit,
                            count_limit=COUNT, **order)]  # fmt: skip
        calls = [
            partial(ask, "web_read_group", domain=self.domain, groupby=groups[:1], limit=GROUPS,
                    aggregates=self.get_aggregates(root, kind), auto_unfold=kind == "kanban",
                    unfold_read_specification=specification, unfold_read_default_limit=limit)
        ]  # fmt: skip
        bar = root.find("progressbar")
        if bar is not None and kind == "kanban":
            told = {"field": bar.get("field"), "colors": self.evaluate(bar.get("colors"))}
            calls.append(partial(ask, "read_progress_bar", self.domain, groups[0], told))
        return calls

    def shown_as(self, kind):
        return {"views": {kind: self.shown[kind]}, "models": self.models}

    def get_aggregates(self, root, kind):
        known = self.models[self.model]["fields"]
        summed = [node.get("name") for node in root.iter("field") if node.get("sum") or node.get("avg")]
        summed += [one.get("sum_field") for one in root.iter("progressbar") if one.get("sum_field")]
        return [f"{name}:{known[name].get('aggregator') or 'sum'}" for name in dict.fromkeys(summed) if name in known]

    def get_sums(self, root, kind):
        """Return the call of a pivot or a graph: its groups by the measures that it shows."""
        # What is not shown is only offered to choose from, or kept from that.
        nodes = [node for node in root if node.tag == "field" and node.get("invisible") not in ("1", "True")]
        known = self.models[self.model]["fields"]
        groups = [f"{node.get('name')}:{node.get('interval')}" if node.get("interval") else node.get("name")
                  for node in nodes if node.get("type") != "measure"]  # fmt: skip
        groups = [one if ":" in one or known[one]["type"] not in ("date", "datetime") else f"{one}:month"
                  for one in self.groups or groups if one.partition(":")[0] in known]  # fmt: skip
        measures = [f"{node.get('name')}:{known[node.get('name')].get('aggregator') or 'sum'}"
                    for node in nodes if node.get("type") == "measure"]  # fmt: skip
        asked = {"domain": self.domain, "aggregates": [*measures, "__count"], "context": self.context}
        if kind == "graph":
            return [partial(self.visitor.call, self.model, "formatted_read_group", groupby=groups, **asked)]
        sets = [groups[:size] for size in range(len(groups) + 1)]
        return [partial(self.visitor.call, self.model, "formatted_read_grouping_sets", grouping_sets=sets, **asked)]

    def open_form(self, record):
        """Return the call of a form with a record."""
        root = ElementTree.fromstring(self.shown["form"]["arch"])
        asked = {"specification": specify_node(root, self.models, self.model), "context": self.context}
        return [partial(self.visitor.call, self.model, "web_read", [record], **asked)]

    def find_records(self):
        """Return the newest record of the action, and that with most of something on its form, by what they are."""
        if "form" not in self.shown:
            return {}
        found = self.visitor.call(self.model, "search", self.domain, limit=1, order="id desc", context=self.context)
        records = dict.fromkeys(["newest"], found[0]) if found else {}
        most = 1
        for name, field in self.models[self.model]["fields"].items():
            inside = name.startswith(("message_", "activity_", "website_")) or field["type"] != "one2many"
            if inside or not field.get("relation_field"):
                continue
            with contextlib.suppress(Exception):
                [top] = self.visitor.call(
                    field["relation"], "formatted_read_group", [[field["relation_field"], "!=", False]],
                    [field["relation_field"]], ["__count"], order="__count desc", limit=1)  # fmt: skip
                if top["__count"] > most:
                    most, records["heaviest"] = top["__count"], top[field["relation_field"]][0]
        return records


def find_place(search, node):
    """Return where a filter stands: the node around it, and how many separators before. Those of a place are or-ed."""
    for parent in search.iter():
        if node in list(parent):
            before = list(parent)[: list(parent).index(node)]
            return id(parent), sum(one.tag == "separator" for one in before)
    return None


class Moments:
    """The module `datetime` as searches know it."""

    datetime, date, timedelta = datetime, date, timedelta


def join(domain):
    """Return a domain as one operand: its terms with the signs between them before them."""
    return [*["&"] * (count_terms(domain) - 1), *domain] if domain else [["id", "!=", 0]]


def count_terms(domain):
    """Return how many terms of a domain stand beside each other."""
    arity, terms, missing = {"&": 2, "|": 2, "!": 1}, 0, 0
    for one in domain:
        missing = (missing or 1) - 1 + (arity[one] if isinstance(one, str) else 0)
        terms += missing == 0
    return terms
