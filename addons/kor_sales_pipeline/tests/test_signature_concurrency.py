import threading
from contextlib import contextmanager
from unittest.mock import patch

import psycopg2

from odoo import SUPERUSER_ID, Command, api, sql_db
from odoo.exceptions import UserError
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import SQL, mute_logger

from .common import PDF, PNG

SIGNATURE = {"signed_on": "2030-01-15 09:30:00", "signature": PNG}


@tagged("post_install", "-at_install")
class TestSignatureConcurrency(BaseCase):
    """Two people of one customer sign the same proposal, each by a connection of their own that commits."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self._clean)
        with self._connect() as env:
            draw = patch.object(type(env["kor.pdf"]), "_render", lambda self, html: PDF)
            self.startPatcher(draw)
            order = self._propose(env)
            self.order_id = order.id
            self.users = self._invite(order).ids

    def _propose(self, env):
        self.partner_id = env["res.partner"].create({"name": "Race & Sons", "is_company": True}).id
        product = env["product.product"].create({"name": "Race seat", "type": "service"})
        self.product_id = product.id
        tier = env["kor.tier"].create({"name": "Race", "code": "race_tier"})
        self.tier_id = tier.id
        plan = env["kor.plan"].create(
            {
                "name": "Race annual",
                "tier_id": tier.id,
                "currency_id": env.company.currency_id.id,
                "term": "annual",
                "charge_ids": [Command.create({"name": "Base", "product_id": product.id, "unit_price": 100})],
            }
        )
        self.plan_id = plan.id
        lead = env["crm.lead"].create(
            {"name": "Race", "type": "opportunity", "partner_id": self.partner_id, "kor_plan_id": plan.id}
        )
        self.lead_id = lead.id
        order = env["sale.order"].browse(lead.generate_proposal())
        order.action_quotation_sent()
        return order

    def _invite(self, order):
        """Return two users of the customer's who follow the order."""
        env = order.env
        contacts = env["res.partner"].create(
            [{"name": name, "parent_id": self.partner_id} for name in ("Jane Race", "John Race")]
        )
        portal = env.ref("base.group_portal")
        users = env["res.users"].with_context(no_reset_password=True)
        order.message_subscribe(contacts.ids)
        return users.create(
            [
                {"login": f"race_{one.id}", "partner_id": one.id, "group_ids": [Command.set(portal.ids)]}
                for one in contacts
            ]
        )

    @contextmanager
    def _connect(self, uid=SUPERUSER_ID):
        """Open a connection of its own, and commit in the end."""
        with sql_db.db_connect(get_db_name()).cursor() as cr:
            yield api.Environment(cr, uid, {"tracking_disable": True, "mail_notrack": True})
            cr.commit()  # pylint: disable=invalid-commit

    def _clean(self):
        with self._connect() as env:
            contracts = env["kor.contract"].search([("partner_id", "=", self.partner_id)])
            signed = env["kor.signed.document"].search([("order_id", "=", self.order_id)])
            attachments = signed.attachment_id.ids
            gone = [
                ("kor_signed_document", "id", signed.ids),
                ("ir_attachment", "id", attachments),
                ("sale_order", "id", [self.order_id]),
            ]
            env.cr.execute(SQL("UPDATE crm_lead SET kor_contract_id = NULL WHERE id = %s", self.lead_id))
            for table, column, ids in gone:
                env.cr.execute(
                    SQL("DELETE FROM %s WHERE %s = ANY(%s)", SQL.identifier(table), SQL.identifier(column), ids)
                )
            env["crm.lead"].browse(self.lead_id).unlink()
            if "kor.account" in env:
                # Where customers have an account, the signed contract has opened one.
                env["kor.account"].search([("partner_id", "=", self.partner_id)]).unlink()
            env.cr.execute(SQL("DELETE FROM kor_contract WHERE id = ANY(%s)", contracts.ids))
            env.invalidate_all()
            env["kor.plan"].browse(self.plan_id).unlink()
            env["kor.tier"].browse(self.tier_id).unlink()
            env["product.product"].browse(self.product_id).product_tmpl_id.unlink()
            users = env["res.users"].browse(self.users)
            partners = users.partner_id
            users.unlink()
            (partners | env["res.partner"].browse(self.partner_id)).unlink()

    def _sign(self, env, name="Jane Race"):
        return env["sale.order"].browse(self.order_id).sign_proposal(name, PNG)

    def _get_outcome(self):
        """Return how many contracts and signed documents there are, and who signed."""
        with self._connect() as env:
            order = env["sale.order"].browse(self.order_id)
            contracts = env["kor.contract"].search_count([("partner_id", "=", self.partner_id)])
            return contracts, order.kor_signed_document_ids.mapped("signed_by"), order.signed_by

    def test_second_who_signs_meanwhile_is_told(self):
        with self._connect(self.users[0]) as first, self._connect(self.users[1]) as second:
            self._sign(first)
            with self.assertRaisesRegex(UserError, "at this moment"):
                self._sign(second, "John Race")
            second.cr.rollback()
        self.assertEqual(self._get_outcome(), (1, ["Jane Race"], "Jane Race"))

    def test_second_who_signs_afterwards_is_told(self):
        with self._connect(self.users[0]) as first:
            self._sign(first)
        with self._connect(self.users[1]) as second, self.assertRaisesRegex(UserError, "signed already"):
            self._sign(second, "John Race")
        self.assertEqual(self._get_outcome(), (1, ["Jane Race"], "Jane Race"))

    @mute_logger("odoo.sql_db")
    def test_signature_on_an_outdated_view_starts_again(self):
        with self._connect(self.users[1]) as second:
            self.assertEqual(second["sale.order"].browse(self.order_id).state, "sent")
            with self._connect(self.users[0]) as first:
                self._sign(first)
            # The server tries again what fails so, and the second is told then.
            with self.assertRaises(psycopg2.errors.SerializationFailure):
                self._sign(second, "John Race")
            second.cr.rollback()
        self.assertEqual(self._get_outcome(), (1, ["Jane Race"], "Jane Race"))

    @mute_logger("odoo.sql_db")
    def test_on_the_native_page_one_of_two_signs(self):
        """The page writes the signature itself and confirms then."""

        def sign(env, name):
            order = env["sale.order"].browse(self.order_id)
            if not order._has_to_be_signed():
                return "not to be signed"
            order.write({**SIGNATURE, "signed_by": name})
            env.flush_all()
            order._validate_order()
            return "signed"

        with self._connect() as second:
            self.assertTrue(second["sale.order"].browse(self.order_id)._has_to_be_signed())
            with self._connect() as first:
                self.assertEqual(sign(first, "Jane Race"), "signed")
            with self.assertRaises(psycopg2.errors.SerializationFailure):
                sign(second, "John Race")
            second.cr.rollback()
        with self._connect() as again:
            self.assertEqual(sign(again, "John Race"), "not to be signed")
        self.assertEqual(self._get_outcome(), (1, ["Jane Race"], "Jane Race"))

    @mute_logger("odoo.sql_db")
    def test_of_many_at_once_one_signs(self):
        gate, results = threading.Barrier(4), []

        def run(number):
            with sql_db.db_connect(get_db_name()).cursor() as cr:
                env = api.Environment(cr, self.users[number % 2], {"tracking_disable": True})
                gate.wait()
                try:
                    results.append(self._sign(env, f"Person {number}")["contract"])
                    cr.commit()  # pylint: disable=invalid-commit
                except (UserError, psycopg2.errors.SerializationFailure) as error:
                    cr.rollback()
                    results.append(error)

        threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len([one for one in results if isinstance(one, str)]), 1, results)
        contracts, documents, _name = self._get_outcome()
        self.assertEqual((contracts, len(documents)), (1, 1))
