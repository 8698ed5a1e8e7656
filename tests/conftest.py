"""Fixtures that several test files share."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
HOW = (
    "no Chromium on this machine. Debian/Ubuntu: `sudo apt-get install chromium-headless-shell` "
    "(or chromium); elsewhere install Chrome or Chromium; or set COURSE_CHROMIUM to its path."
)


def find_chromium() -> Path | None:
    """The browser for the tests: COURSE_CHROMIUM, else the first of the usual names."""
    for name in (os.environ.get("COURSE_CHROMIUM"), *BROWSERS):
        found = shutil.which(name) if name else None
        if found:
            return Path(found)
    return None


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Path of a Chromium; without one the test skips and says how to get it (in CI it fails)."""
    browser = find_chromium()
    if browser is None:
        pytest.fail(HOW) if os.environ.get("CI") else pytest.skip(HOW)
    return browser


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much of the lectures' systems tables is open work."""
    from contract import open_words

    terminalreporter.write_line(open_words())
