"""The wheel is the whole library: installed elsewhere, with the checkout gone, it still works."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import setup

ROOT = Path(__file__).resolve().parent.parent
# What the bundled data sets and the exam engine need. Not torch, not matplotlib, not Jupyter:
# neither may be imported for this, and the installation stays a matter of seconds.
LIGHT = ["jaxtyping", "networkx", "numpy", "scikit-image", "scikit-learn", "scipy"]

PROGRAM = """
import json, sys
import course_lib
from course_lib import datasets, exam

sizes = {}
for name in NAMES(datasets):
    dataset = datasets.load(name)
    parts = ("inputs", "pixels", "text", "edges", "values")
    content = [getattr(dataset, part, None) for part in parts]
    sizes[name] = max(len(part) for part in content if part is not None)
types = [row[0] for row in exam.catalogue().rows]
exercise = exam.new(types[0], seed=7)
heavy = sorted({"torch", "matplotlib", "ipywidgets"} & set(sys.modules))
print(json.dumps({"where": course_lib.__file__, "sizes": sizes, "types": len(types),
                  "exercise": str(exercise)[:40], "heavy": heavy}))
"""


def copy_of_the_checkout(target: Path) -> None:
    """What a clone would hold: tracked files, and new ones that git does not ignore."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True)
    if listed.returncode:  # no git here: a downloaded archive
        hidden = shutil.ignore_patterns(".*", "work", "build", "dist", "__pycache__")
        shutil.copytree(ROOT, target, ignore=hidden)
        return
    for name in filter(None, listed.stdout.decode("utf-8").split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target / name)


def run(*command: str | Path, cwd: Path) -> str:
    leads_astray = {"PYTHONPATH", "VIRTUAL_ENV", "JUPYTER_PATH"}
    variables = {k: v for k, v in os.environ.items() if k not in leads_astray}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=variables | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    shown = " ".join(str(part) for part in command)
    assert done.returncode == 0, f"{shown}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def fresh_environment(folder: Path) -> Path:
    """A new virtual environment, of the system's own Python if that is new enough."""
    for python in ("/usr/bin/python3", sys.executable):
        found = setup.version([python])
        if found and setup.OLDEST <= found <= setup.NEWEST:
            if setup.output([python, "-m", "venv", "--without-pip", str(folder)]) is not None:
                return setup.python_of(folder)
    raise AssertionError("no Python here can make a virtual environment")


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> tuple[Path, Path]:
    """(the Python of an environment with the wheel in it, an empty folder)."""
    base = tmp_path_factory.mktemp("install")
    checkout = base / "checkout"
    copy_of_the_checkout(checkout)
    pip = (sys.executable, "-m", "pip")
    build = ("wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", base / "dist", checkout)
    run(*pip, *build, cwd=base)
    (wheel,) = (base / "dist").glob("course_lib-*.whl")
    python = fresh_environment(base / "venv")
    pins = [f"{name}=={setup.locked_version(name)}" for name in LIGHT]
    lock = ["-c", checkout / "requirements.lock"]
    into = (*pip, "--python", python, "install", "--quiet", "--no-compile", "--prefer-binary")
    run(*into, *lock, *pins, cwd=base)
    run(*into, "--no-deps", wheel, cwd=base)
    checkout.rename(base / "renamed")
    (base / "empty").mkdir()
    return python, base / "empty"


def bundled_names() -> list[str]:
    """Names of the data sets that need no download, from the table that a reader sees."""
    from course_lib import datasets

    table = datasets.available()
    place = list(table.columns).index("needs download")
    names = [str(row[0]) for row in table.rows if row[place] == "no"]
    assert 30 <= len(names) < len(table.rows)
    return names


def test_every_bundled_data_set_loads_and_an_exercise_can_be_drawn(installed):
    python, empty = installed
    program = PROGRAM.replace("NAMES(datasets)", repr(bundled_names()))
    told = json.loads(run(python, "-c", program, cwd=empty))
    assert str(ROOT) not in told["where"] and "site-packages" in told["where"]
    assert told["sizes"].keys() == set(bundled_names()) and min(told["sizes"].values()) > 0
    assert told["types"] >= 7 and told["exercise"]
    assert told["heavy"] == [], "drawing an exercise must not import these"


def test_the_wheel_carries_the_licences_and_nothing_that_is_not_the_library(installed):
    python, empty = installed
    listing = "import importlib.metadata as m; print(*m.files('course-lib'), sep='\\n')"
    files = run(python, "-c", listing, cwd=empty).replace("\\", "/").split()
    assert any(re.search(r"dist-info/licenses/LICENSE$", name) for name in files)
    assert any(re.search(r"dist-info/licenses/LICENSE-text$", name) for name in files)
    outside = [n for n in files if not re.match(r"course_lib(-[^/]+\.dist-info)?/", n)]
    assert outside == []
    assert [n for n in files if "__pycache__" in n or n.endswith((".pyc", ".ipynb"))] == []
