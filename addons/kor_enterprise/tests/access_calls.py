"""Calls of public methods as a stranger makes them: with the plainest arguments, and every write is noticed."""

import inspect
import json
import re
import threading
from contextlib import contextmanager

from odoo.exceptions import AccessDenied, AccessError, MissingError, UserError
from odoo.service.model import call_kw, get_public_method

WRITES = re.compile(rb"\b(INSERT\s+INTO|UPDATE\s+(?!OF\b|SKIP\b|NOWAIT\b)\S+\s+SET|DELETE\s+FROM|MERGE\s+INTO|TRUNCATE|COPY)\b", re.I)
# What a parameter is given by its name; the others get an empty text.
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
    "settings": {},
    "spec": {},
    "values": {},
}


@contextmanager
def statements(cr):
    """Collect the statements that write."""
    found, thread = [], threading.current_thread()

    def hook(_cr, _query, _params, _start, _delay):
        if WRITES.search(cr._obj.query or b""):
            found.append(cr._obj.query.decode(errors="replace"))

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
    return [ARGUMENTS.get(one.name, "") for one in needed]


class Call:
    """What becomes of one call.

    `refused`: no right to it. `invalid`: refused with a sentence, for another reason. `reads`: it returned a value, and
    nothing was written. `writes`: something was. `nothing`: it returned None, or what JSON does not know. `broken`: it
    ended with an error that nobody meant.
    """

    def __init__(self, record, user, name, arguments=None):
        self.error, self.written = None, []
        env = record.env(user=user, su=False, context={})
        cr = env.cr
        method = get_public_method(record, name)
        arguments = get_arguments(method) if arguments is None else arguments
        if not getattr(method, "_api_model", False):
            arguments = [record.ids, *arguments]
        env.invalidate_all()
        savepoint = cr.savepoint()
        try:
            with statements(cr) as self.written:
                self.outcome = self._try(env, record._name, name, arguments)
        finally:
            savepoint.close(rollback=True)

    def _try(self, env, model, name, arguments):
        try:
            result = call_kw(env[model], name, arguments, {})
            env.flush_all()
            json.dumps(result)
        except (AccessError, AccessDenied, MissingError) as error:
            return self._end("refused", error)
        except UserError as error:
            return self._end("invalid", error)
        except Exception as error:  # whatever a stranger gets to see
            return self._end("broken", error)
        if self.written:
            return "writes"
        return "nothing" if result is None else "reads"

    def _end(self, outcome, error):
        self.error = error
        return outcome
