from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

SURVEY = "kor_account_management.survey_satisfaction"
# Nobody is asked twice in so many days; before a renewal, so many days ahead of the notice.
PAUSE_DAYS = 90
BEFORE_NOTICE_DAYS = 75
ANSWERS = 5


class KorAccount(models.Model):
    """Ask customers how content they are, and find their answers."""

    _inherit = "kor.account"

    date_survey = fields.Date(string="Asked on", readonly=True, help="When the survey was last sent.")
    answers_html = fields.Html(string="Answers", compute="_compute_answers_html", sanitize=False)

    @api.model
    def _get_satisfaction_surveys(self):
        result = super()._get_satisfaction_surveys()
        return result | (self._get_survey() or result)

    @api.model
    def _get_survey(self):
        survey = self.env.ref(SURVEY, raise_if_not_found=False)
        survey_sudo = survey and survey.sudo()  # account managers send this survey, but do not make surveys
        return survey_sudo if survey_sudo and survey_sudo.active else None

    def action_send_survey(self):
        """Ask the customers how content they are, by a mail with a link of their own.

        :return: True
        """
        self.check_access("write")
        if not self._get_survey():
            raise UserError(self.env._("The satisfaction survey is archived. Bring it back under Surveys first."))
        for account in self:
            if not account._get_survey_receiver():
                raise UserError(
                    self.env._(
                        "%(customer)s has no e-mail address, and no contact that has one. Add one first.",
                        customer=account.partner_id.name,
                    )
                )
        self.sudo()._send_survey()  # account managers send this survey, but do not make surveys
        return True

    def _get_survey_receiver(self):
        """Return who is asked: the first contact with an address, else the customer itself."""
        self.ensure_one()
        people = self.partner_id.child_ids.filtered(lambda one: one.type == "contact" and one.email)
        return people[:1] or self.partner_id.filtered("email")

    def _send_survey(self):
        survey = self._get_survey()
        template = self.env.ref("survey.mail_template_user_input_invite", raise_if_not_found=False)
        if not survey or not template:
            return
        inputs_sudo = survey.env["survey.user_input"]
        asked = self.browse()
        for account in self:
            receiver = account._get_survey_receiver()
            if receiver:
                asked += account
                inputs_sudo += survey._create_answer(partner=receiver, check_attempts=False)
        if inputs_sudo:
            template_sudo = template.with_env(survey.env)  # in sudo, as the answers that it is about
            template_sudo.send_mail_batch(inputs_sudo.ids, email_layout_xmlid="mail.mail_notification_light")
        asked.sudo().date_survey = fields.Date.today()  # written by this method only
        asked._message_log_batch({one.id: self.env._("The satisfaction survey was sent.") for one in asked})

    def _send_due_surveys(self):
        """Ask before a renewal and after an onboarding; not those who were asked lately."""
        self.env.flush_all()
        today = fields.Date.today()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT a.id FROM kor_account a JOIN (%s) m ON m.account_id = a.id
                 WHERE a.id = ANY(%s) AND a.active AND (a.date_survey IS NULL OR a.date_survey <= %s)
                   AND (a.date_survey IS NULL OR a.date_survey < m.since) ORDER BY a.id
                """,
                SQL(" UNION ALL ").join(self._select_survey_moments(today)),
                self.ids,
                today - timedelta(days=PAUSE_DAYS),
            )
        )
        self.browse([id_ for (id_,) in rows])._send_survey()

    def _select_survey_moments(self, today):
        """Return the queries of accounts that are to be asked, and since when. Extensible."""
        return [
            SQL(
                """
                SELECT r.account_id, r.date_notice - %(days)s AS since FROM kor_renewal r
                 WHERE r.state = 'open' AND r.date_notice BETWEEN %(today)s AND %(today)s + %(days)s
                """,
                today=today,
                days=BEFORE_NOTICE_DAYS,
            ),
            SQL(
                """
                SELECT a.id, n.date_done FROM kor_account a
                  JOIN res_partner p ON p.commercial_partner_id = a.partner_id
                  JOIN kor_contract c ON c.partner_id = p.id AND c.company_id = a.company_id
                  JOIN kor_onboarding n ON n.contract_id = c.id AND n.state = 'done' AND n.date_done >= %s
                """,
                today - timedelta(days=PAUSE_DAYS),
            ),
        ]

    def _compute_answers_html(self):
        """Show the latest answers of the customer's people, and how tickets were rated."""
        surveys = self._get_satisfaction_surveys()
        inputs_sudo = self.env["survey.user_input"].sudo()  # answers of those customers whose account may be read
        own = ("partner_id.commercial_partner_id", "in", self.partner_id.ids)
        inputs_sudo = inputs_sudo.search(
            [("survey_id", "in", surveys.ids), ("state", "=", "done"), ("test_entry", "=", False), own],
            order="end_datetime desc, id desc",
        )
        ratings_sudo = self.env["rating.rating"].sudo()  # as above
        ratings_sudo = ratings_sudo.search(
            [("res_model", "=", "project.task"), ("consumed", "=", True), ("rating", ">=", 1), own],
            order="rated_on desc, id desc",
        )
        by_input = inputs_sudo.grouped(lambda one: one.partner_id.commercial_partner_id)
        by_rating = ratings_sudo.grouped(lambda one: one.partner_id.commercial_partner_id)
        for account in self:
            values = {
                "answers": by_input.get(account.partner_id, inputs_sudo.browse())[:ANSWERS],
                "ratings": by_rating.get(account.partner_id, ratings_sudo.browse())[:ANSWERS],
                "asked": account.date_survey,
            }
            account.answers_html = self.env["ir.qweb"]._render("kor_account_management.account_answers", values)
