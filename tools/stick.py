"""Put the course, and everything it installs, into a folder that needs no network afterwards.

`make stick` fills build/stick: a clone of the course, the wheels of requirements.lock for this kind
of machine (system, processor, Python), and START.txt with the line that sets it up. Copy the folder
onto a USB stick. pip is asked as it is configured here: to carry the small CPU build of PyTorch on
Linux, set PIP_EXTRA_INDEX_URL to PyTorch's CPU index.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START = """\
Deep learning by doing, without a network
for {system} on {machine} with Python {python}

1. Copy the folder "course" from this stick to the computer.
2. In the copied folder:

   Linux, macOS    PIP_NO_INDEX=1 PIP_FIND_LINKS=/path/to/this/stick/wheels make lab
   Windows         set PIP_NO_INDEX=1
                   set PIP_FIND_LINKS=X:\\wheels
                   py tools\\setup.py
                   .venv\\Scripts\\python tools\\lab.py

The second time `make lab` alone will do; the stick is not needed any more.
"""


def start_text() -> str:
    """What stands on the stick: for whom it was made, and the lines that set the course up."""
    version = ".".join(platform.python_version_tuple()[:2])
    return START.format(system=platform.system(), machine=platform.machine(), python=version)


def fill(target: Path) -> int:
    """Clone the course and fetch the wheels; returns how many. Raises CalledProcessError."""
    course, wheels = target / "course", target / "wheels"
    if course.exists():
        shutil.rmtree(course)  # a clone that this program made
    wheels.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(course)], check=True)
    # The clone came from a path of this machine: where it was fetched from matters more.
    origin = subprocess.run(
        ["git", "remote", "get-url", "origin"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    change = ["set-url", "origin", origin] if origin else ["remove", "origin"]
    subprocess.run(["git", "remote", *change], cwd=course, check=True)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:"]
    subprocess.run(
        [*pip, "--dest", str(wheels), "-r", str(ROOT / "requirements.lock")], check=True
    )
    (target / "START.txt").write_text(start_text(), encoding="utf-8")
    return len(list(wheels.iterdir()))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--to", type=Path, default=ROOT / "build" / "stick", metavar="FOLDER")
    options = parser.parse_args(arguments)
    try:
        count = fill(options.to)
    except subprocess.CalledProcessError as error:
        print(f"This failed: {' '.join(map(str, error.cmd))}", file=sys.stderr)
        return 1
    size = sum(file.stat().st_size for file in options.to.rglob("*") if file.is_file())
    print(f"{options.to}: the course and {count} packages, {size / 1e9:.1f} GB; see START.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
