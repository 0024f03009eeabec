import json

from odoo import SUPERUSER_ID
from odoo.tests import HttpCase

from odoo.addons.kor_billing.tests.common import KorBillingCommon

ALL = (
    "read:contracts", "read:invoices", "read:usage", "write:usage", "read:tickets", "write:tickets", "read:sla",
)  # fmt: skip


class ApiRestCase(KorBillingCommon, HttpCase):
    """Two customers with contracts, one with two, each with a key that may do everything, and things to see."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calls = cls.env.ref("kor_enterprise_tiers.metric_api_calls")
        cls.own, cls.other = cls._connect(cls.customer), cls._connect(cls.other_customer)
        cls.neighbour = cls._connect(cls.customer)
        contracts = cls.own["contract"] | cls.other["contract"] | cls.neighbour["contract"]
        invoices = cls.env["account.move"].browse(contracts.generate_invoice("2026-01-01", "2026-01-31"))
        for side in (cls.own, cls.other, cls.neighbour):
            side["invoice"] = invoices.filtered(lambda move, side=side: move.kor_contract_id == side["contract"])
            side["ticket"] = cls._root("project.task").create(
                {"kor_contract_id": side["contract"].id, "name": "Cannot log in"}
            )
            side["report"] = cls._make_report(side["contract"])

    @classmethod
    def _root(cls, model):
        return cls.env(user=SUPERUSER_ID)[model]

    @classmethod
    def _connect(cls, customer):
        """Return a contract of a customer with an integration and a key that may do everything."""
        usage = {"name": "Calls", "charge_type": "usage", "metric_id": cls.calls.id, "unit_price": 0}
        contract = cls._make_contract({}, usage, partner_id=customer.id)
        root = cls._root("kor.contract").browse(contract.id)
        integration = cls._root("kor.integration").browse(
            root.create_integration({"kind": "api", "name": "ERP", "scopes": list(ALL)})
        )
        integration.manage_integration("activate")
        return {"contract": contract, "integration": integration, "key": integration.issue_key({})["key"]}

    @classmethod
    def _make_report(cls, contract, **values):
        return cls._root("kor.sla.report").create(
            {
                "name": "January",
                "contract_id": contract.id,
                "month": "2026-01-01",
                "date_from": "2026-01-01",
                "date_to": "2026-01-31",
                "state": "sent",
                "figures": {"uptime": 99.9},
                **values,
            }
        )

    def setUp(self):
        super().setUp()
        self.env.flush_all()

    def _call(self, path, key=None, body=None, **headers):
        key = self.own["key"] if key is None else key
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **headers}
        data = body if body is None or isinstance(body, bytes) else json.dumps(body)
        return self.url_open(f"/kor/api/v1/{path}", data=data, headers=headers, timeout=60)

    def _read(self, path, **arguments):
        response = self._call(path, **arguments)
        self.assertEqual(response.status_code, 200, response.text)
        return response.json()

    def _issue(self, *scopes, side=None):
        issued = (side or self.own)["integration"].issue_key({"scopes": list(scopes)} if scopes else {})
        self.env.flush_all()
        return self._root("kor.integration.key").browse(issued["id"]), issued["key"]

    def _assert_refused(self, response, status, part=""):
        self.assertEqual(response.status_code, status, response.text[:300])
        error = response.json()["error"]
        self.assertIn(part, error)
        self.assertGreater(len(error.split()), 4)
        self.assertNotRegex(error, r"Traceback|psycopg|SELECT|kor\.|project\.task")

    def _event(self, id_="1", **values):
        return {
            "id": id_, "contract": self.own["contract"].name, "metric": self.calls.code,
            "time": "2026-03-10T12:00:00Z", "quantity": 7, **values,
        }  # fmt: skip
