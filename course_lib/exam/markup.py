"""Markdown with LaTeX to HTML, for paper and exports: maths as MathML or as TeX, no scripts.

The output needs no network and is also well-formed XML, so that it can stand in a QTI item.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Callable
from functools import cache, lru_cache

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

from course_lib.exam.template import ExerciseError

Maths = Callable[[str, bool], str]
# What the converter does not know, in words that it does.
SPELLINGS = {r"\lVert": r"\Vert", r"\rVert": r"\Vert", r"\lvert": r"\vert", r"\rvert": r"\vert"}
# A minus after a bracket, a comma or a relation is a sign, not a difference.
SIGN = re.compile(
    r"(<mo[^>]*>(?:[(\[,=]|&#x000(?:28|5B|2C|3D|3C|3E|D7|B7);|&#x0226[45];|&#x022C5;)</mo>)"
    r"<mo>&#x02212;</mo>"
)
PRIME = re.compile(r"<msup>(<mi[^>]*>[^<]*</mi>)<m[io]>(&#x0203[234];|&#x02057;)</m[io]></msup>")
# Brackets and punctuation stay on the line of their formula.
GLUED = re.compile(r"([(\[\"]*)(<math .*?</math>)([)\],.;:?!\"]*)", re.DOTALL)
PICTURE = re.compile(r'<img src="data:image/(png|jpeg|gif|svg\+xml);base64,([A-Za-z0-9+/=\s]+)"')


@cache
def mathml(tex: str, display: bool = False) -> str:
    """A formula as MathML whose `alttext` is the LaTeX. Raises ExerciseError if it is unknown."""
    text = tex
    for name, known in SPELLINGS.items():
        text = re.sub(re.escape(name) + r"(?![A-Za-z])", known.replace("\\", r"\\"), text)
    try:
        markup = convert(text, display="block" if display else "inline")
    except (ValueError, LookupError, TypeError, RuntimeError, StopIteration) as error:
        raise ExerciseError(f"the formula {tex!r} does not convert to MathML: {error!r}") from error
    if left := re.search(r"<m(?:i|o|text)>(\\[^<]+)</m", markup):
        raise ExerciseError(
            f"the formula {tex!r} has a command that MathML does not know: {left[1]}"
        )
    markup = SIGN.sub(r'\1<mo form="prefix">&#x02212;</mo>', markup)
    markup = PRIME.sub(r'<mrow>\1<mo lspace="0" rspace="0">\2</mo></mrow>', markup)
    return markup.replace("<math ", f'<math alttext="{html.escape(tex)}" ', 1)


def tex(source: str, display: bool = False) -> str:
    r"""A formula between \( \) or $$ $$, as Moodle's filters expect it."""
    return f"$${html.escape(source)}$$" if display else rf"\({html.escape(source)}\)"


def _dollars(state: StateInline, silent: bool) -> bool:
    match = re.compile(r"(\${1,2})(?!\s)((?:\\.|[^$\\])+?)\1").match(state.src, state.pos)
    if not match:
        return False
    if not silent:
        token = state.push("math", "", 0)
        token.content, token.markup = match[2].strip(), match[1]
    state.pos = match.end()
    return True


@cache
def _parser(maths: Maths) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"xhtmlOut": True, "html": False}).enable("table")
    parser.inline.ruler.before("escape", "math", _dollars)
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # pictures are data: URLs
    parser.add_render_rule(
        "math",
        lambda _self, tokens, i, _options, _env: maths(tokens[i].content, tokens[i].markup == "$$"),
    )
    return parser


def block(text: str, maths: Maths = mathml) -> str:
    """Paragraphs, lists and tables as HTML."""
    return _glue(_parser(maths).render(text).strip())


@lru_cache(4096)  # options and feedback repeat from variant to variant
def inline(text: str, maths: Maths = mathml) -> str:
    """One line of text as HTML, without a paragraph around it."""
    return _glue(_parser(maths).renderInline(text).strip())


def _glue(markup: str) -> str:
    def put(match: re.Match[str]) -> str:
        return f'<span class="glued">{match[0]}</span>' if match[1] or match[3] else match[0]

    return GLUED.sub(put, markup)


def pictures(markup: str, where: str) -> tuple[str, dict[str, bytes]]:
    """Take the pictures out of the HTML: (HTML that refers to `where`/name, bytes by name)."""
    found: dict[str, bytes] = {}

    def put(match: re.Match[str]) -> str:
        data = base64.b64decode(match[2])
        kind = {"jpeg": "jpg", "svg+xml": "svg"}.get(match[1], match[1])
        name = f"{hashlib.sha256(data).hexdigest()[:16]}.{kind}"
        found[name] = data
        return f'<img src="{where}{name}"'

    return PICTURE.sub(put, markup), found
