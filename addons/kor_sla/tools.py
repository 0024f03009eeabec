def describe_minutes(env, minutes):
    """Return a time as people read it: 30 minutes, 4 hours, 1 h 30 min. Never in days: a day of service has its own."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return env._("1 minute") if rest == 1 else env._("%(minutes)s minutes", minutes=rest)
    if rest:
        return env._("%(hours)s h %(minutes)s min", hours=hours, minutes=rest)
    return env._("1 hour") if hours == 1 else env._("%(hours)s hours", hours=hours)
