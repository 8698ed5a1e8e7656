"""The few npm packages that decks and site are made of: reveal.js, MathJax; KaTeX and axe to test.

`tools/web/package-lock.json` pins them; the first use installs them there, later uses need no
network. Nothing that a reader opens needs npm.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "web"
MATHJAX = "mathjax/es5/tex-svg-full.js"  # one file, no fonts beside it: works from file://


class NpmError(RuntimeError):
    """The packages are not there and cannot be fetched; the message says what to do."""


def packages(folder: Path = FOLDER) -> Path:
    """Return node_modules with the locked versions, after `npm ci` if they are not there.

    Raises: NpmError, if npm is missing or fails.
    """
    place = folder / "node_modules"
    if installed(folder):
        return place
    npm = shutil.which("npm")
    if npm is None:
        raise NpmError(
            "slides and site take reveal.js and MathJax from npm packages, and npm is not here. "
            "Debian, Ubuntu: sudo apt-get install npm; macOS: brew install node; "
            "Windows: winget install OpenJS.NodeJS"
        )
    done = subprocess.run([npm, "ci"], cwd=folder, capture_output=True, timeout=300, check=False)
    if done.returncode or not installed(folder):
        said = done.stderr.decode("utf-8", errors="replace")[-400:]
        raise NpmError(f"`npm ci` in {folder.parent.name}/{folder.name} failed: {said}")
    return place


def installed(folder: Path) -> bool:
    """Whether every package of the lock is there, in its version."""
    lock = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))
    for name, wanted in lock["packages"].items():
        manifest = folder / name / "package.json"
        if name and not manifest.is_file():
            return False
        if (
            name
            and json.loads(manifest.read_text(encoding="utf-8"))["version"] != wanted["version"]
        ):
            return False
    return True


def copy(names: dict[str, str], target: Path) -> None:
    """Copy files or folders of packages (`{"reveal.js/dist": "reveal"}`) under `target`."""
    source = packages()
    for name, place in names.items():
        if (source / name).is_dir():
            shutil.copytree(source / name, target / place, dirs_exist_ok=True)
        else:
            (target / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, target / place)
