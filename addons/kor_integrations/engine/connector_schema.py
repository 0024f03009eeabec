"""Check the configuration of a connector against the schema that its class declares.

A schema has for each name a property: `type` (string, integer, boolean or map), `title`, and where needed
`description`, `required`, `secret`, `default`, `enum`, `minimum`, `maximum`, `max_length` and `example`. A map has
texts by names; as text it is written with one `name = text` on each line.
"""

TYPES = ("string", "integer", "boolean", "map")
LENGTH, ENTRIES = 4000, 50
TRUE, FALSE = ("true", "yes", "1"), ("false", "no", "0")


class ConfigError(ValueError):
    """Say in one sentence what is wrong with a configuration and what would be right."""


def check_config(schema: dict[str, dict], config: object, known_secrets: tuple[str, ...] = ()) -> dict:
    """Return a configuration with its defaults, each value of the type that the schema declares.

    :param known_secrets: names of secrets that are kept already, and so need not be given again
    """
    if not isinstance(config, dict):
        raise ConfigError("A configuration is an object of names and values.")
    for name in config:
        if name not in schema:
            raise ConfigError(f"There is no setting “{name}”; there are: {', '.join(schema)}.")
    clean = {}
    for name, wanted in schema.items():
        value = config.get(name, wanted.get("default"))
        if value is None or value == "" or value == {}:
            if wanted.get("required") and name not in known_secrets:
                raise ConfigError(f"“{wanted['title']}” is missing{_say_example(wanted)}")
            continue
        clean[name] = _CHECKS[wanted["type"]](value, wanted)
    return clean


def read_text(wanted: dict, text: str) -> object:
    """Return the value that a text stands for, as people enter it; an empty one stands for none."""
    text = (text or "").strip()
    if not text:
        return None
    if wanted["type"] == "integer":
        try:
            return int(text)
        except ValueError:
            raise ConfigError(f"“{wanted['title']}” must be a whole number, not “{text}”.") from None
    if wanted["type"] == "boolean":
        if text.lower() not in TRUE + FALSE:
            raise ConfigError(f"“{wanted['title']}” must be yes or no, not “{text}”.")
        return text.lower() in TRUE
    return _read_map(wanted, text) if wanted["type"] == "map" else text


def write_text(wanted: dict, value: object) -> str:
    """Return a value as the text that people enter."""
    if value is None:
        return ""
    if wanted["type"] == "map":
        return "\n".join(f"{name} = {text}" for name, text in value.items())
    if wanted["type"] == "boolean":
        return "yes" if value else "no"
    return str(value)


def _read_map(wanted: dict, text: str) -> dict[str, str]:
    entries = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        name, sign, value = (part.strip() for part in line.partition("="))
        if not sign or not name or not value:
            raise ConfigError(f"“{wanted['title']}”: write each line as name = text{_say_example(wanted)}")
        if name in entries:
            raise ConfigError(f"“{wanted['title']}” has “{name}” twice; leave one.")
        entries[name] = value
    return entries


def _check_string(value: object, wanted: dict) -> str:
    most = wanted.get("max_length", LENGTH)
    if not isinstance(value, str) or len(value) > most or not value.strip():
        raise ConfigError(f"“{wanted['title']}” must be text of up to {most} characters{_say_example(wanted)}")
    if "enum" in wanted and value not in wanted["enum"]:
        raise ConfigError(f"“{wanted['title']}” must be one of: {', '.join(wanted['enum'])}.")
    return value.strip()


def _check_integer(value: object, wanted: dict) -> int:
    least, most = wanted.get("minimum", 0), wanted.get("maximum", 2**31 - 1)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ConfigError(f"“{wanted['title']}” must be a whole number from {least} to {most}.")
    return value


def _check_boolean(value: object, wanted: dict) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"“{wanted['title']}” must be true or false.")
    return value


def _check_map(value: object, wanted: dict) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > ENTRIES:
        raise ConfigError(
            f"“{wanted['title']}” must be an object of up to {ENTRIES} names and texts{_say_example(wanted)}"
        )
    for name, text in value.items():
        if not isinstance(text, str) or not text.strip() or len(text) > LENGTH or not str(name).strip():
            raise ConfigError(f"“{wanted['title']}” has no text for “{name}”{_say_example(wanted)}")
    return {str(name).strip(): text.strip() for name, text in value.items()}


def _say_example(wanted: dict) -> str:
    return f": for example {wanted['example']}." if wanted.get("example") else "."


_CHECKS = {"string": _check_string, "integer": _check_integer, "boolean": _check_boolean, "map": _check_map}
