"""What slides and site make of a notebook's stored outputs: figures with their sentence.

A picture is stored as PNG with the sentence that it says in `text/plain`, followed by the same
sentence as a caption. Both become one `<figure>`; a widget's view is dropped, so that its still
shows.
"""

from __future__ import annotations

import base64
import html
import re
import struct
from collections.abc import Callable
from typing import Any

VIEW = "application/vnd.jupyter.widget-view+json"
CAPTION = 'class="course-caption"'


def size(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG, pixels."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def embedded(png: bytes) -> str:
    """The address of a picture that lies in the page itself."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def figure(png: bytes, says: str, address: str) -> str:
    """The HTML of a picture and its sentence, which is caption and alternative text."""
    width, height = size(png)
    words = html.escape(says, quote=True)
    return (
        f'<figure class="course-figure"><img src="{address}" alt="{words}" width="{width}" '
        f'height="{height}" loading="lazy"><figcaption>{words}</figcaption></figure>'
    )


def with_figures(outputs: list[Any], make: Callable[[bytes, str], str]) -> list[Any]:
    """The outputs of a cell, each picture and its caption as one HTML output from `make`."""
    result = []
    for output in outputs:
        data = output.get("data", {})
        data.pop(VIEW, None)
        if CAPTION in data.get("text/html", ""):
            continue
        if "image/png" in data:
            png = base64.b64decode(data["image/png"])
            output = {**output, "data": {"text/html": make(png, data.get("text/plain", ""))}}
            output["metadata"] = {}
        result.append(output)
    return result


def lines(source: str) -> int:
    """Number of lines of a cell's source."""
    return len(source.rstrip().splitlines())


def mathematics(source: str) -> list[tuple[bool, str]]:
    """(displayed, formula) of each formula of a Markdown text; code is left out."""
    text = re.sub(r"(?ms)^( *)(```|~~~).*?^\1\2[^\n]*$", "", source)
    text = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", text)
    displayed = re.findall(r"(?s)\$\$(.+?)\$\$", text)
    rest = re.sub(r"(?s)\$\$.+?\$\$", "", text).replace(r"\$", "")
    inline = re.findall(r"\$([^$\n]+(?:\n[^$\n]+)*)\$", rest)
    return [(True, formula) for formula in displayed] + [(False, formula) for formula in inline]
