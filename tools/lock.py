"""Write requirements.lock, and the same versions into environment.yml, from what is installed.

For those who maintain the course: bring .venv to the versions you want, run the tests, then
`.venv/bin/python tools/lock.py`. It follows pyproject.toml's dependencies (run-time, tests, site)
through everything they need, on Linux, macOS and Windows.
"""

from __future__ import annotations

import importlib.metadata
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PLATFORMS = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "darwin": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    "win32": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
}
# Needed on other systems only, so the versions cannot be read off a Linux machine.
ELSEWHERE = {"appnope": "0.1.4", "colorama": "0.4.6", "pywinpty": "3.0.5"}
# conda-forge's PyTorch takes the CPU build where there is no GPU (pip's brings CUDA on Linux).
FROM_CONDA = {"numpy": "numpy", "torch": "pytorch"}
HEADER = """\
# Exact versions that the course is tested with; tools/lock.py writes this file.
# torch is named without a build (+cpu, +cu...) and nothing has a hash: the builds differ.
"""


def direct() -> list[str]:
    """What the course asks for itself: at run time, for its tests, for its site."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return [*project["dependencies"], *extras["test"], *extras["site"]]


def needed(platform: str) -> set[str]:
    """Canonical names of all packages that the course needs on the platform, torch's GPU aside."""
    todo = [Requirement(text) for text in [*direct(), "setuptools"]]
    seen: set[tuple[str, str]] = set()
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        for extra in ["", *requirement.extras]:
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            if name in ELSEWHERE:
                continue
            for text in importlib.metadata.requires(name) or []:
                inner = Requirement(text)
                environment = {**PLATFORMS[platform], "extra": extra}
                if inner.marker is None or inner.marker.evaluate(environment):
                    todo.append(inner)
    return {name for name, _ in seen}


def lines() -> list[str]:
    """One `name==version` a package, with a marker where not every system needs it."""
    needs = {platform: needed(platform) for platform in PLATFORMS}
    result = []
    for name in sorted(set().union(*needs.values())):
        version = ELSEWHERE.get(name) or importlib.metadata.version(name).split("+")[0]
        on = [platform for platform in PLATFORMS if name in needs[platform]]
        if len(on) == len(PLATFORMS):
            marker = ""
        elif len(on) == 1:
            marker = f' ; sys_platform == "{on[0]}"'
        else:
            (off,) = set(PLATFORMS) - set(on)
            marker = f' ; sys_platform != "{off}"'
        result.append(f"{name}=={version}{marker}")
    return result


def environment(locked: list[str]) -> str:
    """The text of environment.yml: the few packages from conda-forge, then pip's part."""
    wanted = {canonicalize_name(Requirement(text).name) for text in direct()}
    versions = dict(line.split(" ")[0].split("==") for line in locked)
    pins = [f"{name}=={versions[name]}" for name in sorted(wanted - FROM_CONDA.keys())]
    return "\n".join(
        [
            "# For conda, mamba and Binder. Versions as in requirements.lock (a test compares).",
            "name: course",
            "channels: [conda-forge, nodefaults]",
            "dependencies:",
            "  - python=3.13",
            "  - pip",
            *(f"  - {theirs}={versions[ours]}" for ours, theirs in FROM_CONDA.items()),
            "  - pip:",
            *(f"      - {pin}" for pin in pins),
            "      - -e .",
            "",
        ]
    )


if __name__ == "__main__":
    locked = lines()
    (ROOT / "requirements.lock").write_text(
        HEADER + "\n".join(locked) + "\n", encoding="utf-8", newline="\n"
    )
    (ROOT / "environment.yml").write_text(environment(locked), encoding="utf-8", newline="\n")
    print(f"{len(locked)} packages locked")
