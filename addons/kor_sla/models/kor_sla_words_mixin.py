from odoo import api, models

from odoo.addons.kor_enterprise_tiers.tools import format_quantity, put_in_sentence

from ..tools import describe_minutes


class KorSlaWordsMixin(models.AbstractModel):
    """Say in words what is promised, as customers read it."""

    _name = "kor.sla.words.mixin"
    _description = "Service Level in Words"

    def _describe_uptime_target(self):
        if not self.uptime_target:
            return ""
        text = self.env._("%(percent)s %%", percent=format_quantity(self.env, self.uptime_target))
        if self.uptime_calendar_id:
            return self.env._("%(uptime)s in %(hours)s", uptime=text, hours=self.uptime_calendar_id.name)
        return text

    def _describe_times(self, name):
        """Return the times of one kind by priority, the most urgent one first.

        :param name: the target's field of minutes
        """
        labels = dict(self.target_ids._fields["priority"]._description_selection(self.env))
        parts = [
            self.env._(
                "%(priority)s: %(time)s",
                priority=labels[target.priority],
                time=describe_minutes(self.env, target[name])
                + (self.env._(" around the clock") if target.hours == "always" and self._has_support_hours() else ""),
            )
            for target in self.target_ids.sorted("priority", reverse=True)
            if target[name]
        ]
        return ", ".join(parts)

    def _has_support_hours(self):
        """Tell whether support hours are others than around the clock. Extensible."""
        return True

    def _describe_credits(self):
        """Return in one sentence which credits there are, empty where there are none."""
        if self.penalty_mode == "none":
            return ""
        parts = [band.display_name for band in self.band_ids.sorted("below", reverse=True) if band.credit]
        late = [
            (self.response_credit, self.env._("%(percent)s %% for each late first response")),
            (self.resolution_credit, self.env._("%(percent)s %% for each late resolution")),
        ]
        parts += [text % {"percent": format_quantity(self.env, credit)} for credit, text in late if credit]
        if not parts:
            return ""
        base = dict(self._fields["penalty_base"]._description_selection(self.env))[self.penalty_base]
        return self.env._(
            "%(credits)s; of %(base)s, at most %(cap)s %%",
            credits=", ".join(parts),
            base=put_in_sentence(self.env, base),
            cap=format_quantity(self.env, self.penalty_cap),
        )

    def _describe_maintenance(self):
        if not self.maintenance_minutes:
            return ""
        time = describe_minutes(self.env, self.maintenance_minutes)
        if not self.maintenance_notice_hours:
            return self.env._("up to %(time)s a month", time=time)
        return self.env._(
            "up to %(time)s a month, announced %(notice)s ahead",
            time=time,
            notice=describe_minutes(self.env, self.maintenance_notice_hours * 60),
        )

    @api.model
    def _get_times_labels(self):
        """Return the kinds of times with their labels, in the order in which they are shown."""
        labels = {
            "response_minutes": self.env._("First response"),
            "next_response_minutes": self.env._("Next response"),
            "resolution_minutes": self.env._("Resolution"),
        }
        return list(labels.items())

    def _get_service_facts(self):
        """Return pairs of label and text on what is promised; the text is empty where nothing is."""
        return [
            *((label, self._describe_times(name)) for name, label in self._get_times_labels()),
            (self.env._("Maintenance"), self._describe_maintenance()),
            (self.env._("Credits"), self._describe_credits()),
        ]

    def _get_terms_table(self):
        """Return what the terms promise as a table by priority, and pairs of label and text for the rest."""
        labels = dict(self.target_ids._fields["priority"]._description_selection(self.env))
        hours = dict(self.target_ids._fields["hours"]._description_selection(self.env))
        targets = self.target_ids.sorted("priority", reverse=True)
        kinds = self._get_times_labels()
        rest = self._get_service_facts()[len(kinds) :]
        facts = [(self.env._("Uptime"), self._describe_uptime_target()), *rest]
        rows = [
            {
                "label": labels[target.priority],
                "cells": [
                    *(describe_minutes(self.env, target[name]) if target[name] else "–" for name, _label in kinds),
                    hours[target.hours],
                ],
            }
            for target in targets
            if target.priority
        ]
        return {
            "head": [*(label for _name, label in kinds), self.env._("Counted in")],
            "rows": rows,
            "facts": [(label, text) for label, text in facts if text],
        }
