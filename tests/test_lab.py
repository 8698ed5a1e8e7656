"""`make lab`: a reader's copies survive every update, and JupyterLab starts as it should."""

from __future__ import annotations

import datetime
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tools import lab

ROOT = Path(__file__).resolve().parent.parent
TODAY = datetime.date(2026, 11, 21)


# --- the copies -----------------------------------------------------------------------------


@pytest.fixture
def course(tmp_path):
    """A small course of two notebooks and a data file, and the folder for the reader's copies."""
    notebooks, work = tmp_path / "notebooks", tmp_path / "work"
    for name in ("start_here.ipynb", "2_networks/perceptron.ipynb", "coverage.csv"):
        (notebooks / name).parent.mkdir(parents=True, exist_ok=True)
        (notebooks / name).write_text(f"{name}, version 1", encoding="utf-8")
    (notebooks / ".ipynb_checkpoints").mkdir()
    (notebooks / ".ipynb_checkpoints/start_here.ipynb").write_text("x", encoding="utf-8")
    return notebooks, work


def files(folder: Path) -> dict[str, bytes]:
    found = (p for p in folder.rglob("*") if p.is_file() and ".course" not in p.parts)
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in found}


def test_the_first_time_everything_is_copied_and_nothing_else(course):
    notebooks, work = course
    assert lab.copy_course(notebooks, work, TODAY) == []
    expected = {k: v for k, v in files(notebooks).items() if "checkpoints" not in k}
    assert files(work) == expected and len(expected) == 3
    record = json.loads((work / ".course/copies.json").read_text(encoding="utf-8"))
    assert {k: v[0] for k, v in record.items()} == {k: lab.digest(v) for k, v in expected.items()}


def test_a_new_version_replaces_an_untouched_copy_and_spares_an_edited_one(course):
    notebooks, work = course
    lab.copy_course(notebooks, work, TODAY)
    (work / "start_here.ipynb").write_text("my notes", encoding="utf-8")
    for name in ("start_here.ipynb", "coverage.csv"):
        (notebooks / name).write_text("version 2", encoding="utf-8")
    (line,) = lab.copy_course(notebooks, work, TODAY)
    assert "start_here (new version 2026-11-21).ipynb" in line
    assert files(work)["start_here.ipynb"] == b"my notes"
    assert files(work)["start_here (new version 2026-11-21).ipynb"] == b"version 2"
    assert files(work)["coverage.csv"] == b"version 2"
    assert lab.copy_course(notebooks, work, TODAY) == [], "each version is offered once"
    (notebooks / "start_here.ipynb").write_text("version 3", encoding="utf-8")
    lab.copy_course(notebooks, work, TODAY)
    assert files(work)["start_here (new version 2026-11-21, 2).ipynb"] == b"version 3"


def notebook(text: str, output: str) -> str:
    outputs = [{"output_type": "stream", "name": "stdout", "text": output}]
    cell = {"cell_type": "code", "source": [text], "outputs": outputs, "id": "a", "metadata": {}}
    return json.dumps({"cells": [cell], "metadata": {"x": output}, "nbformat": 4})


@pytest.mark.parametrize("typed", [False, True])
def test_a_copy_that_was_only_run_is_replaced_and_kept_and_one_typed_in_is_spared(course, typed):
    notebooks, work = course
    name = "2_networks/perceptron.ipynb"
    (notebooks / name).write_text(notebook("step(x)", "1"), encoding="utf-8")
    lab.copy_course(notebooks, work, TODAY)
    mine = notebook("step(y)" if typed else "step(x)", "2").encode()
    (work / name).write_bytes(mine)
    assert lab.copy_course(notebooks, work, TODAY) == [] and files(work)[name] == mine
    newer = notebook("step(z)", "3").encode()
    (notebooks / name).write_bytes(newer)
    kept = work / ".course/replaced/2_networks/perceptron (2026-11-21).ipynb"
    assert len(lab.copy_course(notebooks, work, TODAY)) == typed
    assert files(work)[name] == (mine if typed else newer)
    assert kept.exists() != typed and (typed or kept.read_bytes() == mine)
    assert (newer in files(work).values()) and lab.copy_course(notebooks, work, TODAY) == []


def test_a_deleted_copy_comes_back_fresh(course):
    notebooks, work = course
    lab.copy_course(notebooks, work, TODAY)
    (work / "start_here.ipynb").unlink()
    lab.copy_course(notebooks, work, TODAY)
    assert files(work)["start_here.ipynb"] == b"start_here.ipynb, version 1"


