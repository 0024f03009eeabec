from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestContractPortal(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.metric = cls.env["kor.metric"].create(
            {"name": "Seats", "code": "portal_seats", "unit": "seat", "unit_plural": "seats", "aggregation": "latest"}
        )
        cls.tier = cls.env["kor.tier"].create(
            {
                "name": "Summit",
                "code": "portal_summit",
                "limit_ids": [Command.create({"metric_id": cls.metric.id, "kind": "limited", "quantity": 40})],
                "feature_ids": [
                    Command.create({"name": "Night shift", "code": "portal_night", "category": "services"})
                ],
            }
        )
        cls.product = cls.env["product.product"].create({"name": "Seat", "type": "service"})
        cls.own_company, cls.own_user = cls._create_customer("Harbour & Sons", "portal_harbour")
        cls.other_company, cls.other_user = cls._create_customer("Blue Fjord", "portal_fjord")
        cls.own = cls._create_contract(cls.own_company)
        cls.other = cls._create_contract(cls.other_company)
        cls.draft = cls._create_contract(cls.own_company, activate=False)

    @classmethod
    def _create_customer(cls, name, login):
        company = cls.env["res.partner"].create({"name": name, "is_company": True, "tz": "UTC"})
        user = new_test_user(cls.env, login, groups="base.group_portal", password=f"{login}-{login}")
        user.partner_id.parent_id = company
        return company, user

    @classmethod
    def _create_contract(cls, customer, activate=True):
        line = {
            "name": f"Seats of {customer.name}",
            "product_id": cls.product.id,
            "charge_type": "per_unit",
            "metric_id": cls.metric.id,
            "unit_price": 12.5,
            "quantity": 30,
        }
        contract = cls.env["kor.contract"].create(
            {
                "partner_id": customer.id,
                "tier_id": cls.tier.id,
                "term": "monthly",
                "date_start": "2020-01-01",
                "line_ids": [Command.create(line)],
            }
        )
        if activate:
            contract.action_activate()
        return contract

    def _log_in(self, user):
        self.authenticate(user.login, f"{user.login}-{user.login}")

    def _open(self, contract, **arguments):
        query = "&".join(f"{name}={value}" for name, value in arguments.items())
        return self.url_open(f"/my/contracts/{contract.id}?{query}", allow_redirects=False)

    def _assert_sent_home(self, response):
        self.assertEqual(response.status_code, 303)
        self.assertTrue(response.headers["Location"].endswith("/my"))

    def _read_by_rpc(self, model, records, names):
        params = {"model": model, "method": "read", "args": [records.ids, names], "kwargs": {}}
        return self.make_jsonrpc_request(f"/web/dataset/call_kw/{model}/read", params)

    def _post_message(self, contract, body, **access):
        params = {
            "thread_model": "kor.contract",
            "thread_id": contract.id,
            "post_data": {"body": body, "message_type": "comment", "subtype_xmlid": "mail.mt_comment"},
            **access,
        }
        return self.make_jsonrpc_request("/mail/message/post", params)

    def test_own_contract_shows_prices_limits_and_features(self):
        self._log_in(self.own_user)
        response = self._open(self.own)
        self.assertEqual(response.status_code, 200)
        text = " ".join(response.text.replace("\N{NO-BREAK SPACE}", " ").split())
        for part in (self.own.name, "Summit", "12.50 per seat and month", "Night shift", 'aria-valuenow="75"'):
            with self.subTest(part):
                self.assertIn(part, text)

    def test_list_and_counter_have_own_agreed_contracts_only(self):
        self._log_in(self.own_user)
        text = self.url_open("/my/contracts").text
        self.assertIn(self.own.name, text)
        self.assertNotIn(self.other.name, text)
        self.assertNotIn(self.draft.name, text)
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["kor_contract_count"]})
        self.assertEqual(counters["kor_contract_count"], 1)

    def test_list_of_many_contracts_is_paged_and_sorted(self):
        contracts = self.own | self.own.browse().concat(*(self._create_contract(self.own_company) for _i in range(99)))
        numbers = sorted(contracts.mapped("name"))
        self._log_in(self.own_user)
        first = self.url_open("/my/contracts?sortby=name").text
        second = self.url_open("/my/contracts/page/2?sortby=name").text
        self.assertIn(numbers[0], first)
        self.assertNotIn(numbers[-1], first)
        self.assertIn(numbers[-1], second)

    def test_unknown_sorting_falls_back_to_the_newest(self):
        self._log_in(self.own_user)
        self.assertIn(self.own.name, self.url_open("/my/contracts?sortby=nonsense").text)

    def test_customer_without_contracts_gets_a_helpful_list(self):
        _company, user = self._create_customer("Nobody Inc.", "portal_nobody")
        self._log_in(user)
        self.assertIn("You have no contracts yet", self.url_open("/my/contracts").text)

    def test_visitor_is_asked_to_log_in(self):
        response = self.url_open("/my/contracts", allow_redirects=False)
        self.assertIn("/web/login", response.headers["Location"])
        self._assert_sent_home(self._open(self.own))

    def test_contract_of_another_customer_is_refused(self):
        self._log_in(self.own_user)
        token = self.own._portal_ensure_token()
        attempts = {
            "page": {},
            "pdf": {"report_type": "pdf"},
            "html of the report": {"report_type": "html"},
            "wrong token": {"access_token": "wrong"},
            "empty token": {"access_token": ""},
            "pdf by wrong token": {"report_type": "pdf", "access_token": "wrong"},
            "token of another contract": {"access_token": token},
        }
        for name, arguments in attempts.items():
            with self.subTest(name):
                self._assert_sent_home(self._open(self.other, **arguments))

    def test_contract_that_does_not_exist_leads_home(self):
        self._log_in(self.own_user)
        self._assert_sent_home(self.url_open("/my/contracts/999999999", allow_redirects=False))

    def test_right_token_opens_page_and_report_without_login(self):
        token = self.own._portal_ensure_token()
        page = self._open(self.own, access_token=token)
        self.assertEqual(page.status_code, 200)
        self.assertIn(f"access_token={token}", page.text)
        report = self._open(self.own, access_token=token, report_type="pdf", download="true")
        self.assertEqual(report.status_code, 200)
        self.assertEqual(report.headers["Content-Type"], "application/pdf")
        self.assertIn("attachment", report.headers["Content-Disposition"])

    def test_draft_is_refused_to_its_customer_also_by_token(self):
        token = self.draft._portal_ensure_token()
        for login in (None, self.own_user):
            if login:
                self._log_in(login)
            for arguments in ({}, {"access_token": token}, {"access_token": token, "report_type": "pdf"}):
                with self.subTest(login=login and login.login, **arguments):
                    self._assert_sent_home(self._open(self.draft, **arguments))

    def test_draft_is_shown_to_staff_who_may_read_it(self):
        group = "kor_contracts.group_kor_contract_user"
        user = new_test_user(self.env, "portal_staff", groups=group, password="portal_staff-portal_staff")
        self._log_in(user)
        self.assertIn("This is a draft.", self._open(self.draft).text)

    def test_draft_is_refused_to_staff_without_rights_on_contracts(self):
        user = new_test_user(self.env, "portal_clerk", groups="base.group_user", password="portal_clerk-portal_clerk")
        self._log_in(user)
        self._assert_sent_home(self._open(self.draft, access_token=self.draft._portal_ensure_token()))

    def test_reading_pages_makes_no_token(self):
        contracts = self.own | self._create_contract(self.own_company)
        contracts.sudo().write({"access_token": False})
        self._log_in(self.own_user)
        self.url_open("/my/contracts")
        for contract in contracts:
            self.assertEqual(self._open(contract).status_code, 200)
        contracts.invalidate_recordset()
        self.assertEqual(contracts.mapped("access_token"), [False, False])

    def test_page_tells_that_the_contract_is_cancelled_as_of_a_date(self):
        day = self.own._get_today().replace(year=self.own._get_today().year + 1, day=1)
        self.own.action_cancel(str(day))
        self._log_in(self.own_user)
        self.assertIn("This contract is cancelled as of", self._open(self.own).text)

    def test_records_of_another_customer_cannot_be_read(self):
        user_env = self.env(user=self.own_user)
        theirs = self.other | self.draft
        records = [*theirs, *theirs.line_ids, *theirs.limit_ids, *theirs.clause_ids]
        for record in records:
            with self.subTest(record=record), self.assertRaises(AccessError):
                record.with_env(user_env).read(["id", "contract_id"] if "contract_id" in record else ["id", "name"])
        self.assertEqual(user_env["kor.contract"].search([]), self.own.with_env(user_env))

    def test_rpc_reads_the_own_contract_and_refuses_the_others(self):
        self._log_in(self.own_user)
        (values,) = self._read_by_rpc("kor.contract", self.own, ["name", "state"])
        self.assertEqual(values["name"], self.own.name)
        for contract in (self.other, self.draft):
            with (
                self.subTest(contract.name),
                self.assertRaisesRegex(JsonRpcException, "AccessError"),
                mute_logger("odoo.http"),
            ):
                self._read_by_rpc("kor.contract", contract, ["name", "state"])

    def test_customer_cannot_write_or_move_the_own_contract(self):
        contract = self.own.with_user(self.own_user)
        attempts = {
            "write": lambda: contract.write({"client_order_ref": "mine"}),
            "cancel": lambda: contract.action_cancel(),
            "activate": lambda: contract.action_activate(),
            "add a line": lambda: contract.line_ids.copy(),
        }
        for name, attempt in attempts.items():
            with self.subTest(name), self.assertRaises(AccessError):
                attempt()
        with self.assertRaises(UserError):
            contract.line_ids.write({"unit_price": 0})
        self.assertEqual(self.own.state, "active")
        self.assertEqual(self.own.line_ids.unit_price, 12.5)

    def test_customer_posts_messages_on_the_own_contract_only(self):
        self._log_in(self.own_user)
        self._post_message(self.own, "When does it renew?")
        message = self.own.message_ids[0]
        self.assertIn("When does it renew?", message.body)
        self.assertEqual(message.author_id, self.own_user.partner_id)
        for contract in (self.other, self.draft):
            before = contract.message_ids
            with self.subTest(contract.name), self.assertRaises(JsonRpcException), mute_logger("odoo.http"):
                self._post_message(contract, "Let me in", token="wrong")
            self.assertEqual(contract.message_ids, before)

    def test_messages_of_a_draft_are_closed_also_to_its_token(self):
        agreed = {"thread_model": "kor.contract", "thread_id": self.own.id, "token": self.own._portal_ensure_token()}
        draft = {**agreed, "thread_id": self.draft.id, "token": self.draft._portal_ensure_token()}
        self._log_in(self.other_user)
        self.assertIn("messages", self.make_jsonrpc_request("/mail/chatter_fetch", agreed))
        self._log_in(self.own_user)
        with mute_logger("odoo.http"):
            with self.assertRaises(JsonRpcException):
                self.make_jsonrpc_request("/mail/chatter_fetch", draft)
            with self.assertRaises(JsonRpcException):
                self._post_message(self.draft, "Let me in", token=draft["token"])
