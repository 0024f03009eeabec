"""The demo's story calls what is there: it runs whole only where a demo is made, which takes minutes."""

import ast
import gc
import itertools
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory

from odoo import fields
from odoo.tests import TransactionCase, tagged

from odoo.addons.kor_usage.engine.local_days import LocalDays

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
# What is called of other things than records: of Python, of Odoo's dates, of the clock that is set back.
PYTHON = (str, list, dict, set, datetime, gc, itertools, threading, BaseHTTPRequestHandler, HTTPServer)
OTHERS = (*PYTHON, FrozenDateTimeFactory, LocalDays, fields.Date, fields.Datetime)


@tagged("post_install", "-at_install")
class TestDemoCalls(TransactionCase):
    def test_every_method_of_the_story_exists(self):
        known = {name for value in (*OTHERS, self.env, self.env.cr) for name in dir(value)}
        for model in self.env.registry.values():
            known.update(dir(model))
        called = {}
        for script in sorted(SCRIPTS.glob("demo_*.py")):
            tree = ast.parse(script.read_text())
            known |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    called.setdefault(node.func.attr, f"{script.name}:{node.lineno}")
        missing = {name: place for name, place in called.items() if name not in known}
        self.assertFalse(missing)
