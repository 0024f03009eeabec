from datetime import date

from odoo.tests import BaseCase, tagged

from ..engine.status import Facts, judge

TODAY = date(2026, 4, 9)
SOON, LATER = date(2026, 4, 20), date(2026, 4, 22)
KEPT = {"agreed": LATER, "forecast": SOON}
STATES = (
    # facts, state, colour, keys of the reasons
    ({}, "not_started", "grey", ["not_started"]),
    (KEPT, "not_started", "grey", ["not_started"]),
    ({**KEPT, "is_started": True}, "on_track", "green", ["on_track"]),
    ({"is_started": True, "agreed": SOON, "forecast": SOON}, "on_track", "green", ["on_track"]),
    ({"is_started": True, "agreed": SOON, "forecast": LATER, "slip": 2}, "late", "red", ["forecast_late"]),
    # What has not begun is late all the same.
    ({"agreed": SOON, "forecast": LATER, "slip": 2}, "late", "red", ["forecast_late"]),
    ({"is_started": True, "agreed": date(2026, 4, 8), "forecast": TODAY}, "late", "red", ["overdue"]),
    ({**KEPT, "is_started": True, "late": (("Training", 2),)}, "at_risk", "amber", ["step_late"]),
    ({**KEPT, "is_started": True, "idle": 5, "patience": 5}, "at_risk", "amber", ["idle"]),
    ({**KEPT, "is_started": True, "idle": 4, "patience": 5}, "on_track", "green", ["on_track"]),
    ({**KEPT, "is_started": True, "idle": 99, "patience": 0}, "on_track", "green", ["on_track"]),
    ({**KEPT, "blocked": (("Training", "No room"),)}, "blocked", "red", ["blocked"]),
    (
        {"agreed": SOON, "forecast": LATER, "blocked": (("Training", "No room"),), "late": (("Training", 2),)},
        "blocked",
        "red",
        ["blocked", "forecast_late", "step_late"],
    ),
    # Who is live can no longer miss the go-live.
    (
        {"is_started": True, "agreed": date(2026, 4, 1), "forecast": TODAY, "went_live": TODAY},
        "on_track",
        "green",
        ["live"],
    ),
    ({"is_done": True, "went_live": TODAY, "blocked": (("Training", "x"),)}, "done", "green", ["done"]),
)


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineStatus(BaseCase):
    def test_states_from_facts(self):
        for facts, state, color, keys in STATES:
            with self.subTest(facts):
                found = judge(Facts(today=TODAY, **facts))
                self.assertEqual(
                    (found.state, found.color, [key for key, _values in found.reasons]), (state, color, keys)
                )

    def test_reasons_carry_their_values(self):
        found = judge(Facts(today=TODAY, is_started=True, agreed=SOON, forecast=LATER, slip=2, late=(("Training", 3),)))
        self.assertEqual(
            found.reasons,
            (
                ("forecast_late", {"agreed": SOON, "forecast": LATER, "days": 2}),
                ("step_late", {"step": "Training", "days": 3}),
            ),
        )
