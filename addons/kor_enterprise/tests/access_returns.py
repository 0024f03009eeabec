"""Whether a function returns a value on every way through it, by its source."""

import ast
import inspect
import textwrap


def returns_always(function):
    """Tell whether no way through the function returns None by a bare `return` or by its end."""
    [tree] = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function)))).body
    return _ends(tree.body) and not any(_is_bare(node) for node in _walk(tree))


def _walk(node):
    """Yield the nodes of a function without those of functions in it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.Lambda):
            yield child
            yield from _walk(child)


def _is_bare(node):
    if not isinstance(node, ast.Return):
        return False
    return node.value is None or (isinstance(node.value, ast.Constant) and node.value.value is None)


def _ends(body):
    """Tell whether a block always returns or raises."""
    last = body[-1]
    if isinstance(last, ast.Return | ast.Raise):
        return True
    if isinstance(last, ast.If):
        return _ends(last.body) and bool(last.orelse) and _ends(last.orelse)
    if isinstance(last, ast.With):
        return _ends(last.body)
    if isinstance(last, ast.Try):
        blocks = [last.orelse or last.body, *(handler.body for handler in last.handlers)]
        return all(map(_ends, blocks)) or bool(last.finalbody and _ends(last.finalbody))
    return False