@pytest.mark.parametrize("record", ["", "{", "[1]", '{"start_here.ipynb": 3}'])
def test_without_a_readable_record_nothing_is_replaced(course, record):
    notebooks, work = course
    lab.copy_course(notebooks, work, TODAY)
    (work / ".course/copies.json").write_text(record, encoding="utf-8")
    (notebooks / "start_here.ipynb").write_text("version 2", encoding="utf-8")
    assert len(lab.copy_course(notebooks, work, TODAY)) == 1
    assert files(work)["start_here.ipynb"] == b"start_here.ipynb, version 1"


@pytest.mark.parametrize("seed", range(40))
def test_what_the_reader_wrote_is_never_touched(course, seed):
    """Random edits, deletions, updates, downgrades, kills and lost records, in any order."""
    notebooks, work = course
    draw = random.Random(seed)
    names = ["start_here.ipynb", "2_networks/perceptron.ipynb", "coverage.csv", "new.ipynb"]
    # (The contents are no JSON, so that running is editing here; see the test above.)
    written: dict[str, bytes] = {}  # what the reader last saved under each name
    seen: set[tuple[str, bytes]] = set()  # what the reader has been given, by name without ending
    for step in range(40):
        action = draw.choice(["edit", "edit beside", "delete", "release", "release", "lose", "lab"])
        name = draw.choice(names)
        if action == "edit":
            written[name] = f"mine {step}".encode()
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            (work / name).write_bytes(written[name])
        elif action == "edit beside":
            offered = sorted(n for n in files(work) if "(new version" in n)
            if offered:
                written[offered[-1]] = f"mine {step}".encode()
                (work / offered[-1]).write_bytes(written[offered[-1]])
        elif action == "delete" and (work / name).exists():
            (work / name).unlink()
            written.pop(name, None)
        elif action == "release":
            (notebooks / name).write_text(f"version {draw.randint(1, 4)}", encoding="utf-8")
        elif action == "lose":
            (work / ".course/copies.json").unlink(missing_ok=True)
        before = files(work)
        lab.copy_course(notebooks, work, TODAY)
        after = files(work)
        assert {n: after.get(n) for n in written} == written
        assert set(before) <= set(after), "a file was deleted"
        seen |= {(re.split(r" \(new version|\.", n)[0], content) for n, content in after.items()}
        for path in lab.sources(notebooks):
            name = path.relative_to(notebooks).as_posix()
            assert (name.split(".")[0], path.read_bytes()) in seen, "a version was never offered"


@pytest.mark.parametrize("writes", range(6))
def test_a_kill_between_two_writes_loses_nothing(course, monkeypatch, writes):
    notebooks, work = course
    lab.copy_course(notebooks, work, TODAY)
    (work / "start_here.ipynb").write_text("mine", encoding="utf-8")
    for path in lab.sources(notebooks):
        path.write_text("version 2", encoding="utf-8")
    left, real = [writes], os.replace

    def replace(source, target):
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1
        real(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", replace)
        try:
            lab.copy_course(notebooks, work, TODAY)
        except KeyboardInterrupt:
            assert writes < 4
    lab.copy_course(notebooks, work, TODAY)
    assert files(work)["start_here.ipynb"] == b"mine"
    assert files(work)["coverage.csv"] == files(work)["2_networks/perceptron.ipynb"] == b"version 2"
    assert not list(work.rglob("*.tmp"))


# --- the server -----------------------------------------------------------------------------


def test_settings_for_a_hub_join_those_that_are_there(tmp_path, capsys):
    folder = tmp_path / "share/jupyter/lab/settings"
    assert lab.main(["--settings", str(folder)]) == 0
    path = folder / "overrides.json"
    assert capsys.readouterr().out.strip() == str(path)
    assert json.loads(path.read_text(encoding="utf-8")) == lab.OVERRIDES
    path.write_text('{"theirs": {"kept": true}}', encoding="utf-8")
    lab.main(["--settings", str(folder)])
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "theirs": {"kept": True},
        **lab.OVERRIDES,
    }
    path.write_text("{", encoding="utf-8")
    with pytest.raises(SystemExit, match="is not JSON"):
        lab.main(["--settings", str(folder)])
    assert path.read_text(encoding="utf-8") == "{"


