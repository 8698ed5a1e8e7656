"""Make .venv with everything the course needs, or finish what an earlier call began.

`make lab` and `make test` call this first; on Windows: `py tools/setup.py`. When nothing is to be
done it returns at once. Standard library only, and in a dialect that Python 3.6 still reads (so no
`from __future__ import annotations`): whoever has an old python3 first on the PATH should get a
newer one found, or a clear line, not a syntax error.
"""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator

ROOT = Path(__file__).resolve().parent.parent
NEWEST, OLDEST = (3, 14), (3, 11)
LINUX_SIZE = "2.8 GB"
ADVICE = """\
The course needs a Python from 3.11 to 3.14 that can make virtual environments; none was found here.
  Debian, Ubuntu   sudo apt-get install python3 python3-venv
  macOS            brew install python@3.13
  Windows          winget install Python.Python.3.13
or install uv, which brings its own Python."""


class SetupError(RuntimeError):
    """The set-up cannot go on; the message says in a line or two what to do about it."""


def say(text: str) -> None:
    print(text, flush=True)


# --- which interpreter ----------------------------------------------------------------------


def candidates(search_path: str, windows: bool = os.name == "nt") -> "list[list[str]]":
    """Commands that may start a Python, best first: every python3.14 on the path, then 3.13 ..."""
    minors = range(NEWEST[1], OLDEST[1] - 1, -1)
    found: "list[list[str]]" = []
    if windows:
        launcher = shutil.which("py", path=search_path)
        found += [[launcher, "-3.%d" % minor] for minor in minors if launcher]
    for name in ["python3.%d" % minor for minor in minors] + ["python3"]:
        for folder in search_path.split(os.pathsep):
            # Not only the first hit: a pyenv shim that fails may hide a Python that works.
            program = shutil.which(name, path=folder) if folder else None
            if program and [program] not in found:
                found.append([program])
    if [sys.executable] not in found:
        found.append([sys.executable])
    return found


def version(command: "list[str]") -> "tuple[int, int] | None":
    """(major, minor) of the Python that the command starts, None if it starts none."""
    answer = output([*command, "-c", "import sys; print('%d %d' % sys.version_info[:2])"])
    words = (answer or "").split()
    return (int(words[0]), int(words[1])) if len(words) == 2 else None


def output(command: "list[str]", environment: "dict[str, str] | None" = None) -> "str | None":
    """What the command prints on standard output, None if it fails or hangs."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            universal_newlines=True,
            timeout=600,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def python_of(venv: Path) -> Path:
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def works(venv: Path) -> bool:
    """Whether the environment has a Python of a version that we support, and a pip that starts."""
    python = str(python_of(venv))
    found = version([python])
    has_pip = found is not None and output([python, "-m", "pip", "--version"]) is not None
    return found is not None and OLDEST <= found <= NEWEST and has_pip


def make_environment(venv: Path, search_path: str) -> None:
    """Make `venv` with the first Python that really can, else with uv. Raises SetupError."""
    for command in candidates(search_path):
        found = version(command)
        if found is None or not OLDEST <= found <= NEWEST:
            continue
        remove(venv)
        # Debian's python3 without python3-venv fails here, halfway: the next one gets its turn.
        if output([*command, "-m", "venv", str(venv)]) is not None and works(venv):
            say("Made .venv with Python %d.%d (%s)." % (found + (" ".join(command),)))
            return
    remove(venv)
    uv = shutil.which("uv", path=search_path)
    wanted = ">=%d.%d,<%d.%d" % (OLDEST + (NEWEST[0], NEWEST[1] + 1))
    if uv and output([uv, "venv", "--seed", "--python", wanted, str(venv)]) is not None:
        if works(venv):
            say("Made .venv with uv.")
            return
    remove(venv)
    raise SetupError(ADVICE)


def remove(folder: Path) -> None:
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(str(folder))


# --- what to install ------------------------------------------------------------------------


def pip_settings(environment: "dict[str, str]", pip_config: str) -> "dict[str, str]":
    """pip's settings from `pip config list` (lines section.key='value') and PIP_* variables."""
    settings = dict(re.findall(r"^[^\n=]*\.([a-z-]+)='(.*)'\s*$", pip_config, re.MULTILINE))
    for name, value in environment.items():
        if name.startswith("PIP_") and value:
            settings[name[4:].lower().replace("_", "-")] = value
    return settings


def torch_probe(environment: "dict[str, str]", pip_config: str) -> "list[str] | None":
    """pip's arguments that look for torch only where pip was told to look beside its usual index.

    None where there is nothing of the kind.
    """
    settings = pip_settings(environment, pip_config)
    extra = settings.get("extra-index-url", "").split()
    if not extra and not settings.get("find-links"):
        return None
    only = ["--index-url", extra[0]] if extra else ["--no-index"]
    return ["install", "--quiet", "--dry-run", "--ignore-installed", "--no-deps", *only]


def torch_command(
    environment: "dict[str, str]",
    pip_config: str,
    platform: str,
    has_uv: bool,
    offered: bool = False,
    python: str = "python",
) -> "list[str]":
    """The command that installs torch: pip as configured, else uv, else plain pip.

    `offered` says whether the probe above found torch; `platform` is spelled as in sys.platform.
    """
    settings = pip_settings(environment, pip_config)
    configured = offered or "index-url" in settings or "no-index" in settings
    what = ["-c", "requirements.lock", "torch==" + locked_version("torch")]
    # uv picks the CPU build where there is no GPU; on macOS there is but one build.
    if has_uv and not configured and platform != "darwin":
        return [python, "-m", "uv", "pip", "install", "--python", python] + [
            "--torch-backend=auto",
            *what,
        ]
    return [python, "-m", "pip", "install", "--no-compile", *what]


