"""Expressions of declared architectures: whole numbers, parameters, and conditions of them.

Their syntax is a part of Python's, so Python's own parser reads them; what is evaluated is listed here.
"""

import ast
import operator

ARITHMETIC = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.floordiv}
COMPARISONS = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.Gt: operator.gt,
    ast.LtE: operator.le,
    ast.GtE: operator.ge,
}


def multiple_of(value, divisor):
    """The multiple nearest to the value, at least one, and no more than a tenth below it.

    MobileNets round their channels so (Sandler et al. 2018, arXiv 1801.04381, and its program).
    """
    nearest = max(divisor, (2 * value + divisor) // (2 * divisor) * divisor)
    return nearest + divisor if 10 * nearest < 9 * value else nearest


FUNCTIONS = {"min": min, "max": max, "multiple_of": multiple_of}


def evaluate(expression, names):
    """A number or a truth value; `names` are the parameters that the expression may use."""
    if not isinstance(expression, str):
        return expression
    return _evaluate(ast.parse(expression, mode="eval").body, names)


def _evaluate(node, names):
    def value(inner):
        return _evaluate(inner, names)

    match node:
        case ast.Constant(value=int()):
            return node.value
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
            return ARITHMETIC[type(op)](value(left), value(right))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -value(operand)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not value(operand)
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(value(part) for part in parts)
        case ast.BoolOp(op=ast.Or(), values=parts):
            return any(value(part) for part in parts)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARISONS:
            return COMPARISONS[type(op)](value(left), value(right))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            return FUNCTIONS[name](*map(value, arguments))
    raise ValueError(f"`{ast.unparse(node)}` is no expression of {', '.join(names)}")
