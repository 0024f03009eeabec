"""Pictures of the demo for README, docs and description pages: `make screenshots`.

With the address of a site that is served already, of that one.
"""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from . import paths
from .chromium import Page, browsing
from .say import Stop, step

FOLDER = paths.ROOT / "docs" / "images"
WIDTH, HEIGHT = 1280, 800
MOST_BYTES = 200_000
# Nothing is loading any more, and no bubble of the web client hides a part.
_QUIET = "!document.querySelector('.o_loading_indicator, .o_blockUI, .o_form_status_indicator_buttons:not(.invisible)')"


@dataclass(frozen=True)
class Picture:
    name: str
    login: str
    ready: str
    path: Callable[[Page], str]
    prepare: str = ""
    then: str = ""
    after: Callable[[Page], None] | None = None
    addon: str = ""

    def get_files(self) -> list[Path]:
        """Return where it goes: to the docs, and to the description page of an add-on; by its name to that only."""
        addon = self.addon or (self.name if (paths.ADDONS / self.name).is_dir() else "")
        files = [] if addon == self.name else [FOLDER / f"{self.name}.png"]
        return files + ([paths.ADDONS / addon / "static" / "description" / "screen.png"] if addon else [])


def call(page: Page, model: str, method: str, *arguments, **named):
    """Return what the logged-in user's call of a public method comes to."""
    parameters = {"model": model, "method": method, "args": arguments, "kwargs": named}
    body = json.dumps({"jsonrpc": "2.0", "params": parameters})
    answer = page.evaluate(
        f"fetch('/web/dataset/call_kw', {{method: 'POST', headers: {{'Content-Type': 'application/json'}}, "
        f"body: {json.dumps(body)}}}).then((answer) => answer.json())"
    )
    if "result" not in answer:
        raise Stop(f"{model}.{method}: {answer['error']['data']['message']}")
    return answer["result"]


def find(page: Page, model: str, domain: list, order: str) -> int:
    found = call(page, model, "search", domain, order=order, limit=1)
    if not found:
        raise Stop(f"The demo has no {model} for {domain}.")
    return found[0]


def _find_contract(page: Page) -> int:
    return find(page, "kor.contract", [["state", "=", "active"], ["date_cancelled", "=", False]], "mrr desc, id")


def _contract(page: Page) -> str:
    return f"/odoo/kor-contracts/{_find_contract(page)}"


def _amendment(page: Page) -> str:
    """A draft of more users, which is taken away again once the picture is there."""
    contract = _find_contract(page)
    domain = [["contract_id", "=", contract], ["charge_type", "=", "per_unit"], ["date_end", "=", False]]
    line = find(page, "kor.contract.line", domain, "id")
    (held,) = call(page, "kor.contract.line", "read", [line], ["quantity"])
    today = page.evaluate("new Date().toISOString().slice(0, 10)")
    changes = [{"kind": "quantity", "line": line, "quantity": held["quantity"] + 10}]
    return f"/odoo/kor-amendments/{call(page, 'kor.contract', 'amend', [contract], today, changes)}"


def _drop_amendment(page: Page) -> None:
    number = int(page.evaluate("location.pathname").rsplit("/", 1)[1])
    call(page, "kor.contract.amendment", "unlink", [number])


def _invoice(page: Page) -> str:
    """The invoice with the most to explain: one of metered use."""
    domain = [
        ["move_id.move_type", "=", "out_invoice"],
        ["move_id.kor_contract_id", "!=", False],
        ["parent_state", "=", "posted"],
        ["name", "ilike", "API"],
    ]
    line = find(page, "account.move.line", domain, "price_subtotal desc")
    return f"/odoo/kor-invoices/{call(page, 'account.move.line', 'read', [line], ['move_id'])[0]['move_id'][0]}"


def _usage(page: Page) -> str:
    return f"/my/contracts/{find(page, 'kor.contract', [['state', '=', 'active']], 'id')}/usage"


def _report(page: Page) -> str:
    year = page.evaluate("new Date().getFullYear()")
    values = {
        "report": "profitability",
        "group_by": "customer",
        "span": "other",
        "date_from": f"{year}-01-01",
        "date_to": f"{year}-12-31",
    }
    (request,) = call(page, "kor.report.request", "create", [values])
    call(page, "kor.report.request", "action_show", [request])
    return f"/odoo/kor-reports/{request}"