def locked_version(name: str) -> str:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    found = re.search(r"^%s==(\S+)" % re.escape(name), lock, re.MULTILINE)
    if not found:
        raise SetupError("requirements.lock does not pin %s." % name)
    return found.group(1)


# A package whose installation was killed halfway looks installed to pip: compare with its RECORD.
FIND_DAMAGED = """
import importlib.metadata, pathlib
for package in importlib.metadata.distributions():
    name = package.metadata["Name"]
    files = package.files
    if name is None or files is None:
        print(getattr(package, "_path", ""), "", sep="\\t")
        continue
    for file in files:
        place = pathlib.Path(package.locate_file(file))
        if not place.exists() or (file.size is not None and place.stat().st_size != file.size):
            print(getattr(package, "_path", ""), name, sep="\\t")
            break
"""


def forget_damaged(python: str) -> None:
    """Drop the records of half-installed packages, so that pip installs them again."""
    for line in (output([python, "-c", FIND_DAMAGED]) or "").splitlines():
        place, _, name = line.partition("\t")
        if name.lower() != "pip" and place.endswith((".dist-info", ".egg-info")):
            say("Installing %s again: it was left half-installed." % (name or Path(place).name))
            remove(Path(place))


def install(venv: Path, environment: "dict[str, str]") -> None:
    """Install torch, then the lock, then the course itself (editable). Raises SetupError."""
    python = str(python_of(venv))
    forget_damaged(python)
    there = output([python, "-c", "import importlib.metadata as m; print(m.version('torch'))"])
    if (there or "").split("+")[0].strip() != locked_version("torch"):
        install_torch(python, environment)
    say("Installing the packages of requirements.lock (a minute or two) ...")
    pip = [python, "-m", "pip", "install", "--quiet", "--no-compile"]
    run([*pip, "-r", "requirements.lock"], environment)
    run([*pip, "--no-deps", "--no-build-isolation", "-e", "."], environment)
    # pip would compile one file after the other, and the libraries' own tests with them.
    skipped = "[/\\\\]tests?[/\\\\]"
    output([python, "-m", "compileall", "-qq", "-j", "0", "-x", skipped, str(venv)], environment)


def install_torch(python: str, environment: "dict[str, str]") -> None:
    config = output([python, "-m", "pip", "config", "list"], environment) or ""
    wanted = "torch==" + locked_version("torch")
    probe = torch_probe(environment, config)
    offered = probe is not None and (
        output([python, "-m", "pip", *probe, wanted], environment) is not None
    )

    def command(has_uv: bool) -> "list[str]":
        return torch_command(environment, config, sys.platform, has_uv, offered, python)

    if "uv" in command(has_uv=True):
        if output([python, "-m", "pip", "install", "--quiet", "uv"], environment) is not None:
            say("Installing torch (uv chooses the build for this machine) ...")
            with contextlib.suppress(SetupError):  # no way to its index: pip is tried instead
                return run(command(has_uv=True), environment)
        size = " (%s on Linux, with the CUDA libraries)" % LINUX_SIZE
        say("Installing torch with pip%s ..." % (size if sys.platform == "linux" else ""))
    else:
        say("Installing torch from where pip is configured to look ...")
    run(command(has_uv=False), environment)


def run(command: "list[str]", environment: "dict[str, str]") -> None:
    status = subprocess.call(command, cwd=str(ROOT), env=environment)
    if status:
        shown = " ".join(command)
        raise SetupError("This failed (exit status %d), see above:\n  %s" % (status, shown))


def clean_environment(environment: "dict[str, str]") -> "dict[str, str]":
    """The environment without what would lead pip out of .venv."""
    leads_away = {"PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"}
    kept = {name: value for name, value in environment.items() if name not in leads_away}
    return dict(kept, PIP_USER="0", PIP_DISABLE_PIP_VERSION_CHECK="1", PYTHONNOUSERSITE="1")


# --- the whole ------------------------------------------------------------------------------


@contextlib.contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the lock file: of two set-ups at once the second waits. A killed one lets go."""
    with path.open("a+", encoding="utf-8") as file:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            while True:
                with contextlib.suppress(OSError):  # gives up after ten seconds: ask again
                    msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
                    break
        else:
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                say("Another set-up is running; waiting for it ...")
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


def fingerprint(venv: Path) -> "str | None":
    """What the environment was made from; None if its Python does not start."""
    python = output([str(python_of(venv)), "-c", "import sys; print(sys.version, sys.prefix)"])
    if python is None:
        return None
    digest = hashlib.sha256(python.encode("utf-8"))
    for name in ("requirements.lock", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def set_up(venv: Path) -> bool:
    """Bring the environment up to date; True if there was something to do. Raises SetupError."""
    stamp = venv / "course-setup.stamp"  # written last: without it the set-up is unfinished

    def finished() -> bool:
        return stamp.is_file() and stamp.read_text(encoding="utf-8") == fingerprint(venv)

    if finished():
        return False
    with only_one(ROOT / ".setup.lock"):
        if finished():  # by the set-up that we waited for
            return False
        if stamp.is_file():
            stamp.unlink()
        environment = clean_environment(dict(os.environ))
        if not works(venv):
            make_environment(venv, environment.get("PATH", os.defpath))
        install(venv, environment)
        stamp.write_text(fingerprint(venv) or "", encoding="utf-8")
    return True


def main() -> int:
    start = time.time()
    try:
        if set_up(ROOT / ".venv"):
            say("The environment is ready (%.0f s)." % (time.time() - start))
    except SetupError as error:
        sys.stdout.flush()
        print(str(error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; the next call goes on from here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
