from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..groups import MANAGERS

# Later than this after it was noted, history is this system's own.
IMPORT_TIME = timedelta(days=1)


class KorLeadHistoryMixin(models.AbstractModel):
    """Date the way of an opportunity that comes from another system, as that system knew it."""

    _name = "kor.lead.history.mixin"
    _description = "History of an Imported Opportunity"

    def import_stage_dates(self, entered, closed=""):
        """Say when an opportunity that was just brought in entered the stages that it was moved through.

        :param entered: a moment for each stay in a stage, in their order, as YYYY-MM-DD or YYYY-MM-DD HH:MM:SS in UTC
        :param closed: the moment at which it was lost
        :return: True
        """
        self.ensure_one()
        self.check_access("write")
        if not self.env.user.has_group(MANAGERS):
            raise AccessError(self.env._("Only managers of the pipeline import its history."))
        visits = self.env["kor.stage.visit"].search([("lead_id", "=", self.id)], order="id")
        moments = self._kor_read_moments(entered, closed, visits)
        visits.sudo()._date_as_imported(moments)  # facts, which nobody writes by hand; the right is checked
        if self.won_status != "pending":
            self.date_closed = moments[-1] if self.won_status == "lost" else moments[len(visits) - 1]
        self._message_log(body=self.env._("The dates of its stages were imported."))
        return True

    def _kor_read_moments(self, entered, closed, visits):
        """Return the moments of all stays and of the end of the last one, checked."""
        if not isinstance(entered, list | tuple) or len(entered) != len(visits):
            raise UserError(
                self.env._(
                    "“%(lead)s” has been in %(count)s stages: give a list of as many moments.",
                    lead=self.name,
                    count=len(visits),
                )
            )
        if any(visit.is_imported or visit.create_date < fields.Datetime.now() - IMPORT_TIME for visit in visits):
            raise UserError(
                self.env._("“%(lead)s” has a history of its own here, which stays as it was noted.", lead=self.name)
            )
        is_over = bool(visits[-1:].date_left)
        moments = [self._kor_read_moment(value) for value in [*entered, *([closed] if is_over else [])]]
        if moments != sorted(moments) or (moments and moments[-1] > fields.Datetime.now()):
            raise UserError(self.env._("Give the moments in their order, none of them to come."))
        return moments

    def _kor_read_moment(self, value):
        try:
            moment = isinstance(value, str) and fields.Datetime.to_datetime(value)
        except ValueError:
            moment = None
        if not moment:
            raise UserError(
                self.env._("“%(value)s” is no moment: write it as YYYY-MM-DD or YYYY-MM-DD HH:MM:SS.", value=value)
            )
        return moment