def _action(path: str) -> Callable[[Page], str]:
    return lambda page: path


_LIST = "document.querySelector('.o_action_manager .o_view_controller .o_content > *')"
PICTURES = (
    Picture("kor_enterprise_tiers", "admin", "document.querySelector('table')", _action("/kor/tiers")),
    Picture(
        "pipeline",
        "admin",
        "document.querySelector('[data-card]')",
        _action("/odoo/action-kor_sales_pipeline.kor_pipeline_dashboard_action"),
        addon="kor_sales_pipeline",
    ),
    Picture(
        "contract",
        "admin",
        "document.querySelector('.o_form_view .o_list_renderer')",
        _contract,
        addon="kor_contracts",
    ),
    Picture(
        "amendment",
        "admin",
        "document.querySelector('.o_form_view h2')",
        _amendment,
        # Below the bar of buttons, which stays where it is.
        "(title => { title.style.scrollMarginTop = '60px'; title.scrollIntoView(); })"
        "(document.querySelector('.o_form_view h2'))",
        "true",
        _drop_amendment,
    ),
    Picture(
        "explanation",
        "admin",
        "document.querySelector(\"button[name='action_kor_explain']\")",
        _invoice,
        "document.querySelector(\"button[name='action_kor_explain']\").click()",
        "document.querySelector('.modal .kor_explanation')",
        addon="kor_billing",
    ),
    Picture("report", "admin", "document.querySelector('.o_form_view table')", _report, addon="kor_reporting"),
    Picture("kor_revenue", "admin", _LIST, _action("/odoo/kor-revenue-waterfall")),
    Picture("kor_sla", "admin", _LIST, _action("/odoo/action-kor_sla.ticket_action")),
    Picture("kor_onboarding", "admin", _LIST, _action("/odoo/kor-onboarding")),
    Picture("kor_integrations", "admin", _LIST, _action("/odoo/kor-integrations")),
    Picture("kor_enterprise", "admin", _LIST, _action("/odoo/kor-mrr")),
    Picture("kor_sla_revenue", "admin", _LIST, _action("/odoo/kor-revenue-estimates")),
    Picture("kor_reporting_timesheet", "admin", _LIST, _action("/odoo/kor-cost-pools")),
    Picture("kor_account_management", "account", _LIST, _action("/odoo/kor-portfolio")),
    Picture("usage", "portal.borealis", "document.querySelector('svg')", _usage, addon="kor_usage"),
)


def take(url: str) -> None:
    """Take all pictures of the site at this address."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with browsing(WIDTH, HEIGHT) as page:
        login = ""
        for picture in PICTURES:
            if picture.login != login:
                login = picture.login
                _log_in(page, url, login)
            page.open(url + picture.path(page))
            page.wait(f"({picture.ready}) && {_QUIET}")
            if picture.prepare:
                page.evaluate(picture.prepare)
                page.wait(f"({picture.then}) && {_QUIET}")
            # Fonts, charts and dialogs fade in.
            page.evaluate("document.fonts.ready.then(() => new Promise((done) => setTimeout(done, 1500, true)))")
            _save(picture, page.picture())
            if picture.after:
                picture.after(page)


def _log_in(page: Page, url: str, login: str) -> None:
    page.forget()
    page.open(f"{url}/web/login")
    page.wait("document.querySelector('form.oe_login_form #password')")
    page.evaluate(
        "for (const field of ['login', 'password'])"
        f" document.querySelector('form.oe_login_form #' + field).value = {json.dumps(login)};"
        "document.querySelector('form.oe_login_form').submit()"
    )
    page.wait("!location.pathname.startsWith('/web/login') && document.readyState === 'complete'")


def _save(picture: Picture, content: bytes) -> None:
    """Write a picture with as few colours as it takes to be small."""
    image = Image.open(io.BytesIO(content)).convert("RGB")
    for colours in (256, 128, 64, 32):
        out = io.BytesIO()
        image.quantize(colours, method=Image.Quantize.MEDIANCUT).save(out, "PNG", optimize=True)
        if out.tell() <= MOST_BYTES:
            break
    for file in picture.get_files():
        file.write_bytes(out.getvalue())
        step(f"  {file.relative_to(paths.ROOT)}, {out.tell() // 1024} kB")
