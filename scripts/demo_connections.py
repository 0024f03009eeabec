"""Connect the demo's customers, in Odoo's shell: keys, a webhook that somebody hears, infrastructure with readings."""

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

borealis = env.ref("kor_enterprise.contract_borealis")
buyer = env["res.users"].search([("login", "=", "portal.borealis")])


class Receiver(BaseHTTPRequestHandler):
    """Take what is sent, as a customer's system would."""

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(204)
        self.end_headers()

    do_GET = do_HEAD = do_PUT = do_POST

    def log_message(self, *_arguments):
        """Say nothing."""


def connect_by_key():
    """Give the customer's programs a key, and let them call."""
    integrations = env["kor.integration"]
    reports = integrations.browse(
        borealis.with_user(buyer).create_integration(
            {"kind": "api", "name": "Plant dashboard", "scopes": ["read:invoices", "read:usage", "read:tickets"]}
        )
    )
    reports.with_user(buyer).manage_integration("activate")
    reports.with_user(buyer).issue_key({"name": "Grafana", "scopes": ["read:usage"]})
    reports.with_user(buyer).issue_key({"name": "ERP, nightly"})
    note_calls(reports, 380, 12)
    reports._count({reports.id: (412, 3)}, {reports.id: "This key may not do that: it needs the scope “write:usage”."})
    reports._count({reports.id: (25, 0)})


def note_calls(integration, calls, growth):
    """Note the calls of the last month, more each week, one of them refused now and then; the last ones are of now."""
    share = (1.0, 1.0, 1.05, 1.0, 0.95, 0.6, 0.55)
    days = [(number, fields.Date.today() - timedelta(days=30 - number)) for number in range(30)]
    env["kor.integration.day"].create(
        [
            {
                "integration_id": integration.id,
                "day": day,
                "successes": round((calls + growth * number) * share[day.weekday()]),
                "failures": 2 if number % 8 == 5 else 0,
            }
            for number, day in days
        ]
    )
    integration._count({integration.id: (round(calls / 3), 0)})
    integration.key_ids.date_last_used = fields.Datetime.now()


def connect_others():
    """Let two more customers read their figures by a key; one of them has a user of the portal."""
    for name, what in (("Xenon Pharma", "Laboratory portal"), ("Atlas Freight", "Data warehouse")):
        contract = env["kor.contract"].search([("partner_id.name", "ilike", name), ("state", "=", "active")], limit=1)
        user = portal_user_of(contract) if name == "Xenon Pharma" else env.user
        spec = {"kind": "api", "name": what, "scopes": ["read:invoices", "read:usage"]}
        integration = env["kor.integration"].browse(contract.with_user(user).create_integration(spec)).with_user(user)
        integration.manage_integration("activate")
        integration.issue_key({"name": "Nightly", "scopes": ["read:usage"]})
        note_calls(integration.sudo(), 60, 1.5)


def portal_user_of(contract):
    company = contract.partner_id.commercial_partner_id
    return make_portal_user(company.name.split()[0].lower(), company.child_ids[:1])


def connect_to_receiver():
    """Send messages and files to a receiver that runs as long as this; then they pause: nobody is there any more."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{server.server_address[1]}"
    parameters, name = env["ir.config_parameter"], "kor_integrations.allow_private_addresses"
    before = parameters.get_param(name)
    parameters.set_param(name, host)
    spec = {"kind": "webhook", "name": "Messages to the control room", "url": f"http://{host}/kor"}
    webhook = env["kor.integration"].browse(borealis.with_user(buyer).create_integration(spec)).with_user(buyer)
    webhook.manage_integration("activate")
    webhook.manage_integration("test")
    borealis.with_user(buyer).open_ticket({"name": "May we have a second test end point?", "priority": "low"})
    env["kor.webhook.delivery"]._cron_deliver()
    webhook.manage_integration("pause")
    spec = {"kind": "data_sync", "name": "Invoices for the ERP", "transport": "https", "url": f"http://{host}/inbox"}
    files = env["kor.integration"].browse(borealis.with_user(buyer).create_integration(spec)).with_user(buyer)
    files.manage_integration("activate")
    files.sync_now()
    env["kor.integration"]._cron_sync()
    files.manage_integration("pause")
    look_at(cloud, host)
    parameters.set_param(name, before)
    server.shutdown()


def look_at(cloud, host):
    """Look whether the infrastructure answers: now, and, as it is noted, each day of the last month."""
    check = env["kor.infrastructure.check"].create(
        {
            "name": "Gateway answers",
            "infrastructure_id": cloud.id,
            "url": f"http://{host}/health",
            "interval": 1440,
            "impact": "none",
        }
    )
    env["kor.infrastructure.check.day"].create(
        [
            {
                "check_id": check.id,
                "infrastructure_id": cloud.id,
                "company_id": cloud.company_id.id,
                "day": fields.Date.today() - timedelta(days=days),
                "successes": 1,
                "milliseconds": 3 + days * 5 % 4,
                "slowest": 3 + days * 5 % 4,
            }
            for days in range(30, 0, -1)
        ]
    )
    check.action_run()


def infrastructure_of_the_plant():
    """Run a private cloud for the customer: agreed, used more each day, and scarce in storage."""
    resources = (
        ("server", 3, 0, 420.0),
        ("vcpu", 48, 22, 6.5),
        ("memory", 192, 115, 1.8),
        ("storage", 4000, 3320, 0.06),
    )
    since = fields.Date.today() - timedelta(days=90)
    cloud = run_infrastructure(borealis, "Borealis production", "private_cloud", "Stockholm", resources, since)
    used = {"vcpu": (14, 0.25), "memory": (88, 0.9), "storage": (2450, 29)}
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    cloud.push_readings(
        [
            {
                "resource": cloud.resource_ids.filtered(lambda one, kind=kind: one.kind == kind).id,
                "used": start + each * day,
                "time": (midnight - timedelta(days=30 - day)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            for kind, (start, each) in used.items()
            for day in range(31)
        ]
    )
    return cloud


if not env["kor.integration"].search_count([]):
    with one_transaction():
        connect_by_key()
        connect_others()
        cloud = infrastructure_of_the_plant()
        connect_to_receiver()
    env["mail.mail"].search([("state", "=", "outgoing")]).cancel()
