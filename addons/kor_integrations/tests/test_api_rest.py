from unittest.mock import patch

from odoo import SUPERUSER_ID
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.kor_usage.tests.test_api import make_key

from .api_common import ApiRestCase


@tagged("post_install", "-at_install")
class TestApiRest(ApiRestCase):
    """What keys open over HTTP, and above all what they do not."""

    def test_key_says_what_it_may(self):
        _key, plain = self._issue("read:invoices")
        data = self._read("key", key=plain)
        self.assertEqual(
            (data["contract"], data["scopes"], data["calls_a_minute"]),
            (self.own["contract"].name, ["read:invoices"], 60),
        )

    def test_contract_and_entitlements(self):
        contract = self.own["contract"]
        listed = self._read("contracts")
        shown = self._read(f"contracts/{contract.id}")
        self.assertEqual(listed, {"data": [shown], "next": ""})
        self.assertEqual((shown["number"], shown["tier"], len(shown["lines"])), (contract.name, "professional", 2))
        entitled = self._read(f"contracts/{contract.id}/entitlements")
        self.assertIn("api_access", [feature["code"] for feature in entitled["features"]])

    def test_invoices_their_lines_and_pdf(self):
        invoice = self.own["invoice"]
        (listed,) = self._read("invoices")["data"]
        self.assertEqual((listed["id"], listed["number"]), (invoice.id, invoice.name))
        self.assertEqual((listed["amount_total"], listed["period_to"]), (invoice.amount_total, "2026-01-31"))
        shown = self._read(f"invoices/{invoice.id}")
        self.assertEqual(sum(line["amount_untaxed"] for line in shown["lines"]), invoice.amount_untaxed)
        self.assertTrue(shown["lines"][0]["explanation"])
        document = {"filename": "INV.pdf", "content": b"%PDF-1.7"}
        with patch.object(self.registry["account.move"], "_get_invoice_legal_documents", return_value=document):
            response = self._call(f"invoices/{invoice.id}/pdf")
        self.assertEqual((response.content, response.headers["Content-Type"]), (b"%PDF-1.7", "application/pdf"))

    def test_draft_invoices_and_reports_are_not_shown(self):
        draft = self._root("account.move").create(
            {"move_type": "out_invoice", "partner_id": self.customer.id, "kor_contract_id": self.own["contract"].id}
        )
        report = self._make_report(self.own["contract"], month="2026-02-01", state="draft")
        self.env.flush_all()
        self._assert_refused(self._call(f"invoices/{draft.id}"), 404)
        self._assert_refused(self._call(f"sla-reports/{report.id}"), 404)
        self.assertEqual(len(self._read("sla-reports")["data"]), 1)

    def test_pages_show_everything_once(self):
        tickets = self.own["ticket"] | self._root("project.task").create(
            [{"kor_contract_id": self.own["contract"].id, "name": f"Ticket {number}"} for number in range(4)]
        )
        self.env.flush_all()
        seen, cursor, pages = [], "", 0
        while pages < 9:
            page = self._read(f"tickets?limit=2&cursor={cursor}")
            seen += [ticket["id"] for ticket in page["data"]]
            cursor, pages = page["next"], pages + 1
            if not cursor:
                break
        self.assertEqual((seen, pages), (sorted(tickets.ids, reverse=True), 3))

    def test_usage_that_a_key_reports_it_can_read_by_day(self):
        answer = self._call("usage", body=[self._event(), self._event("2", time="2026-03-11T12:00:00Z")])
        self.assertEqual((answer.status_code, answer.json()["accepted"]), (202, 2), answer.text)
        reading = {"contract": self.own["contract"].name, "metric": self.calls.code,
                   "hour": "2026-03-12T12:00:00Z", "quantity": 5, "revision": 1}  # fmt: skip
        self.assertEqual(self._call("usage/readings", body=reading).status_code, 202)
        data = self._read(f"usage?from=2026-03-01&to=2026-03-31&metric={self.calls.code}")["data"]
        self.assertEqual(
            [(row["day"], row["quantity"]) for row in data], [("2026-03-10", 7), ("2026-03-11", 7), ("2026-03-12", 5)]
        )
        self.assertEqual(self._read("usage?from=2026-03-01&to=2026-03-31", key=self.other["key"])["data"], [])

    def test_tickets_are_opened_and_shown(self):
        response = self._call("tickets", body={"name": "Slow", "description": "Since <8>", "priority": "high"})
        self.assertEqual(response.status_code, 201, response.text)
        ticket = self._root("project.task").browse(response.json()["id"])
        self.assertEqual((ticket.kor_contract_id, ticket.ticket_channel), (self.own["contract"], "api"))
        shown = self._read(f"tickets/{ticket.id}")
        self.assertEqual((shown["name"], shown["description"], shown["priority"]), ("Slow", "Since <8>", 2))
        self.assertIn(ticket.id, [one["id"] for one in self._read("tickets?state=new")["data"]])

    def test_ticket_in_the_name_of_nobody_named_is_refused(self):
        contract = self._root("kor.contract").browse(self.own["contract"].id)
        named = self._root("res.partner").create({"name": "Ada", "parent_id": self.customer.id, "email": "a@a.example"})
        contract.write({"named_contacts_only": True, "support_contact_ids": [(6, 0, named.ids)]})
        self.env.flush_all()
        self._assert_refused(self._call("tickets", body={"name": "x"}), 422, "named contacts only")
        self.assertEqual(self._call("tickets", body={"name": "x", "requester": "a@a.example"}).status_code, 201)

    def test_reports_with_their_figures(self):
        report = self.own["report"]
        self.assertEqual([one["id"] for one in self._read("sla-reports")["data"]], report.ids)
        self.assertEqual(self._read(f"sla-reports/{report.id}")["figures"], {"uptime": 99.9})

    def test_nothing_of_others_is_found_whatever_id_is_asked_for(self):
        # Also the other contract of the same customer: a key is of one contract.
        for side in (self.other, self.neighbour):
            for path in (
                f"contracts/{side['contract'].id}",
                f"contracts/{side['contract'].id}/entitlements",
                f"invoices/{side['invoice'].id}",
                f"invoices/{side['invoice'].id}/pdf",
                f"tickets/{side['ticket'].id}",
                f"sla-reports/{side['report'].id}",
            ):
                with self.subTest(path):
                    theirs = self._call(path)
                    self._assert_refused(theirs, 404)
                    kind = path.split("/")[0]
                    missing = self._call(path.replace(str(side[kind.removesuffix("s").removeprefix("sla-")].id), "0"))
                    self.assertEqual(theirs.json(), missing.json(), "and nothing tells that it exists")
        for path in ("invoices", "tickets", "sla-reports"):
            ids = [one["id"] for one in self._read(path)["data"]]
            kind = path.removesuffix("s").removeprefix("sla-")
            self.assertEqual(ids, self.own[kind].ids, path)
        for id_ in ("0", "99999999999999999999", "2147483648"):
            with self.subTest(id_):
                self._assert_refused(self._call(f"invoices/{id_}"), 404)

    def test_usage_of_others_is_not_written(self):
        for side in (self.other, self.neighbour):
            for name in (side["contract"].name, side["contract"].id):
                with self.subTest(name):
                    response = self._call("usage", body=self._event(contract=name))
                    self.assertEqual(response.status_code, 400)
                    self.assertIn("unknown", response.json()["rejected"][0]["reason"])
        self.assertFalse(self._root("kor.usage.rollup").search([("contract_id", "=", self.other["contract"].id)]))

    def test_requester_of_another_customer_is_refused(self):
        for requester in (self.other_customer.id, self.other_customer.email, [1], True, {"id": 1}):
            with self.subTest(requester):
                response = self._call("tickets", body={"name": "x", "requester": requester})
                self._assert_refused(response, 422, "no contact of")

    def test_each_call_needs_its_scope(self):
        own = self.own
        calls = {
            "read:contracts": ("contracts", f"contracts/{own['contract'].id}"),
            "read:invoices": ("invoices", f"invoices/{own['invoice'].id}"),
            "read:usage": ("usage",),
            "read:tickets": ("tickets", f"tickets/{own['ticket'].id}"),
            "read:sla": ("sla-reports", f"sla-reports/{own['report'].id}"),
        }
        posts = {
            "write:tickets": ("tickets", {"name": "x"}),
            "write:usage": ("usage", self._event()),
        }
        _key, plain = self._issue("write:tickets", "read:usage")
        for scope, paths in calls.items():
            for path in paths:
                with self.subTest(path):
                    response = self._call(path, key=plain)
                    if scope == "read:usage":
                        self.assertEqual(response.status_code, 200)
                    else:
                        self._assert_refused(response, 403, f"“{scope}”")
                        self.assertIn("insufficient_scope", response.headers["WWW-Authenticate"])
        for scope, (path, body) in posts.items():
            with self.subTest(scope):
                response = self._call(path, key=plain, body=body)
                self.assertEqual(response.status_code, 201 if scope == "write:tickets" else 403)
        self._assert_refused(self._call("usage/readings", key=plain, body={}), 403, "write:usage")

    def test_keys_that_open_nothing(self):
        revoked_key, revoked = self._issue()
        self.assertEqual(self._call("key", key=revoked).status_code, 200)
        revoked_key.revoke()
        rotated_key, rotated = self._issue()
        expired_key, expired = self._issue()
        rotated_key.rotate()
        (rotated_key | expired_key).write({"date_expires": "2026-01-01 00:00:00"})
        user_key = make_key(new_test_user(self.env(user=SUPERUSER_ID), "rest_reader", "base.group_user"))
        self.env.flush_all()
        for label, plain, part in (
            ("revoked, sent again", revoked, "was revoked"),
            ("expired", expired, "has expired"),
            ("rotated, after the overlap", rotated, "has expired"),
            ("changed by a letter", self.own["key"][:-1] + "!", "is unknown"),
            ("cut", self.own["key"][:20], "is unknown"),
            ("none", "", "is unknown"),
            ("of a user", user_key, "is unknown"),
            ("of a monitor", "korm_" + "A" * 43, "is unknown"),
            ("its hash", revoked_key.key_hash, "is unknown"),
        ):
            for path, body in (("key", None), ("invoices", None), ("tickets", {"name": "x"})):
                with self.subTest(label, path=path):
                    response = self._call(path, key=plain, body=body)
                    self._assert_refused(response, 401, part)
                    self.assertIn("Bearer", response.headers["WWW-Authenticate"])
        self._assert_refused(self._call("usage", key=revoked, body=self._event()), 401, "was revoked")

    def test_key_comes_as_a_bearer_token_only(self):
        for scheme in ("Basic", "Token", ""):
            response = self._call("key", Authorization=f"{scheme} {self.own['key']}".strip())
            self._assert_refused(response, 401, "is unknown")
        self._assert_refused(self._call(f"key?key={self.own['key']}", key=""), 401, "is unknown")

    def test_session_of_a_user_opens_nothing(self):
        self.authenticate("admin", "admin")
        response = self.url_open("/kor/api/v1/invoices")
        self._assert_refused(response, 401, "is unknown")

    def test_key_opens_nothing_else(self):
        for path, data in (("/json/2/res.partner/search", "{}"), ("/my/invoices", None)):
            with self.subTest(path), mute_logger("odoo.http"):
                response = self.url_open(
                    path,
                    data=data,
                    headers={"Authorization": f"Bearer {self.own['key']}", "Content-Type": "application/json"},
                    allow_redirects=False,
                )
                self.assertIn(response.status_code, (303, 401, 403))

    def test_paused_integration_and_ended_contract_refuse_with_a_sentence(self):
        integration, contract = self.own["integration"], self._root("kor.contract").browse(self.own["contract"].id)
        for change, undo, part in (
            (
                lambda: integration.manage_integration("pause"),
                lambda: integration.manage_integration("resume"),
                "Paused",
            ),
            (lambda: contract._set_state("ended"), None, "neither active nor paused"),
        ):
            with self.subTest(part):
                change()
                self.env.flush_all()
                self._assert_refused(self._call("key"), 401, part)
                self._assert_refused(self._call("usage", body=self._event()), 401, part)
                if undo:
                    undo()
                    self.env.flush_all()
                    self.assertEqual(self._call("key").status_code, 200)

    def test_keys_of_users_report_usage_as_ever(self):
        reporter = new_test_user(
            self.env(user=SUPERUSER_ID), "rest_reporter", "kor_usage.group_kor_usage_reporter",
            company_id=self.company.id, company_ids=[(6, 0, self.company.ids)],
        )  # fmt: skip
        key = make_key(reporter)
        self.env.flush_all()
        self.assertEqual(self._call("usage", key=key, body=self._event()).json()["accepted"], 1)
        for label, bad in (("wrong", "0123456789abcdef"), ("none", "")):
            with self.subTest(label):
                self.assertEqual(self._call("usage", key=bad, body=self._event()).status_code, 401)

    def test_unusable_questions_get_a_sentence(self):
        for path, part in (
            ("invoices?limit=0", "from 1 to 200"),
            ("invoices?limit=many", "from 1 to 200"),
            ("invoices?limit=²", "from 1 to 200"),
            ("invoices?limit=-5", "from 1 to 200"),
            ("invoices?cursor=7", "none of ours"),
            ("invoices?cursor=YmVmb3JlOi0x", "none of ours"),
            ("invoices?cursor=é", "none of ours"),
            ("invoices?page=2", "no “page” here"),
            (f"invoices/{self.own['invoice'].id}?contract_id=1", "no “contract_id” here"),
            ("usage?from=yesterday", "YYYY-MM-DD"),
            ("usage?from=2026-03-02&to=2026-03-01", "exchange them"),
            ("usage?from=2020-01-01&to=2026-03-01", "366 days"),
            ("usage?metric=moons", "no metric “moons”"),
            ("tickets?state=lost", "use one of: new"),
        ):
            with self.subTest(path):
                self._assert_refused(self._call(path), 422, part)

    def test_unusable_tickets_get_a_sentence_and_leave_nothing(self):
        before = self._root("project.task").search_count([])
        for body, status, part in (
            (b" ", 422, "no JSON"),
            (b"{", 422, "no JSON"),
            (b"[" * 100_000, 422, "no JSON"),
            ([], 422, "given by its name"),
            ({}, 422, "its “name” is empty"),
            ({"name": 5}, 422, "must be text"),
            ({"name": "x", "priority": 9}, 422, "A priority is"),
            ({"name": "x", "channel": "phone"}, 422, "no “channel”"),
            ({"name": "x", "kor_contract_id": self.other["contract"].id}, 422, "has no “kor_contract_id”"),
            (b'"' + b"x" * 1024 * 1024 + b'"', 413, "at most 1 MB"),
        ):
            with self.subTest(part=part):
                self._assert_refused(self._call("tickets", body=body), status, part)
        self.assertEqual(self._root("project.task").search_count([]), before)

    def test_limit_holds_for_calls_that_fail_too(self):
        self.own["integration"].rate_limit = 4
        self.env.flush_all()
        left = []
        for path in ("key", "invoices/0", "invoices?limit=0", "usage"):
            response = self._call(path)
            self.assertEqual(response.headers["RateLimit-Limit"], "4")
            left.append(response.headers["RateLimit-Remaining"])
        self.assertEqual(left, ["3", "2", "1", "0"])
        for path, body in (("key", None), ("usage", self._event())):
            refused = self._call(path, body=body)
            self._assert_refused(refused, 429, "more than 4 calls in a minute")
            self.assertTrue(1 <= int(refused.headers["Retry-After"]) <= 60)
            self.assertEqual(refused.headers["RateLimit-Remaining"], "0")
        self.assertEqual(self._call("key", key=self.neighbour["key"]).status_code, 200, "others are not held up")
        self.env.cr.execute("UPDATE kor_integration_window SET date_start = date_start - interval '1 minute'")
        self.assertEqual(self._call("key").status_code, 200)

    def test_calls_count_for_health_and_fill_no_log(self):
        integration = self.own["integration"]
        lines = self._root("kor.integration.log").search_count([("integration_id", "=", integration.id)])
        for path in ("key", "invoices", "invoices/0", "invoices?limit=0", "key"):
            self._call(path)
        self.env.invalidate_all()
        tally = self._root("kor.integration.tally").search([("integration_id", "=", integration.id)])
        # The first one was counted at once, the others wait; to find nothing says nothing about the connection.
        self.assertEqual((integration.health, integration.day_ids.successes), ("healthy", 1))
        self.assertEqual((tally.successes, tally.failures), (2, 1))
        self._root("kor.integration.tally")._cron_flush()
        self.env.invalidate_all()
        self.assertEqual((integration.day_ids.successes, integration.day_ids.failures), (3, 1))
        self.assertIn("“limit” must be a number", integration.last_error)
        self.assertEqual((tally.successes, tally.failures), (0, 0))
        self.assertEqual(
            self._root("kor.integration.log").search_count([("integration_id", "=", integration.id)]), lines
        )

    def test_refusals_are_logged_at_most_once_a_minute(self):
        integration = self.own["integration"]
        _key, plain = self._issue("read:usage")

        def count():
            return self._root("kor.integration.log").search_count(
                [("integration_id", "=", integration.id), ("level", "=", "warning")]
            )

        for _time in range(3):
            self._call("invoices", key=plain)
        self.assertEqual(count(), 1)
        self.env.cr.execute("UPDATE kor_integration_tally SET date_refused = date_refused - interval '1 minute'")
        self._call("invoices", key=plain)
        self.assertEqual(count(), 2)

    def test_calls_that_all_fail_make_a_failing_integration(self):
        integration = self.own["integration"]
        self._call("key")
        for _time in range(6):
            self._call("invoices?limit=0")
        self._root("kor.integration.tally")._cron_flush()
        self.env.invalidate_all()
        self.assertEqual(integration.state, "failing")
        self._call("key")
        self._root("kor.integration.tally")._cron_flush()
        self.env.invalidate_all()
        self.assertEqual(integration.state, "active")

    def test_what_goes_wrong_here_is_said_without_details(self):
        def fail(*_arguments, **_named):
            raise ZeroDivisionError("secret detail")

        with (
            patch.object(self.registry["kor.integration.rest"], "_describe_key", fail),
            self.assertLogs("odoo.addons.kor_integrations", "ERROR"),
        ):
            self._assert_refused(self._call("key"), 500, "Something went wrong here")
        self.assertEqual(self._call("key").status_code, 200)
