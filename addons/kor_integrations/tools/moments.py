from datetime import UTC


def write_moment(moment):
    """Return a naive UTC datetime as RFC 3339 text; nothing for none."""
    return moment.replace(tzinfo=UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if moment else ""
