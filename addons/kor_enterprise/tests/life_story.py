from .life_common import LifeCase


class LifeStory(LifeCase):
    """One customer from the lead to the second renewal; the ledger is read at each step.

    2 February 2026  the lead: 1,100 a month
    1 March          asked for 900, signed at 1,000, which is 9.09 % less: 1,000 × 12 = 12,000 a year, and 600 once
                     invoice 1,600 + 15 % = 1,840, paid
    March            15,500 calls: 5,500 × 0.01 = 55, on the invoice of April: 1,055 + 158.25 = 1,213.25
                     earned: 1,000 + 55 + 600 for the set-up, which was done
    April            down for 50 minutes: 99.884259 %, 10 % of 1,000 = 100; an answer after 90 minutes of 60: 5 % = 50
    1 June           25 users at 10: 1,250 a month; the credit note of 150 + 22.50 = 172.50
                     1,437.50 − 172.50 = 1,265 to pay
    March 2027       renewed, 4 % more: 1,040 + 25 × 10.40 = 1,300 a month
    March 2028       renewed at the same price

    What people do is told by the stories that follow from this one: `_propose`, `_agree_and_sign`, `_sign_off`,
    `_bill_first`, `_pay_first`, `_close_march`, `_open_ticket`, `_answer_ticket`, `_approve_credits`, `_add_users` and
    `_agree_on_a_year`. The months in between pass here, by calls.
    """

    def _live(self):
        self._sell()
        self._onboard()
        self._bill_and_collect()
        self._close_the_first_month()
        self._support()
        self._credit()
        self._grow()
        self._cost()
        self._renew()
        self._renew_again()

    def _sell(self):
        values = {
            "name": "Harbour wants Gold",
            "type": "opportunity",
            "partner_id": self.harbour.id,
            "user_id": self.staff["seller"].id,
            "kor_plan_id": self.plan.id,
            "kor_term_months": 12,
            "kor_date_start": "2026-03-01",
        }
        with self._on("2026-02-02"):
            lead = self._call("seller", "crm.lead", "create", values)
        first = self._propose(lead)
        with self._on("2026-02-10"):
            self._call("seller", "crm.lead", "start_negotiation", [lead])
            negotiation, second = self._negotiate(first)
        self._agree_and_sign(negotiation, second)
        self.contract = self.env["sale.order"].browse(second).kor_contract_id
        self.assertEqual((self.contract.state, self.contract.arr), ("active", 12000))
        self.assertEqual((str(self.contract.date_start), str(self.contract.date_end)), ("2026-03-01", "2027-02-28"))
        self._check_books()

    def _negotiate(self, first):
        """Let the customer ask for 900 and the seller offer 1,000; return the negotiation and the version it is in."""
        (negotiation,) = self._call("buyer", "kor.negotiation", "search", [("order_id", "=", first)])
        lines = self._call(
            "buyer", "sale.order.line", "search_read", [("order_id", "=", first)], ["name", "price_unit"]
        )
        (base,) = [line["id"] for line in lines if line["name"].startswith("Base fee")]
        asked = [{"area": "pricing", "line": base, "price_unit": 900, "reason": "Others ask for less"}]
        self._call("buyer", "kor.negotiation", "counter", [negotiation], asked)
        history = self._call("seller", "kor.negotiation", "history", [negotiation])
        (offer,) = history["rounds"][-1]["offers"]
        answers = [{"offer": offer["id"], "decision": "counter", "price_unit": 1000, "note": "In the middle."}]
        second = self._call("seller", "kor.negotiation", "answer", [negotiation], answers)["order"]
        self._call("seller", "sale.order", "action_quotation_sent", [second])
        return negotiation, second

    def _onboard(self):
        with self._on("2026-03-02"):
            onboarding = self._call("guide", "kor.contract", "start_onboarding", [self.contract.id])
        with self._on("2026-03-20"):
            steps = self._call("guide", "kor.onboarding", "status", [onboarding])["steps"]
            for step in steps:
                self._call("guide", "kor.onboarding", "complete_step", [onboarding], step["step"], "Seen on the screen")
        self._sign_off(onboarding, [step["step"] for step in steps])
        status = self._call("guide", "kor.onboarding", "status", [onboarding])
        self.assertEqual((status["state"], status["date_go_live"]), ("done", "2026-03-20"))

    def _bill_and_collect(self):
        first = self._bill_first()
        self.assertEqual((first.amount_untaxed, first.amount_total), (1600, 1840))
        self._check_books(receivable=1840, tax=240, liability=1600)
        self._pay_first(first)
        self._check_books(tax=240, liability=1600)
        self._use("meter", self.contract.name, "2026-03-01", "2026-03-31", 500)
        second = self._bill("2026-04-30", "2026-04-01")
        self.assertEqual((second.amount_untaxed, second.amount_total), (1055, 1213.25))
        self._pay(second, "2026-04-10")
        self._check_books(tax=398.25, liability=2655)

    def _close_the_first_month(self):
        self._close_march()
        # Owed to the customer is April. The calls were earned in March and billed in April: until April is closed they
        # stand on both sides.
        self._check_books(tax=398.25, liability=1055, unbilled=55, income=1655)

    def _support(self):
        self._answer_ticket(self._open_ticket())
        with self._on("2026-04-10 10:51:00"):
            self._call("head", "kor.sla.service", "write", self.service.ids, {"contract_ids": [(4, self.contract.id)]})
            values = {"name": "Certificate", "service_id": self.service.id, "contract_ids": [(6, 0, self.contract.ids)]}
            moments = {"date_start": "2026-04-10 10:00:00", "date_end": "2026-04-10 10:50:00"}
            self._call("head", "kor.sla.outage", "create", {**values, **moments})
        with self._on("2026-05-02"):
            uptime = self._call("head", "kor.contract", "track_uptime", [self.contract.id], "2026-04-01", "2026-04-30")
            self.assertEqual(round(uptime["availability"], 6), 99.884259, uptime)
            told = self._call(
                "head", "kor.contract", "check_compliance", [self.contract.id], "2026-04-01", "2026-04-30"
            )
            self.assertFalse(told["is_met"])

    def _credit(self):
        for moment in ("2026-05-02 06:00:00", "2026-05-04 06:00:00"):
            self._run_job(moment, "kor_sla.ir_cron_sla_report")
        self._approve_credits()
        self._close("2026-04-30")
        may = self._bill("2026-05-31", "2026-05-06")
        note = may.filtered(lambda move: move.move_type == "out_refund")
        self.assertEqual((note.amount_untaxed, note.amount_total), (150, 172.5))
        invoice = may - note
        self.assertEqual((invoice.amount_total, invoice.amount_residual), (1150, 977.5))
        self._pay(invoice, "2026-05-10")
        self._close("2026-05-31")
        # Earned: 3 × 1,000, 55 for calls, 600 for the set-up. The credits lower the price of the year: of the 150, what
        # is delivered bears 150 × 3,600 ÷ 12,600 = 42.86, a cent less by the rounding of its two parts.
        self._check_books(tax=525.75, asset=107.15, income=3612.15)

    def _grow(self):
        self._add_users()
        june = self._bill("2026-06-30", "2026-06-01")
        self.assertEqual((june.amount_untaxed, june.amount_total), (1250, 1437.5))
        self._pay(june, "2026-06-12")
        self._close("2026-06-30")
        # 150 × 4,600 ÷ 12,600 = 54.76, a cent less again
        self._check_books(tax=713.25, asset=95.25, income=4850.25)

    def _cost(self):
        """Let June's hosting of 400 fall on the contract, and expect 1,250 − 11.90 − 400 = 838.10 of profit."""
        with self._on("2026-07-05"):
            values = {"name": "Hosting", "month": "2026-06-01", "typed_amount": 400, "method": "equal"}
            pool = self._call("controller", "kor.cost.pool", "create", values)
            for booked in (400, 0):
                (result,) = self._call("controller", "kor.cost.pool", "allocate", [pool])
                self.assertEqual((result["booked"], result["reason"]), (booked, ""))
            report = self._call(
                "controller", "kor.financial.report", "generate_profitability_report", "2026-06-01", "2026-06-30"
            )
        (row,) = [row for row in report["rows"] if row["id"] == self.harbour.id]
        self.assertEqual((row["recognised"], row["cost"], row["profit"]), (1238.1, 400, 838.1))

    def _renew(self):
        self._agree_on_a_year()
        rest = self._bill("2027-02-28", "2027-02-01")
        self.assertEqual(sum(rest.mapped("amount_untaxed")), 10000)
        self._pay(rest, "2027-02-10")
        self._close("2026-09-30", "2027-02-28")
        # A year: 12,000, 9 × 250 for users, 55 for calls, 600 for the set-up, less 150. Nothing is owed to anybody.
        self._check_books(tax=2213.25, income=14755)

    def _renew_again(self):
        self._begin_day("2027-03-01")
        self.assertEqual((self.contract.mrr, str(self.contract.date_end)), (1300, "2028-02-29"))
        with self._on("2028-01-10"):
            self._call("keeper", "kor.contract", "renew", [self.contract.id], "2029-02-28")
        self._begin_day("2028-03-01")
        second = self._bill("2028-03-31", "2028-03-01")
        self.assertEqual(sum(second.mapped("amount_untaxed")), 13 * 1300)
        self._pay(second, "2028-03-10")
        self._close("2028-03-31")
        self._check_books(tax=4748.25, income=14755 + 13 * 1300)
        with self._on("2028-04-05"):
            ledger = self._call("controller", "kor.financial.report", "list_mrr_movements", "2026-01-01", "2028-03-31")
        self.assertEqual(
            [(row["date"], row["kind"], row["amount"]) for row in ledger["rows"]],
            [("2026-03-01", "new", 1000), ("2026-06-01", "expansion", 250), ("2027-03-01", "escalator", 50)],
        )
