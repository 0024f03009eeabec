import json
import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, ormcache

from ..tools.moments import write_moment
from .kor_event_type import PREFIX

KEEP_DAYS = 30
# What customers call the records of which events tell; others go by the name of their model.
SUBJECTS = {
    "account.move": "invoices",
    "kor.contract": "contracts",
    "kor.contract.amendment": "amendments",
    "kor.integration": "integrations",
    "kor.onboarding": "onboardings",
    "kor.onboarding.step": "onboarding-steps",
    "kor.payment.attempt": "payments",
    "kor.sla.clock": "sla-clocks",
    "kor.sla.credit": "service-credits",
    "kor.sla.outage": "outages",
    "kor.sla.report": "sla-reports",
    "kor.usage.alert": "usage-alerts",
    "project.task": "tickets",
}
WOKEN = "kor_webhooks_woken"


class KorEvent(models.Model):
    """Something that happened to a contract, written in the transaction in which it happened.

    Only where a webhook of the contract listens; what nobody listens to is not kept, and costs no query.
    """

    _name = "kor.event"
    _description = "Event"
    _order = "id desc"
    _rec_name = "key"
    _log_access = False

    key = fields.Char(string="Message ID", required=True, readonly=True, help="The same at each attempt and replay.")
    type_id = fields.Many2one("kor.event.type", string="Event", required=True, readonly=True, ondelete="restrict")
    contract_id = fields.Many2one("kor.contract", required=True, readonly=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", readonly=True, ondelete="cascade")
    date = fields.Datetime(string="Time", required=True, readonly=True, index=True)
    subject = fields.Char(readonly=True, help="What it is about, such as invoices/42.")
    data = fields.Json(readonly=True)
    delivery_ids = fields.One2many("kor.webhook.delivery", "event_id", string="Deliveries", readonly=True)

    _key_unique = models.UniqueIndex("(key)", "There is an event with this id already.")

    @api.model
    @ormcache()
    def _get_listeners(self):
        """Return {contract id: ((integration id, types or None for all), …)} of all webhooks that are in use."""
        integrations_sudo = self.env["kor.integration"].sudo()  # whoever causes an event, it is heard
        found = integrations_sudo.search([("kind", "=", "webhook"), ("state", "not in", ("draft", "retired"))])
        listeners = {}
        for one in found:
            listener = (one.id, frozenset(one.event_type_ids.ids) or None)
            listeners[one.contract_id.id] = (*listeners.get(one.contract_id.id, ()), listener)
        return listeners

    @api.model
    def _find_listeners(self, code):
        """Return {contract id: integration ids} of the webhooks that listen to a type."""
        listeners = self._get_listeners()
        if not listeners:
            return {}
        type_id = self.env["kor.event.type"]._get_id(code)
        found = {}
        for contract_id, some in listeners.items():
            ids = [id_ for id_, types in some if types is None or type_id in types]
            if ids and type_id:
                found[contract_id] = ids
        return found

    @api.model
    def _is_heard(self, code, contracts=None):
        """Tell whether a webhook listens to a type, of these contracts or of any: else nothing need be worked out."""
        found = self._find_listeners(code)
        return bool(found) and (contracts is None or not found.keys().isdisjoint(contracts.ids))

    @api.model
    def _emit(self, code, facts):
        """Note what happened, for the webhooks that listen; they are told once the transaction is committed.

        :param code: of a type, such as `invoice.posted`
        :param facts: {contract: [(record, data)]}; data is a plain dictionary that the customer may read, or a function
            of the record that returns it, which is called only where somebody listens
        """
        listeners = self._find_listeners(code)
        rows, pairs = [], []
        for contract, some in facts.items():
            for record, data in some if contract.id in listeners else ():
                rows.append(self._prepare_row(contract, record, data(record) if callable(data) else data))
                # A webhook that fails is not told of itself.
                own = record.id if record._name == "kor.integration" else 0
                pairs += [(rows[-1][0], one) for one in listeners[contract.id] if one != own]
        if rows:
            self._write_outbox(self.env["kor.event.type"]._get_id(code), rows, pairs)
            self._wake()

    @api.model
    def _prepare_row(self, contract, record, data):
        contract_sudo = contract.sudo()  # its number, customer and company only
        return (
            str(uuid.uuid4()),
            contract.id,
            contract_sudo.partner_id.commercial_partner_id.id,
            contract_sudo.company_id.id,
            f"{SUBJECTS.get(record._name, record._name)}/{record.id}",
            json.dumps({"contract": contract_sudo.name, **data}),
        )

    @api.model
    def _write_outbox(self, type_id, rows, pairs, state="pending"):
        """Write events and what is to be delivered of them, in two queries; return the ids of the deliveries."""
        self._insert_events(type_id, rows)
        deliveries = self._insert_deliveries(pairs, state)
        self.env["kor.integration"].browse({id_ for _key, id_ in pairs}).invalidate_recordset(["delivery_ids"])
        return deliveries

    @api.model
    def _insert_events(self, type_id, rows):
        now = fields.Datetime.now()
        keys, contracts, partners, companies, subjects, data = (list(column) for column in zip(*rows, strict=True))
        self.env.execute_query(
            SQL(
                """
                INSERT INTO kor_event (key, type_id, date, contract_id, partner_id, company_id, subject, data)
                SELECT n.key, %s, %s, n.contract_id, n.partner_id, n.company_id, n.subject, n.data::jsonb
                  FROM unnest(%s::varchar[], %s::int[], %s::int[], %s::int[], %s::varchar[], %s::text[])
                       AS n(key, contract_id, partner_id, company_id, subject, data)
                RETURNING id
                """,
                type_id,
                now,
                keys,
                contracts,
                partners,
                companies,
                subjects,
                data,
            )  # fmt: skip
        )

    @api.model
    def _insert_deliveries(self, pairs, state):
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO kor_webhook_delivery (event_id, integration_id, type_id, contract_id, partner_id,
                       company_id, date, date_next, state, attempts, replays, is_sending)
                SELECT e.id, n.integration_id, e.type_id, e.contract_id, e.partner_id,
                       e.company_id, e.date, e.date, %s, 0, 0, false
                  FROM unnest(%s::varchar[], %s::int[]) AS n(key, integration_id)
                  JOIN kor_event e ON e.key = n.key
                RETURNING id
                """,
                state,
                [key for key, _id in pairs],
                [id_ for _key, id_ in pairs],
            )  # fmt: skip
        )
        return [id_ for (id_,) in rows]

    @api.model
    def _wake(self):
        """Let the commit wake the job, once for a transaction."""
        precommit = self.env.cr.precommit
        if not precommit.data.get(WOKEN):
            precommit.data[WOKEN] = True
            precommit.add(self.sudo()._wake_now)  # whoever causes an event need not be allowed to start jobs

    @api.model
    def _wake_now(self, at=None):
        if cron := self.env.ref("kor_integrations.ir_cron_webhooks", raise_if_not_found=False):
            cron._trigger(at)

    def _get_message(self, base_url):
        """Return what is sent: a CloudEvents 1.0 message in its JSON format."""
        self.ensure_one()
        return {
            "specversion": "1.0",
            "id": self.key,
            "source": f"{base_url}/contracts/{self.contract_id.name}",
            "type": f"{PREFIX}{self.type_id.code}.v{self.type_id.version}",
            "time": write_moment(self.date),
            "subject": self.subject,
            "datacontenttype": "application/json",
            # The database keeps the names in an order of its own: the one of the catalogue reads better.
            "data": {name: self.data[name] for name in ("contract", *(self.type_id.example or ())) if name in self.data}
            | self.data,
        }

    @api.autovacuum
    def _gc_old(self):
        """Forget what is older than a month, and its deliveries with it."""
        limit = fields.Datetime.now() - timedelta(days=KEEP_DAYS)
        self.search([("date", "<", limit)], limit=10_000).unlink()
