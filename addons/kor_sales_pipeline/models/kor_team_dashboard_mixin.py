from odoo import api, models


class KorTeamDashboardMixin(models.AbstractModel):
    """Bring the figures of the pipeline together on one screen, each with what it is counted from."""

    _name = "kor.team.dashboard.mixin"
    _description = "Dashboard of a Pipeline"

    @api.readonly
    def kor_dashboard(self, date_from, date_to):
        """Return all figures of a period with the searches that show where they come from.

        :return: teams to choose from, cards, the funnel, and the forecast of open deals
        """
        book = self._kor_open_book(date_from, date_to)
        teams = self.env["crm.team"].search([("kor_is_pipeline", "=", True)])
        funnel, velocity = book._get_funnel(), book._get_velocity()
        forecast = book._get_forecast(book.now.date())
        return {
            "teams": [{"id": team.id, "name": team.name} for team in teams],
            "team_id": book.team.id,
            "currency_id": self.env.company.currency_id.id,
            "cards": book.team._kor_get_cards(book, velocity, forecast),
            "standing": book.team._kor_get_standing_amounts(),
            "forecast": forecast,
            **funnel,
        }

    def _kor_get_cards(self, book, velocity, forecast):
        """Return the numbers at the top, each with a search of the opportunities behind it. Extensible."""
        inside = [("team_id", "=", self.id)]
        period = [("date_closed", ">=", book._to_utc(book.start)), ("date_closed", "<", book._to_utc(book.end))]
        weighted, standing = (sum(month[name] for month in forecast["months"]) for name in ("weighted", "deals"))
        arr = self._kor_sum_arr([*inside, ("won_status", "=", "pending")])
        won_arr = self._kor_sum_arr([*inside, ("won_status", "=", "won"), *period])
        is_open, is_won = ("won_status", "=", "pending"), ("won_status", "=", "won")
        closed = [*inside, ("won_status", "in", ["won", "lost"]), *period]
        env = self.env
        return [
            _card("open", env._("Open deals"), standing, "number", [*inside, is_open]),
            _card("arr", env._("ARR in the pipeline"), arr, "money", [*inside, is_open]),
            _card("weighted", env._("Weighted forecast"), round(weighted, 2), "money", [*inside, is_open]),
            _card("won", env._("Won"), velocity["won"], "number", [*inside, is_won, *period]),
            _card("won_arr", env._("ARR won"), won_arr, "money", [*inside, is_won, *period]),
            _card("lost", env._("Lost"), velocity["lost"], "number", [*inside, ("won_status", "=", "lost"), *period]),
            _card("win_rate", env._("Win rate"), velocity["win_rate"], "percent", closed),
            _card(
                "cycle", env._("Days from entry to win"), velocity["cycle_days"], "number", [*inside, is_won, *period]
            ),
            _card("velocity", env._("Velocity a day"), velocity["velocity"], "money", closed),
        ]

    def _kor_sum_arr(self, domain):
        Lead = self.env["crm.lead"].with_context(active_test=False)
        today = self.env.company.currency_id
        return round(
            sum(
                company.currency_id._convert(arr, today, company) if company else arr
                for company, arr in Lead._read_group(domain, ["company_id"], ["kor_arr_company:sum"])
            ),
            2,
        )

    def _kor_get_standing_amounts(self):
        """Return by stage how many open deals stand there, and what they are worth."""
        found = self.env["crm.lead"]._read_group(
            [("team_id", "=", self.id), ("won_status", "=", "pending")],
            ["stage_id"],
            ["__count", "expected_revenue:sum", "kor_arr_company:sum"],
        )
        return {
            str(stage.id): {"deals": count, "value": round(value, 2), "arr": round(arr, 2)}
            for stage, count, value, arr in found
        }


def _card(key, name, value, kind, domain):
    return {"key": key, "name": name, "value": value, "kind": kind, "domain": domain}
