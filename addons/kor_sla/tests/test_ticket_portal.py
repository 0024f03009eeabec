import re

from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from .ticket_common import TicketCase, utc


@tagged("post_install", "-at_install")
class TestTicketPortal(TicketCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stranger = cls._create_customer("Stranger")
        new_test_user(cls.env, "test_stranger", "base.group_portal", partner_id=cls.stranger.id, email="x@s.example")
        cls._create_supported(cls.stranger)

    def _post(self, path, data=None, files=None):
        page = self.url_open("/my/tickets/new").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
        return self.url_open(path, data={"csrf_token": token, **(data or {})}, files=files)

    def test_customer_opens_a_ticket_with_files_and_reads_what_is_promised(self):
        self.authenticate("test_ada", "test_ada")
        response = self._post(
            "/my/tickets/new",
            {"name": "Cannot <b>log</b> in", "description": "Since 8", "priority": "3"},
            [("attachments", ("log.txt", b"line", "text/plain")), ("attachments", ("b.txt", b"x", "text/plain"))],
        )
        ticket = self.env["project.task"].search([("name", "=", "Cannot <b>log</b> in")])
        self.assertRecordValues(
            ticket,
            [
                {
                    "partner_id": self.ada.id,
                    "kor_contract_id": self.contract.id,
                    "ticket_channel": "portal",
                    "ticket_priority": "3",
                }
            ],
        )
        self.assertEqual(sorted(ticket.attachment_ids.mapped("name")), ["b.txt", "log.txt"])
        self.assertTrue(response.url.endswith(f"/my/tickets/{ticket.id}"))
        for text in (ticket.ticket_number, "Cannot &lt;b&gt;log", "First response", "30 min", "log.txt", "Since 8"):
            self.assertIn(text, response.text)

    def test_bad_form_says_what_is_wrong_and_keeps_what_was_written(self):
        self.authenticate("test_ada", "test_ada")
        before = self.env["project.task"].search_count([])
        other = self.env["kor.contract"].search([("partner_id", "=", self.stranger.id)])
        for data, sentence in (
            ({"name": "  ", "description": "Keep me"}, "Say in a few words"),
            ({"name": "x", "priority": "9", "description": "Keep me"}, "A priority is 0 to 3"),
            ({"name": "x", "contract": str(other.id), "description": "Keep me"}, "Choose one of your contracts"),
        ):
            with self.subTest(data=data):
                page = self._post("/my/tickets/new", data).text
                self.assertIn(sentence, page)
                self.assertIn("Keep me", page)
        self.assertEqual(self.env["project.task"].search_count([]), before)

    def test_named_contacts_only_is_said_on_the_form(self):
        self.contract.write({"named_contacts_only": True, "support_contact_ids": [(6, 0, self.ben.ids)]})
        self.authenticate("test_ada", "test_ada")
        self.assertIn("Ada is none of them", self._post("/my/tickets/new", {"name": "x"}).text)

    def test_another_customers_ticket_is_not_shown_and_not_moved(self):
        ticket = self._open()
        self.authenticate("test_stranger", "test_stranger")
        self.assertNotIn(ticket.ticket_number, self.url_open("/my/tickets?filterby=all").text)
        for path in (f"/my/tickets/{ticket.id}", f"/my/tasks/{ticket.id}", f"/my/tickets/{ticket.id}?access_token=x"):
            with self.subTest(path=path):
                self.assertNotIn(ticket.name, self.url_open(path).text)
        self._post(f"/my/tickets/{ticket.id}/resolve")
        self._post(f"/my/tickets/{ticket.id}/reopen")
        self.assertEqual(self._get_kinds(ticket), ["opened"])

    def test_customer_resolves_and_opens_again(self):
        ticket = self._open()
        self.authenticate("test_ada", "test_ada")
        page = self._post(f"/my/tickets/{ticket.id}/resolve").text
        self.assertIn("Open it again", page)
        self.assertEqual(ticket.ticket_state, "resolved")
        page = self._post(f"/my/tickets/{ticket.id}/reopen").text
        self.assertIn("It is solved", page)
        self.assertEqual(self._get_kinds(ticket), ["opened", "resolved", "reopened"])
        self.assertEqual(ticket.sla_event_ids[-1].user_id, self.portal_user)
        # What cannot be done is said, not done.
        self.assertIn("only a resolved one", self._post(f"/my/tickets/{ticket.id}/reopen").text)

    def test_page_shows_nothing_that_its_address_says(self):
        ticket = self._open()
        self.authenticate("test_ada", "test_ada")
        said = "name=Call+0900&description=Call+0900&problem=Call+0900&message=Call+0900"
        for path, own in ((f"/my/tickets/{ticket.id}", ticket.ticket_number), ("/my/tickets/new", "csrf_token")):
            with self.subTest(path=path):
                page = self.url_open(f"{path}?{said}").text
                self.assertIn(own, page)
                self.assertNotIn("Call 0900", page)

    def test_links_of_others_do_nothing(self):
        ticket = self._open()
        self.authenticate("test_ada", "test_ada")
        self.url_open(f"/my/tickets/{ticket.id}/resolve", data={"csrf_token": "forged"})
        self.assertEqual(self._get_kinds(ticket), ["opened"])

    def test_list_filters_and_finds(self):
        ticket, done = self._open(name="Printer"), self._open(name="Scanner")
        self._at("10:00:00", done, "resolve_ticket")
        self.authenticate("test_ada", "test_ada")
        table = [
            ("", True, False),
            ("?filterby=resolved", False, True),
            ("?filterby=all", True, True),
            ("?filterby=waiting", False, False),
            ("?filterby=all&search=scan", False, True),
            (f"?filterby=all&search={ticket.ticket_number}", True, False),
            ("?filterby=nonsense&sortby=nonsense", True, False),
        ]
        for query, first, second in table:
            with self.subTest(query=query):
                page = self.url_open(f"/my/tickets{query}").text
                self.assertEqual(("Printer" in page, "Scanner" in page), (first, second))

    def test_message_by_the_customer_on_the_page_is_an_event(self):
        ticket = self._open()
        self._say("09:10:00", ticket, self.agent.partner_id)
        self.authenticate("test_ada", "test_ada")
        self.make_jsonrpc_request(
            "/mail/message/post",
            {
                "thread_model": "project.task",
                "thread_id": ticket.id,
                "post_data": {"body": "And now?", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"},
            },
        )
        self.assertEqual(self._get_kinds(ticket), ["opened", "answered", "replied"])
        self.assertEqual(ticket.message_ids[0].author_id, self.ada)

    def test_link_in_a_mail_shows_the_ticket_without_buttons(self):
        ticket = self._open()
        url = f"/my/tickets/{ticket.id}?access_token={ticket._portal_ensure_token()}"
        page = self.url_open(url).text
        self.assertIn(ticket.ticket_number, page)
        self.assertNotIn("It is solved", page)

    def test_home_counts_and_pages_without_a_contract(self):
        self.authenticate("test_ada", "test_ada")
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["kor_ticket_count"]})
        self.assertEqual(counters["kor_ticket_count"], 1)
        loner = self._create_customer("Loner")
        new_test_user(self.env, "test_loner", "base.group_portal", partner_id=loner.id, email="x@loner.example")
        self.authenticate("test_loner", "test_loner")
        self.assertIn("you have none at present", self.url_open("/my/tickets/new").text)
        self.assertIn("you have none at present", self.url_open("/my/tickets").text)

    def test_page_says_how_it_stands(self):
        with freeze_time(utc("09:00:00")):
            ticket = self._open()
        self._at("09:30:00", ticket, "pause_ticket", "customer")
        self.authenticate("test_ada", "test_ada")
        page = self.url_open(f"/my/tickets/{ticket.id}").text
        self.assertIn("It waits for you: Waiting for the customer", page)
        self.assertIn("1 h of support hours", page)
