from odoo.exceptions import ValidationError


def describe_minutes(env, minutes):
    """Return a time as people read it: 30 minutes, 4 hours, 1 h 30 min. Never in days: a day of service has its own."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return env._("1 minute") if rest == 1 else env._("%(minutes)s minutes", minutes=rest)
    if rest:
        return env._("%(hours)s h %(minutes)s min", hours=hours, minutes=rest)
    return env._("1 hour") if hours == 1 else env._("%(hours)s hours", hours=hours)


def check_weight(records):
    """Raise a ValidationError where the weight of a record is no share of the time, from 0 to 1."""
    for record in records:
        if not 0 <= record.weight <= 1:
            raise ValidationError(
                record.env._(
                    "The weight is the share of the time that counts as down: from 0 to 1, not %(weight)s.",
                    weight=record.weight,
                )
            )
