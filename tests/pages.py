"""Pages that open from a file, in a headless Chromium that may ask nobody for anything."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tools import npm


@contextmanager
def browser(chromium: Path) -> Iterator[Any]:
    """A browser, closed at the end."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as driver:
        started = driver.chromium.launch(
            executable_path=str(chromium), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield started
        started.close()


def need_packages() -> Path:
    """The npm packages; without them the test skips and says why (in CI it fails)."""
    try:
        return npm.packages()
    except npm.NpmError as error:
        pytest.fail(str(error)) if os.environ.get("CI") else pytest.skip(str(error))


class View:
    """A page that keeps what the console complained of and whom it asked."""

    def __init__(self, started: Any, width: int = 1280, height: int = 720) -> None:
        self.page = started.new_page(viewport={"width": width, "height": height})
        self.page.set_default_timeout(60_000)
        self.complaints: list[str] = []
        self.outside: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda r: self.complaints.append(f"not there: {r.url}"))
        self.page.on("console", self._console)
        self.page.on("request", self._request)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _request(self, request: Any) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.outside.append(request.url)

    def visit(self, place: Path) -> Any:
        self.complaints.clear()
        self.page.goto(place.resolve().as_uri())
        return self.page


def png(width: int, height: int) -> bytes:
    """A white picture."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    rows = zlib.compress((b"\0" + b"\xff" * width) * height)
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
