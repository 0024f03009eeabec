import threading
from contextlib import contextmanager

import psycopg2

from odoo import SUPERUSER_ID, Command, api, sql_db
from odoo.exceptions import UserError
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import SQL, mute_logger

TABLES = ("kor_counter_answer", "kor_counter_offer", "kor_negotiation_round")


@tagged("post_install", "-at_install")
class TestNegotiationConcurrency(BaseCase):
    """Two connections to the database, with what they commit: a test's own transaction would hide the race."""

    def setUp(self):
        super().setUp()
        with self._connect() as env:
            self.admin_id = env.ref("base.user_admin").id
            self.partner_id = env["res.partner"].create({"name": "Race & Sons"}).id
            self.product_id = env["product.product"].create({"name": "Race seat", "type": "service"}).id
            self.lead_id = (
                env["crm.lead"]
                .create(
                    {"name": "Race", "type": "opportunity", "partner_id": self.partner_id, "user_id": self.admin_id}
                )
                .id
            )
            order = env["sale.order"].create(
                {
                    "partner_id": self.partner_id,
                    "opportunity_id": self.lead_id,
                    "kor_is_proposal": True,
                    "order_line": [Command.create({"product_id": self.product_id, "price_unit": 100})],
                }
            )
            self.addCleanup(self._clean)
            order.action_quotation_sent()
            negotiation = env["kor.negotiation"].browse(env["crm.lead"].browse(self.lead_id).start_negotiation())
            self.negotiation_id = negotiation.id
            self.offer_id = negotiation.counter([{"line": order.order_line.id, "price_unit": 80}])[0]

    @contextmanager
    def _connect(self, uid=SUPERUSER_ID):
        """Open a connection of its own, and commit in the end."""
        with sql_db.db_connect(get_db_name()).cursor() as cr:
            yield api.Environment(cr, uid, {"tracking_disable": True, "mail_notrack": True})
            cr.commit()  # pylint: disable=invalid-commit

    def _clean(self):
        with self._connect() as env:
            orders = env["sale.order"].search([("partner_id", "=", self.partner_id)])
            rows = [(table, "negotiation_id", self.negotiation_id) for table in TABLES]
            rows += [("kor_negotiation", "id", self.negotiation_id), ("mail_activity", "res_id", self.negotiation_id)]
            rows += [("sale_order", "id", order) for order in orders.ids]
            for table, column, number in rows:
                where = SQL("res_model = 'kor.negotiation' AND") if table == "mail_activity" else SQL()
                env.cr.execute(
                    SQL("DELETE FROM %s WHERE %s %s = %s", SQL.identifier(table), where, SQL.identifier(column), number)
                )
            env["crm.lead"].browse(self.lead_id).unlink()
            env["product.product"].browse(self.product_id).product_tmpl_id.unlink()
            env["res.partner"].browse(self.partner_id).unlink()

    def _answer(self, env, price):
        negotiation = env["kor.negotiation"].browse(self.negotiation_id)
        return negotiation.answer([{"offer": self.offer_id, "decision": "counter", "price_unit": price}])

    def _count_versions(self):
        with self._connect() as env:
            answers = env["kor.negotiation"].browse(self.negotiation_id).answer_ids
            return len(answers), len(answers.order_id)

    def test_second_answer_is_told_while_the_first_is_being_written(self):
        with self._connect(self.admin_id) as first, self._connect() as second:
            self._answer(first, 90)
            with self.assertRaisesRegex(UserError, "at this moment"):
                self._answer(second, 85)
            second.cr.rollback()
        self.assertEqual(self._count_versions(), (1, 1))

    def test_second_answer_after_the_first_is_told_who_answered(self):
        with self._connect(self.admin_id) as first:
            self._answer(first, 90)
            name = first.user.name
        with self._connect() as second, self.assertRaisesRegex(UserError, f"{name} has answered already"):
            self._answer(second, 85)
        self.assertEqual(self._count_versions(), (1, 1))

    @mute_logger("odoo.sql_db")
    def test_answer_on_an_outdated_view_starts_again(self):
        with self._connect() as second:
            # The second has looked before the first answers: its snapshot knows nothing of it.
            self.assertEqual(second["kor.counter.offer"].browse(self.offer_id).state, "open")
            with self._connect(self.admin_id) as first:
                self._answer(first, 90)
            with self.assertRaises(psycopg2.errors.SerializationFailure):
                self._answer(second, 85)
            second.cr.rollback()
        self.assertEqual(self._count_versions(), (1, 1))

    def test_withdrawal_and_answer_at_once_leave_one_of_them(self):
        with self._connect() as customer:
            customer["kor.negotiation"].browse(self.negotiation_id).withdraw([self.offer_id])
            with self._connect(self.admin_id) as seller:
                with self.assertRaisesRegex(UserError, "at this moment"):
                    self._answer(seller, 90)
                seller.cr.rollback()
        with self._connect(self.admin_id) as seller, self.assertRaisesRegex(UserError, "no counter-offer to answer"):
            self._answer(seller, 90)

    @mute_logger("odoo.sql_db")
    def test_of_many_threads_one_answers(self):
        gate, results = threading.Barrier(4), []

        def run(price):
            with sql_db.db_connect(get_db_name()).cursor() as cr:
                env = api.Environment(cr, self.admin_id, {"tracking_disable": True})
                gate.wait()
                try:
                    results.append(self._answer(env, price)["order"])
                    cr.commit()  # pylint: disable=invalid-commit
                except (UserError, psycopg2.errors.SerializationFailure) as error:
                    cr.rollback()
                    results.append(error)

        threads = [threading.Thread(target=run, args=(80 + number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len([one for one in results if isinstance(one, int)]), 1, results)
        self.assertEqual(len(results), 4)
        self.assertEqual(self._count_versions(), (1, 1))
