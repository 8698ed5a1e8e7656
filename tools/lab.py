"""Open the course in JupyterLab: your own copies of the notebooks, in work/.

`make lab` calls it; on Windows: `.venv\\Scripts\\python tools\\lab.py`. The committed notebooks are
templates. Each is copied to work/ once; from then on the copy is yours. When a newer version of
the course arrives, a copy that you never changed is replaced, and beside one that you did change
the newer version is put under a name that says so. A copy whose cells you only ran (other outputs,
the same text) is replaced too, and kept in work/.course/replaced. Nothing is ever deleted or
overwritten that is not, byte for byte, what this program wrote.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECORD = ".course/copies.json"
WEBSOCKET = "course_lib.plotting.websocket"  # sets TCP_NODELAY: a dragged slider stays smooth
# One thread to a kernel, unless the reader says otherwise: the course's nets are too small to
# share, and on a busy machine threads that wait for each other take many times as long.
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
OVERRIDES = {
    # No toast over the lower right corner, no call to the outside.
    "@jupyterlab/apputils-extension:notification": {
        "checkForUpdates": False,
        "doNotDisturbMode": True,
        "fetchNews": "false",
    },
    # Off-screen cells stay in the page: players keep playing, links to headings land.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}
# JupyterLab reads font sizes from the reader's own settings only: written once, theirs from then.
FONTS = {"overrides": {"content-font-size1": "15px", "code-font-size": "14px"}}


# --- the copies -----------------------------------------------------------------------------


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write(path: Path, content: bytes) -> None:
    """Write the file whole or not at all: a reader never meets half a notebook."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".course-", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def sources(notebooks: Path) -> list[Path]:
    """What a reader gets: notebooks and the files they use, not what editors leave behind."""
    return sorted(
        path
        for path in notebooks.rglob("*")
        if path.is_file()
        and not any(
            part.startswith((".", "__pycache__")) for part in path.relative_to(notebooks).parts
        )
    )


def essence(name: str, content: bytes) -> str:
    """SHA-256 of what a reader types: a notebook's cells without outputs; else of the bytes."""
    if name.endswith(".ipynb"):
        try:
            cells = [
                (cell["cell_type"], "".join(cell["source"]), cell.get("attachments"))
                for cell in json.loads(content)["cells"]
            ]
        except (ValueError, KeyError, TypeError, AttributeError):
            return digest(content)
        return digest(json.dumps(cells, sort_keys=True).encode("utf-8"))
    return digest(content)


