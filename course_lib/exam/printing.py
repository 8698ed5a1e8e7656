"""From HTML to PDF with the machine's own Chromium, without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "chrome",
    "msedge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)


class NoBrowser(RuntimeError):
    """There is no Chromium to print with, or it failed. The message says how to get one."""


def find_chromium() -> str:
    """The browser: COURSE_CHROMIUM, else the first of the usual names. Raises NoBrowser."""
    for name in (os.environ.get("COURSE_CHROMIUM"), *BROWSERS):
        if name and (found := shutil.which(name)):
            return found
    raise NoBrowser(
        "printing to PDF needs Chromium or Chrome, and none was found. Debian or Ubuntu: "
        "sudo apt-get install chromium; elsewhere install Chrome; or set COURSE_CHROMIUM to its "
        "path. The HTML can also be printed from any browser."
    )


def pdf(html: str, target: Path, timeout: float = 600) -> None:
    """Print HTML to a PDF file. Raises NoBrowser, also if the browser fails."""
    browser = find_chromium()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "exam.html"
        source.write_text(html, encoding="utf-8")
        command = [
            browser,
            "--headless",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-pdf-header-footer",
            f"--user-data-dir={folder}/profile",
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--no-sandbox")  # Chromium refuses to run as root with one
        command += [f"--print-to-pdf={target.resolve()}", source.as_uri()]
        target.unlink(missing_ok=True)
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise NoBrowser(f"{browser} did not print within {timeout:g} s") from error
    if done.returncode or not target.is_file():
        raise NoBrowser(f"{browser} did not print (exit {done.returncode}): {done.stderr[-500:]}")
