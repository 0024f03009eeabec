"""Calls of public methods as a stranger makes them: with the plainest arguments, and every write is noticed."""

import inspect
import json
import re
import threading
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from datetime import date
from unittest.mock import patch

from odoo.exceptions import AccessDenied, AccessError, MissingError, UserError
from odoo.service.model import call_kw, get_public_method
from odoo.tools.json import json_default

from odoo.addons.auth_signup.models.res_partner import SignupError

WRITES = re.compile(
    rb"\b(INSERT\s+INTO|UPDATE\s+(?!OF\b|SKIP\b|NOWAIT\b)\S+\s+SET|DELETE\s+FROM|MERGE\s+INTO|TRUNCATE|COPY)\b", re.I
)
MARK = re.compile(rb"\s*(ROLLBACK TO )?SAVEPOINT\s+(\S+)", re.I)
# What a parameter is given by its name; the others get a text.
ARGUMENTS = {
    "answers": [],
    "by": "month",
    "changes": [],
    "config": {},
    "customizations": {},
    "date": "2026-01-31",
    "date_effective": "2026-01-31",
    "date_from": "2026-01-01",
    "date_to": "2026-01-31",
    "days": 1,
    "events": [],
    "month": "2026-01-01",
    "offers": [],
    "quantities": {},
    "quantity": 1,
    "readings": [],
    "msg_dict": {"subject": "Sample", "body": "Sample", "from": "sample@stranger.example", "to": ""},
    "settings": {},
    "spec": {"kind": "api", "name": "Sample"},
    "values": {"name": "Sample", "login": "sample@stranger.example"},
}


@contextmanager
def statements(cr):
    """Collect the statements that write."""
    found, marks, thread = [], {}, threading.current_thread()

    def hook(_cr, _query, _params, _start, _delay):
        query = cr._obj.query or b""
        if mark := MARK.match(query):
            if not mark[1]:
                marks[mark[2]] = len(found)
            elif mark[2] in marks:  # what is undone was not written
                del found[marks[mark[2]] :]
        elif WRITES.search(query):
            found.append(query.decode(errors="replace"))

    before = getattr(thread, "query_hooks", ())
    thread.query_hooks = (*before, hook)
    try:
        yield found
    finally:
        thread.query_hooks = before


def get_arguments(method):
    """Return the plainest values of the parameters that must be given."""
    parameters = list(inspect.signature(method).parameters.values())[1:]
    needed = (one for one in parameters if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD)
    return [deepcopy(ARGUMENTS.get(one.name, "Sample")) for one in needed]


class Call:
    """What becomes of one call.

    `refused`: no right to it. `invalid`: refused with a sentence, for another reason. `opens`: it returned an action of
    the web client, which shows what rights to the records behind it let see. `reads`: it returned another value, and
    nothing was written. `writes`: something was. `leaks`: a refusal or an action tells what the caller may not read.
    `nothing`: it returned None. `broken`: it ended with an error that nobody meant, or in what JSON does not know.
    """

    def __init__(self, record, user, name, secrets):
        """Call a method as a user, and undo what it did.

        :param secrets: texts that nobody may hear who has no right to the record
        """
        self.record, self.secrets = record, secrets
        self.text, self.written = "", []
        env = record.env(user=user, su=False, context={})
        method = get_public_method(record, name)
        arguments = get_arguments(method)
        if not getattr(method, "_api_model", False):
            arguments = [record.ids, *arguments]
        # Nothing may be known from the call before: what is in the cache is read without a right to it.
        env.invalidate_all()
        savepoint = env.cr.savepoint()
        try:
            with statements(env.cr) as self.written:
                outcome = self._try(env, name, arguments)
        finally:
            savepoint.close(rollback=True)
        self.outcome = "leaks" if self._leaks(env, outcome) else outcome

    def _try(self, env, name, arguments):
        try:
            result = call_kw(env[self.record._name], name, arguments, {})
            env.flush_all()
            self.text = json.dumps(result, default=encode)
        except UserError as error:
            self.text = str(error)
            return "refused" if isinstance(error, AccessError | AccessDenied | MissingError) else "invalid"
        except SignupError as error:  # Odoo's own, instead of AccessError
            self.text = str(error)
            return "refused"
        except Exception as error:  # whatever a stranger gets to see
            self.text = repr(error)
            return "broken"
        if self.written:
            return "writes"
        if isinstance(result, dict) and str(result.get("type", "")).startswith("ir.actions"):
            return "opens"
        return "nothing" if result is None else "reads"

    def _leaks(self, env, outcome):
        """Tell whether somebody without a right to the record was told what is in it."""
        told = outcome != "refused" and any(secret in self.text for secret in self.secrets)
        return told and not self.record.with_env(env).has_access("read")


@contextmanager
def plain_errors(env):
    """Let refusals say nothing: to write them natively, with records and groups, takes longer than the call."""
    with ExitStack() as stack:
        for model in ("ir.rule", "ir.model.access"):
            make = patch.object(type(env[model]), "_make_access_error", lambda *_arguments: AccessError("Refused."))
            stack.enter_context(make)
        yield


def encode(value):
    """Encode what Odoo's answers may hold beside JSON: days and moments."""
    if isinstance(value, date):
        return json_default(value)
    raise TypeError(f"{value!r} is not known to other systems")
