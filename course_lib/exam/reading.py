"""Reading what a candidate typed: numbers, vectors, matrices and formulae, in many spellings.

Reading comes before marking. What cannot be read raises `Unreadable` with what was expected, and
costs the candidate nothing. No `eval`: formulae go through Python's parser and a short list of
allowed nodes.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np

LONGEST = 4000  # characters of any answer
LONGEST_FORMULA = 300


class Unreadable(ValueError):
    """The answer could not be read. The message says what was expected; no mark is lost."""


_SPELLINGS = str.maketrans(
    {
        **dict.fromkeys("\u2212\u2013\u2014\u2010\u2011\ufe63\uff0d", "-"),
        **dict.fromkeys("\u00a0\u2009\u202f\u200b\u2002\u2003\t\r", " "),
        **dict.fromkeys("\u00d7\u22c5\u00b7\u2217", "*"),
        "\u00f7": "/",
        "\u2044": "/",
        "\u2248": "=",
        "\u03c0": "pi",
        "\u221a": "sqrt",
        "\uff0c": ",",
    }
)
_DECIMAL = r"[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?"
_NUMBER = re.compile(_DECIMAL)
_RATIO = re.compile(rf"({_DECIMAL})/({_DECIMAL})")
_POWER_OF_TEN = re.compile(rf"({_DECIMAL})\*10(?:\^|\*\*)\(?([-+]?\d{{1,3}})\)?")


def clean(text: str) -> str:
    """One spelling for minus signs, spaces and products. Raises Unreadable for a text without
    end.
    """
    if len(text) > LONGEST:
        raise Unreadable(f"the answer has {len(text)} characters; {LONGEST} are allowed")
    return text.translate(_SPELLINGS).strip()


def number(text: str) -> float:
    """A number: 0.5, .5, 0,5, 5e-1, 1/2, 50%, 5*10^-1, or a short expression such as sqrt(2)/2.

    Raises Unreadable.
    """
    original, text = text, clean(text)
    text = re.sub(r"^(?:[A-Za-z]\w*\s*)?=+\s*", "", text)  # "net = 0.5" is read as 0.5
    percent = text.endswith("%")
    text = re.sub(r"\s*([*/^])\s*", r"\1", text.rstrip("% "))
    text = re.sub(r"^([-+])\s+", r"\1", text)
    if _NUMBER.fullmatch(text):
        value = _float(text)
    elif match := _RATIO.fullmatch(text):
        below = _float(match[2])
        if below == 0:
            raise Unreadable(f"{original.strip()!r} divides by zero")
        value = _float(match[1]) / below
    elif match := _POWER_OF_TEN.fullmatch(text):
        value = _float(match[1]) * 10.0 ** int(match[2])
    else:
        value = _expression(original, text)
    if not math.isfinite(value):
        raise Unreadable(f"{_short(original)} is not a finite number")
    return value / 100 if percent else value


def _float(text: str) -> float:
    return float(text.replace(",", "."))


def _short(text: str) -> str:
    text = text.strip()
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _expression(original: str, text: str) -> float:
    wanted = f"{_short(original)} is not a number; write for example 0.5, -3, 1/2 or 2e-3"
    try:
        return float(formula(text.replace(",", "."), ())({}))
    except Unreadable:
        raise Unreadable(wanted) from None


def vector(text: str, length: int | None = None) -> list[float]:
    """Numbers in a row: (1, 2), [1 2], 1; 2, 1,5 2,5, pasted NumPy output. Raises Unreadable."""
    body = _unwrap(clean(text))
    body = re.sub(r"[\[\](){}|]", " ", body).replace("\n", " ")
    body = re.sub(r"\s*([*/^])\s*", r"\1", body)
    # With decimal points a comma separates; otherwise try it as a separator, then as a decimal
    # comma.
    ways = [re.split(r"[,;\s]+", body.strip(" ,;"))]
    if "." not in body and "," in body:
        ways.append([t for t in re.split(r";|\s|,(?=\s)", body.strip(" ,;")) if t])
        if ";" in body or re.search(r"(?:^|\s),\d", body):
            ways.reverse()
    fitting = [way for way in ways if length is None or len(way) == length]
    if not fitting:
        raise Unreadable(
            f"{length} numbers expected, {len(ways[0])} found in {_short(text)}; "
            "write for example (" + ", ".join(str(i) for i in range(1, (length or 3) + 1)) + ")"
        )
    return [number(token) for token in fitting[0]]


def matrix(text: str, columns: int | None = None) -> list[list[float]]:
    """Rows of numbers: [1 0; 0 1], [[1, 0], [0, 1]], one row per line, pasted NumPy output.

    Raises Unreadable, also for rows of different length.
    """
    body = _unwrap(clean(text))
    inner = re.findall(r"[\[(]([^\[\]()]*)[\])]", body)
    if len(inner) > 1 or re.match(r"\s*[\[(]\s*[\[(]", body):
        rows = inner
    else:
        rows = re.split(r"[;\n]", body.strip("[]() \n;"))
    rows = [row for row in rows if row.strip()]
    if not rows:
        raise Unreadable(f"no numbers found in {_short(text)}; write for example [1 2; 3 4]")
    result = [vector(row, columns) for row in rows]
    if len({len(row) for row in result}) > 1:
        raise Unreadable(f"the rows of {_short(text)} have different lengths")
    return result


def _unwrap(text: str) -> str:
    """Drop what NumPy and torch print around their numbers."""
    text = re.sub(r"\b(?:np\.|numpy\.|torch\.)?(?:array|tensor|matrix)\s*\(", "(", text)
    text = re.sub(r",\s*(?:dtype|device|grad_fn|requires_grad)\s*=\s*[^,)\]]*", "", text)
    text = re.sub(r"np\.(?:float|int)\d+\(([^()]*)\)", r"\1", text)
    match = re.fullmatch(r"\(\s*([\[(].*[\])])\s*\)", text, re.DOTALL)
    return match[1] if match else text


_FUNCTIONS: Mapping[str, Callable[..., np.ndarray]] = {
    "exp": np.exp,
    "log": np.log,
    "ln": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "tanh": np.tanh,
    "abs": np.abs,
    "max": lambda *a: np.maximum.reduce(np.broadcast_arrays(*a)),
    "min": lambda *a: np.minimum.reduce(np.broadcast_arrays(*a)),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.maximum(x, 0),
}
_CONSTANTS = {"pi": math.pi, "e": math.e}
_OPERATORS: Mapping[type, Callable[..., np.ndarray]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: lambda a, b: np.power(np.asarray(a, float), b),
    ast.USub: np.negative,
    ast.UAdd: np.positive,
}


def formula(
    text: str, variables: Sequence[str]
) -> Callable[[Mapping[str, np.ndarray | float]], np.ndarray]:
    """A formula in the given variables, as a function of their values (numbers or arrays).

    Allowed are + - * / ^, brackets, numbers, pi, e and the usual functions; `2x` means 2*x.
    Raises Unreadable for everything else, and for what is too long or too deep.
    """
    return _formula(text, tuple(variables))


@lru_cache(maxsize=1024)
def _formula(
    text: str, variables: tuple[str, ...]
) -> Callable[[Mapping[str, np.ndarray | float]], np.ndarray]:
    """The same, remembered: an exercise reads its own right and wrong formulae again and again."""
    source = clean(text)
    if not source or len(source) > LONGEST_FORMULA:
        raise Unreadable(f"a formula of 1 to {LONGEST_FORMULA} characters is expected")
    source = source.replace("^", "**")
    source = re.sub(r"(?<=\d),(?=\d)", ".", source) if "." not in source else source
    source = re.sub(r"(?<![\w.])(\d+\.?\d*|\.\d+)\s*(?=[A-DF-Za-df-z(]|e\b|exp)", r"\1*", source)
    source = re.sub(r"\)\s*(?=[\w(])", ")*", source)
    try:
        tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise Unreadable(f"{_short(text)} is not a formula; write for example 2*x + 1") from None
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        _allow(node, variables, text, id(node) in called)

    def run(values: Mapping[str, np.ndarray | float]) -> np.ndarray:
        with np.errstate(all="ignore"):
            try:
                return np.asarray(_value(tree.body, values), dtype=float)
            except (RecursionError, TypeError, ValueError, OverflowError):
                raise Unreadable(f"{_short(text)} could not be evaluated") from None

    return run


def _allow(node: ast.AST, variables: Sequence[str], text: str, called: bool) -> None:
    if isinstance(node, ast.Name):
        if node.id not in (_FUNCTIONS if called else {*variables, *_CONSTANTS}):
            known = ", ".join(variables) or "only numbers"
            raise Unreadable(f"{node.id!r} is not known here; use {known}")
    elif isinstance(node, ast.Constant):
        if type(node.value) not in (int, float):
            raise Unreadable(f"{node.value!r} is not a number")
    elif isinstance(node, ast.Call):
        if not isinstance(node.func, ast.Name) or node.func.id not in _FUNCTIONS or node.keywords:
            raise Unreadable(f"{_short(text)} calls something that is not a known function")
    elif type(node) not in _OPERATORS and not isinstance(
        node, (ast.Expression, ast.BinOp, ast.UnaryOp, ast.Load)
    ):
        raise Unreadable(f"{_short(text)} holds something that is not arithmetic")


def _value(node: ast.expr, values: Mapping[str, np.ndarray | float]) -> np.ndarray | float:
    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)](_value(node.left, values), _value(node.right, values))
    if isinstance(node, ast.UnaryOp):
        return _OPERATORS[type(node.op)](_value(node.operand, values))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _FUNCTIONS[node.func.id](*(_value(arg, values) for arg in node.args))
    if isinstance(node, ast.Constant):
        return float(node.value)  # type: ignore[arg-type]  # _allow let only numbers pass
    if isinstance(node, ast.Name):
        if node.id in values:
            return values[node.id]
        return _CONSTANTS[node.id] if node.id in _CONSTANTS else math.nan
    raise ValueError(f"no value for {type(node).__name__}")
