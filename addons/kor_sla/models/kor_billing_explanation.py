from odoo import models


class KorBillingExplanation(models.AbstractModel):
    _inherit = "kor.billing.explanation"

    def _get_explanation_rows(self):
        facts = self.explanation or {}
        if "service_credit" in facts:
            return self._explain_service_credit(facts)
        return super()._get_explanation_rows()

    def _explain_service_credit(self, facts):
        """Return the steps from fees and missed targets to the credit.

        :param facts: the settlement of the month as `service_credit`, the kind of the credit, and what was booked
        """
        settled, rows = facts["service_credit"], []
        for part in settled["parts"]:
            rows += [self._explain_credit_fee(fee) for fee in part["fees"]]
            if len(part["fees"]) != 1:
                rows.append(self._round_row(self.env._("Fees of the month"), "", part["base"], "subtotal"))
            rows += [self._explain_claim(claim) for claim in part["claims"]]
        rows += self._explain_credit_limits(settled)
        if facts.get("kind"):
            own = settled["kinds"].get(facts["kind"], 0.0)
            rows.append(self._round_row(self.env._("Credit"), self._name_credit_kind(facts["kind"]), own, "subtotal"))
        else:
            rows.append(self._round_row(self.env._("Credit"), "", settled["total"], "total"))
        adjustment = facts.get("adjustment") or {}
        if adjustment.get("amount"):
            rows.append(self._round_row(self.env._("Agreed beside it"), adjustment["reason"], adjustment["amount"]))
        if facts.get("gives_back"):
            back = facts["gives_back"]
            detail = self.env._("of “%(fee)s” on %(invoice)s", fee=back["fee"], invoice=back["invoice"])
            rows.append(self._round_row(self.env._("Given back"), detail, back["amount"], "total"))
        return rows

    def _explain_credit_fee(self, fee):
        detail = self.env._(
            "of %(billed)s for %(start)s to %(end)s",
            billed=self._format_amount(fee["billed"]),
            start=self._format_day(fee["date_from"]),
            end=self._format_day(fee["date_to"]),
        )
        if fee["invoice"]:
            detail = f"{detail}, {fee['invoice']}"
        return self._round_row(fee["name"], detail, fee["amount"])

    def _explain_claim(self, claim):
        percent = self._format_number(claim["percent"])
        if claim["kind"] == "uptime":
            label = self.env._("Uptime")
            detail = self.env._(
                "%(actual)s %% of the promised %(target)s %%: from %(start)s %% to below %(below)s %%, the credit is "
                "%(percent)s %%",
                actual=self._format_number(round(claim["actual"], 6)),
                target=self._format_number(claim["target"]),
                start=self._format_number(claim["band"]["from"]),
                below=self._format_number(claim["band"]["below"]),
                percent=percent,
            )
        else:
            label = self._name_credit_kind(claim["kind"])
            detail = self.env._(
                "%(ticket)s, %(detail)s: %(percent)s %%", ticket=claim["name"], detail=claim["detail"], percent=percent
            )
        return self._round_row(label, detail, claim["raw"])

    def _explain_credit_limits(self, settled):
        rows = []
        if settled["is_capped"]:
            caps = {part["cap_percent"] for part in settled["parts"] if part["is_capped"]}
            detail = self.env._(
                "%(raw)s in all, of which at most %(percent)s %% of the fees are given",
                raw=self._format_rounded(settled["raw"]),
                percent=" / ".join(self._format_number(cap) for cap in sorted(caps)),
            )
            rows.append(self._round_row(self.env._("Cap"), detail, sum(part["total"] for part in settled["parts"])))
        if settled["is_below_minimum"]:
            detail = self.env._(
                "credits of %(minimum)s or less are not given", minimum=self._format_amount(settled["minimum"])
            )
            rows.append(self._round_row(self.env._("Minimum"), detail, 0.0))
        return rows

    def _name_credit_kind(self, kind):
        return dict(self.env["kor.sla.credit"]._fields["kind"]._description_selection(self.env)).get(kind, kind)