def read_record(path: Path) -> dict[str, list[str]]:
    """For each name the SHA-256 and the essence last offered; empty without a readable record."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}  # then nothing counts as untouched, and nothing is replaced
    if not isinstance(record, dict):
        return {}
    return {k: v for k, v in record.items() if isinstance(v, list) and len(v) == 2}


def free_name(path: Path, label: str) -> Path:
    """A name like `perceptron (new version 2026-11-21).ipynb` that no file has."""
    candidate = path.with_name(f"{path.stem} ({label}){path.suffix}")
    number = 2
    while os.path.lexists(candidate):
        candidate = path.with_name(f"{path.stem} ({label}, {number}){path.suffix}")
        number += 1
    return candidate


def copy_course(notebooks: Path, work: Path, today: datetime.date) -> list[str]:
    """Bring work/ up to date with notebooks/ and return a line for each edited file spared.

    For every file: no copy yet, copy it; the reader changed nothing, replace it; the reader
    changed it and the course did not, leave it; both changed, put the new version beside it.
    """
    record = read_record(work / RECORD)
    before = dict(record)
    news = []
    for source in sources(notebooks):
        name = source.relative_to(notebooks).as_posix()
        target = work / name
        content = source.read_bytes()
        new = [digest(content), essence(name, content)]
        offered = record.get(name, ["", ""])
        mine = target.read_bytes() if target.is_file() else None
        if not os.path.lexists(target):
            write(target, content)
        elif mine == content:
            pass
        elif mine is not None and digest(mine) == offered[0]:
            write(target, content)
        elif mine is not None and essence(name, mine) in (offered[1], new[1]):
            if offered != new:  # ran, not edited: the outputs may be dear, so they are kept
                write(free_name(work / ".course/replaced" / name, today.isoformat()), mine)
                write(target, content)
        elif offered != new:
            place = free_name(target, f"new version {today.isoformat()}")
            write(place, content)
            news.append(f"You changed {name}; the course's new version is beside it: {place.name}")
        record[name] = new
    if record != before:
        text = json.dumps(record, indent=1, sort_keys=True) + "\n"
        write(work / RECORD, text.encode("utf-8"))
    return news


# --- JupyterLab -----------------------------------------------------------------------------


def environment(settings: Path) -> dict[str, str]:
    """The server's environment: our kernel first, nothing of ours in the reader's home."""
    result = {**dict.fromkeys(THREADS, "1"), **os.environ}
    ours = str(Path(sys.prefix) / "share" / "jupyter")
    result["JUPYTER_PATH"] = os.pathsep.join([ours, *filter(None, [result.get("JUPYTER_PATH")])])
    result["JUPYTERLAB_SETTINGS_DIR"] = str(settings / "settings")
    result["JUPYTERLAB_WORKSPACES_DIR"] = str(settings / "workspaces")
    result["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    for name in ("no_proxy", "NO_PROXY"):
        hosts = [host for host in result.get(name, "").split(",") if host]
        result[name] = ",".join(dict.fromkeys([*hosts, "127.0.0.1", "localhost"]))
    return result


def command(folder: Path, settings: Path, arguments: list[str]) -> list[str]:
    """The JupyterLab that opens `folder` on start_here, with the course's settings."""
    result = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    result += [f"--LabServerApp.app_settings_dir={settings / 'app'}"]
    result += ["--ServerApp.port_retries=100", "--Application.log_level=ERROR"]
    result.append("--LabApp.extension_manager=readonly")  # the other one asks a package index
    result.append("--LanguageServerManager.autodetect=False")  # nor look for servers with npm
    if ROOT.joinpath(*WEBSOCKET.split(".")).with_suffix(".py").is_file():
        result.append(f"--ServerApp.jpserver_extensions={WEBSOCKET}=True")
    if (folder / "start_here.ipynb").exists():
        result.append("--LabApp.default_url=/lab/tree/start_here.ipynb")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        result.append("--allow-root")
    if not has_display(os.environ):
        result.append("--no-browser")
    return result + arguments


def has_display(variables: dict[str, str] | os._Environ[str]) -> bool:
    """Whether a browser can open: always on Windows and macOS, with a display server elsewhere."""
    if sys.platform in ("win32", "darwin"):
        return "SSH_CONNECTION" not in variables
    return bool(variables.get("DISPLAY") or variables.get("WAYLAND_DISPLAY"))


def serve(arguments: list[str], variables: dict[str, str]) -> int:
    """Run JupyterLab until it ends; Ctrl-C stops it without asking and without a traceback."""
    server = subprocess.Popen(arguments, env=variables, stdin=subprocess.DEVNULL)
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    while True:
        try:
            return server.wait()
        except KeyboardInterrupt:
            continue


def write_settings(path: Path, kept: dict[str, object]) -> None:
    write(path, (json.dumps({**kept, **OVERRIDES}, indent=1) + "\n").encode("utf-8"))


def add_settings(folder: Path) -> Path:
    """Put the course's settings into a hub's overrides.json; what else it holds stays."""
    path = folder / "overrides.json"
    try:
        there = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError as error:
        raise SystemExit(f"{path} is not JSON ({error}): mend it or remove it.") from None
    write_settings(path, there)
    return path


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Open the course in JupyterLab.")
    parser.add_argument("--dev", action="store_true", help="open notebooks/, not your copies")
    parser.add_argument(
        "--settings",
        type=Path,
        metavar="FOLDER",
        help="only write the course's JupyterLab settings into FOLDER, for a hub "
        "(its <environment>/share/jupyter/lab/settings), and keep those that are there",
    )
    options, rest = parser.parse_known_args(arguments)
    if options.settings:
        print(add_settings(options.settings))
        return 0
    folder = ROOT / ("notebooks" if options.dev else "work")
    settings = ROOT / "work" / ".course"
    write_settings(settings / "app" / "overrides.json", kept={})  # ours alone: written anew
    fonts = settings / "settings/@jupyterlab/apputils-extension/themes.jupyterlab-settings"
    if not fonts.exists():
        write(fonts, (json.dumps(FONTS, indent=1) + "\n").encode("utf-8"))
    if not options.dev:
        for line in copy_course(ROOT / "notebooks", folder, datetime.date.today()):
            print(line)
    print("Opening JupyterLab; Ctrl-C here stops it.", flush=True)
    return serve(command(folder, settings, rest), environment(settings))


if __name__ == "__main__":
    sys.exit(main())
