from datetime import timedelta

from odoo.exceptions import UserError
from odoo.fields import Datetime
from odoo.tests import tagged

from .common import KOR, AccountCase


@tagged("post_install", "-at_install")
class TestSatisfaction(AccountCase):
    """Customers are asked once: after a ticket by a rating, before a renewal by a survey."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.survey = cls.env.ref(f"{KOR}.survey_satisfaction")

    def _mails(self):
        return self.env["mail.mail"].sudo().search([("recipient_ids", "in", self.customer.ids)])

    def _inputs(self):
        domain = [("survey_id", "=", self.survey.id), ("partner_id", "=", self.customer.id)]
        return self.env["survey.user_input"].sudo().search(domain)

    def _answer(self, *choices):
        """Answer the survey: 0 (not at all) to 4 (very much) for each of its questions in turn."""
        answer = self.survey.sudo()._create_answer(partner=self.customer, check_attempts=False)
        questions = self.survey.sudo().question_ids.filtered(lambda one: one.question_type == "simple_choice")
        for question, choice in zip(questions, choices, strict=True):
            answer._save_lines(question, question.suggested_answer_ids.sorted("sequence")[choice].id)
        answer.write({"state": "done", "end_datetime": Datetime.now()})
        return answer

    def test_resolved_ticket_is_asked_about_once(self):
        ticket = self._make_ticket(partner_id=self.customer.id)
        self.assertFalse(ticket.kor_date_rating_asked)
        ticket.state = "1_done"
        self.assertTrue(ticket.kor_date_rating_asked)
        requests = ticket.message_ids.filtered(lambda one: "/rate/" in (one.body or ""))
        self.assertEqual(len(requests), 1)
        ticket.state = "01_in_progress"
        ticket.state = "1_done"
        self.assertEqual(ticket.message_ids.filtered(lambda one: "/rate/" in (one.body or "")), requests)

    def test_task_that_is_no_ticket_is_not_asked_about(self):
        task = self.env["project.task"].sudo().create({"name": "Inner work", "partner_id": self.customer.id})
        task.state = "1_done"
        self.assertFalse(task.kor_date_rating_asked)

    def test_score_of_the_survey_is_the_mean_of_its_answers(self):
        # 100, 75, 50 and 25 of 100 each: 250 of 400.
        answer = self._answer(4, 3, 2, 1)
        self.assertEqual(answer.scoring_percentage, 62.5)
        reading, facts = self._read("satisfaction")
        self.assertEqual((float(reading), facts["answers"]), (62.5, 1))
        self.assertIn("62 %", self.account.answers_html)

    def test_survey_is_sent_by_hand_with_a_link_of_its_own(self):
        self.account.action_send_survey()
        self.assertEqual(len(self._inputs()), 1)
        self.assertEqual(self.account.date_survey, self.today)
        self.assertIn(self._inputs().access_token, self._mails().body_html)

    def test_customer_without_an_address_cannot_be_asked(self):
        self.customer.email = False
        with self.assertRaisesRegex(UserError, "has no e-mail address"):
            self.account.action_send_survey()

    def test_survey_goes_out_once_before_a_renewal(self):
        self._make_contract(term="custom", date_start=self.first_day, date_end=self.today + timedelta(days=90))
        for _day in range(2):
            self.env.flush_all()
            self.account._follow()
        self.assertEqual(len(self._inputs()), 1)

    def test_who_was_asked_lately_is_not_asked_before_a_renewal(self):
        self._make_contract(term="custom", date_start=self.first_day, date_end=self.today + timedelta(days=90))
        self.account.sudo().date_survey = self.today - timedelta(days=80)
        self.env.flush_all()
        self.account._follow()
        self.assertFalse(self._inputs())
