import base64

from odoo.tests import HttpCase, freeze_time, tagged

from .common import NOON, OnboardingCase

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@tagged("post_install", "-at_install")
class TestOnboardingPortal(OnboardingCase, HttpCase):
    """The customer sees the own plan in own words, and does the own tasks: nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = cls._create_portal_user(cls.customer, "onb_harbour")
        cls.stranger = cls._create_portal_user(cls._create_customer("Fjord"), "onb_fjord")
        with freeze_time(NOON):
            cls.template_tasks["login"].write({"kor_observation": False, "kor_customer_note": "Open the invitation."})
            cls.template_tasks["account"].description = "<p>Margin is thin here</p>"
            cls.onboarding = cls._onboard()
            cls.onboarding.write({"note": "<p>Difficult people</p>"})
            cls.onboarding.block_step("training", "Our trainer has left")
            cls._task(cls.onboarding, "account").write({"state": "1_done"})

    def _log_in(self, user):
        self.authenticate(user.login, f"{user.login}-{user.login}")

    def _get_page(self, onboarding=None):
        return self.url_open(f"/my/onboarding/{(onboarding or self.onboarding).id}", allow_redirects=False)

    def _post(self, path, **values):
        page = self.url_open("/my")
        token = page.text.split('csrf_token: "')[1].split('"')[0]
        files = values.pop("files", None)
        url = f"/my/onboarding/{self.onboarding.id}/{path}"
        return self.url_open(url, data={"csrf_token": token, **values}, files=files, allow_redirects=False)

    def _sign_step(self, step, **values):
        arguments = {"name": "Ada Lovelace", "signature": PIXEL, **values}
        return self.make_jsonrpc_request(f"/my/onboarding/{self.onboarding.id}/steps/{step.id}/sign", arguments)

    def _assert_sent_home(self, response):
        self.assertEqual(response.status_code, 303)
        self.assertTrue(response.headers["Location"].endswith("/my"), response.headers["Location"])

    def test_page_shows_the_plan_in_the_customers_words(self):
        self._log_in(self.user)
        response = self._get_page()
        self.assertEqual(response.status_code, 200)
        for part in (
            "Account setup",
            "Initial configuration",
            "Training",
            "Go-live support",
            "login",
            "Open the invitation.",
        ):
            with self.subTest(part):
                self.assertIn(part, response.text)

    def test_page_keeps_what_is_between_colleagues(self):
        self._log_in(self.user)
        text = self._get_page().text
        hidden = (
            "Margin is thin", "Difficult people", "trainer has left", "Blocked", "kickoff", "workshop", "webinar",
            "At risk", "Slack",
        )  # fmt: skip
        for part in hidden:
            with self.subTest(part):
                self.assertNotIn(part, text)

    def test_list_counter_and_single_one(self):
        self._log_in(self.user)
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["kor_onboarding_count"]})
        self.assertEqual(counters["kor_onboarding_count"], 1)
        response = self.url_open("/my/onboarding", allow_redirects=False)
        self.assertTrue(response.headers["Location"].endswith(f"/my/onboarding/{self.onboarding.id}"))
        self._log_in(self.stranger)
        self.assertIn("Nothing is being set up for you", self.url_open("/my/onboarding").text)

    def test_stranger_sees_and_does_nothing(self):
        task, step = self._task(self.onboarding, "login"), self._step(self.onboarding, "configuration")
        self.onboarding.complete_step("configuration")
        self._log_in(self.stranger)
        self._assert_sent_home(self._get_page())
        self._assert_sent_home(self._post(f"tasks/{task.id}/done"))
        self._assert_sent_home(self._post(f"tasks/{task.id}/files", files={"files": ("a.txt", b"a")}))
        self.assertIn("not yours", self._sign_step(step)["error"])
        self.assertFalse(task.kor_date_done or task.kor_file_ids or step.signed_by)
        self.assertEqual(self.url_open(f"/my/onboarding/{self.onboarding.id}").url.rsplit("/", 1)[-1], "my")

    def test_customer_ticks_off_the_own_task_and_none_of_ours(self):
        ours, own = self._task(self.onboarding, "webinar"), self._task(self.onboarding, "login")
        self._log_in(self.user)
        self._post(f"tasks/{ours.id}/done")
        self.assertIn("This task is not among yours", self._get_page().text)
        self.assertFalse(ours.kor_date_done)
        self._post(f"tasks/{own.id}/done", note="All five of us are in")
        self.assertTrue(own.kor_date_done)
        self.assertEqual(own.kor_evidence, f"Said by {self.user.name} in the portal")
        message = self.onboarding.message_ids[:1]
        self.assertEqual(message.author_id, self.user.partner_id)
        messages = len(self.onboarding.message_ids)
        self._post(f"tasks/{own.id}/done")
        self.assertEqual(len(self.onboarding.message_ids), messages, "a second click says nothing new")

    def test_customer_uploads_files_to_the_own_task(self):
        ours, own = self._task(self.onboarding, "webinar"), self._task(self.onboarding, "login")
        self._log_in(self.user)
        self._post(f"tasks/{own.id}/files", files={"files": ("users.csv", b"name;role")})
        self.assertEqual(own.kor_file_ids.mapped("name"), ["users.csv"])
        self.assertEqual(own.kor_file_ids.raw, b"name;role")
        self.assertEqual(own.kor_file_ids.res_model, "kor.onboarding")
        self.assertIn("users.csv", self._get_page().text)
        self._post(f"tasks/{own.id}/files", files={"files": ("empty.csv", b"")})
        self.assertIn("Choose a file that is not empty", self._get_page().text)
        self._post(f"tasks/{ours.id}/files", files={"files": ("a.txt", b"a")})
        self.assertFalse(ours.kor_file_ids)
        many = [("files", (f"{number}.txt", b"a")) for number in range(11)]
        self._post(f"tasks/{own.id}/files", files=many)
        self.assertIn("at most 10 files", self._get_page().text)

    def test_customer_signs_a_finished_step_off_once(self):
        step = self._step(self.onboarding, "configuration")
        self._log_in(self.user)
        self.assertIn("when its tasks are done", self._sign_step(step)["error"])
        self.onboarding.complete_step("configuration")
        for values in ({"name": " "}, {"signature": ""}, {"name": ["x"]}):
            self.assertIn("Enter your name", self._sign_step(step, **values)["error"])
        for signature in ("%%%", "aGVsbG8=", "A" * 7):
            self.assertIn("cannot be read", self._sign_step(step, signature=signature)["error"])
        self.assertIn("kor_step_sign", self._get_page().text)
        self.assertTrue(self._sign_step(step)["force_refresh"])
        self.assertEqual((step.status, step.signed_by, step.signed_how), ("done", "Ada Lovelace", "portal"))
        self.assertTrue(base64.b64decode(step.signature))
        self.assertIn("only once", self._sign_step(step)["error"])
        self.assertIn("Signed off by Ada Lovelace", " ".join(self._get_page().text.split()))

    def test_step_of_another_onboarding_is_not_signed(self):
        other = self._onboard(partner_id=self.stranger.partner_id.commercial_partner_id.id)
        other.complete_step("configuration")
        self._log_in(self.user)
        self.assertIn("not part of your plan", self._sign_step(self._step(other, "configuration"))["error"])

    def test_customer_writes_a_message_and_reads_no_note(self):
        self.onboarding.message_post(body="Between us", subtype_xmlid="mail.mt_note")
        self._log_in(self.user)
        params = {
            "thread_model": "kor.onboarding",
            "thread_id": self.onboarding.id,
            "post_data": {"body": "When do we begin?", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"},
        }
        self.make_jsonrpc_request("/mail/message/post", params)
        self.assertIn("When do we begin?", self.onboarding.message_ids[:1].body)
        found = self.make_jsonrpc_request(
            "/mail/chatter_fetch", {"thread_model": "kor.onboarding", "thread_id": self.onboarding.id}
        )
        self.assertIn("When do we begin?", str(found))
        self.assertNotIn("Between us", str(found))

    def test_native_project_pages_show_nothing_of_it(self):
        task = self._task(self.onboarding, "login")
        self.onboarding.project_id.message_subscribe(partner_ids=self.user.partner_id.ids)
        self._log_in(self.user)
        for url in (f"/my/tasks/{task.id}", f"/my/projects/{self.onboarding.project_id.id}"):
            with self.subTest(url):
                self.assertNotIn("webinar", self.url_open(url).text)
        self.assertNotIn("login", self.url_open("/my/tasks").text.split("<main", 1)[-1])

    def test_staff_look_and_do_not_act(self):
        self.manager.password = "onb_manager-onb_manager"
        self._log_in(self.manager)
        page = self._get_page()
        self.assertIn("This is what the customer sees", page.text)
        self.assertNotIn("kor_task_done", page.text)
        self._assert_sent_home(self._post(f"tasks/{self._task(self.onboarding, 'login').id}/done"))

    def test_stopped_onboarding_takes_nothing_more(self):
        own = self._task(self.onboarding, "login")
        self.onboarding.stop("Merged")
        self._log_in(self.user)
        self.assertIn("This onboarding was stopped", self._get_page().text)
        self._post(f"tasks/{own.id}/done")
        self.assertFalse(own.kor_date_done)