def test_loopback_goes_past_a_proxy(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "intranet.example")
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    assert lab.environment(tmp_path)["no_proxy"] == "intranet.example,127.0.0.1,localhost"
    monkeypatch.delenv("no_proxy")
    assert lab.environment(tmp_path)["NO_PROXY"].endswith("127.0.0.1,localhost")


def test_a_kernel_takes_one_thread_unless_the_reader_says_otherwise(tmp_path, monkeypatch):
    for name in lab.THREADS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MKL_NUM_THREADS", "8")
    found = lab.environment(tmp_path)
    assert [found[name] for name in lab.THREADS] == ["1", "8", "1"]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a display")
def test_without_a_display_no_browser_is_looked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    assert "--no-browser" not in lab.command(tmp_path, tmp_path, [])
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert "--no-browser" in lab.command(tmp_path, tmp_path, [])


def foreign_kernel(home: Path) -> None:
    """A kernelspec named python3 in the reader's home, of some other Python that does not start."""
    for place in (".local/share/jupyter", "Library/Jupyter", "AppData/Roaming/jupyter"):
        folder = home / place / "kernels/python3"
        folder.mkdir(parents=True)
        text = json.dumps({"argv": ["/nowhere/python"], "display_name": "Foreign", "language": "x"})
        (folder / "kernel.json").write_text(text, encoding="utf-8")


@pytest.fixture
def checkout(tmp_path):
    """A small checkout, its tools real, with a home that holds a foreign kernel."""
    root = tmp_path / "checkout"
    shutil.copytree(ROOT / "tools", root / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "course_lib").mkdir()
    shutil.copytree(
        ROOT / "course_lib/plotting",
        root / "course_lib/plotting",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    (root / "notebooks").mkdir()
    empty = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (root / "notebooks/start_here.ipynb").write_text(json.dumps(empty), encoding="utf-8")
    foreign_kernel(tmp_path / "home")
    return root, tmp_path / "home"


@pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")
def test_the_lab_opens_on_a_taken_port_with_our_kernel_and_settings(checkout):
    root, home = checkout
    variables = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "JUPYTER_PATH", "JUPYTER_CONFIG_DIR")
    }
    variables |= {"HOME": str(home), "http_proxy": "http://127.0.0.1:9", "all_proxy": "socks5://x"}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, str(root / "tools/lab.py"), f"--ServerApp.port={port}"]
        log = home / "log"
        with log.open("w", encoding="utf-8") as file:
            server = subprocess.Popen(
                command, env=variables, stdout=file, stderr=file, cwd=home, start_new_session=True
            )
        try:
            address, token = wait_for_address(server, log)
            assert f":{port}/" not in address

            def get(path: str) -> str:
                request = urllib.request.Request(
                    address + path, headers={"Authorization": f"token {token}"}
                )
                opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
                with opener.open(request, timeout=20) as answer:
                    return answer.read().decode("utf-8")

            assert "jupyter-config-data" in get("lab/tree/start_here.ipynb")
            assert [item["name"] for item in json.loads(get("api/contents"))["content"]] == [
                "start_here.ipynb"
            ]
            kernel = json.loads(get("api/kernelspecs"))["kernelspecs"]["python3"]["spec"]
            assert kernel["display_name"] != "Foreign"
            settings = json.loads(get("lab/api/settings/@jupyterlab/notebook-extension:tracker"))
            assert settings["schema"]["properties"]["windowingMode"]["default"] == "none"
            news = json.loads(get("lab/api/settings/@jupyterlab/apputils-extension:notification"))
            assert news["schema"]["properties"]["fetchNews"]["default"] == "false"
            os.killpg(server.pid, signal.SIGINT)  # what Ctrl-C does
            assert server.wait(timeout=15) == 0
            said = log.read_text(encoding="utf-8")
            assert "Traceback" not in said, said
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)


def wait_for_address(server: subprocess.Popen, log: Path) -> tuple[str, str]:
    """The address and the token that JupyterLab printed."""
    for _ in range(300):
        text = log.read_text(encoding="utf-8")
        found = re.search(
            r"(http://127\.0\.0\.1:\d+/)lab/tree/start_here\.ipynb\?token=(\w+)", text
        )
        if found:
            return found.group(1), found.group(2)
        assert server.poll() is None, text
        time.sleep(0.1)
    raise AssertionError("no address within 30 seconds:\n" + text)
