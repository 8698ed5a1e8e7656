"""The folder for a classroom without a network: a clone, wheels, and how to begin."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools import stick


def test_the_stick_holds_a_clone_the_wheels_and_the_line_to_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    home = tmp_path / "course"
    subprocess.run(["git", "init", "-q", str(home)], check=True)
    (home / "requirements.lock").write_text("", encoding="utf-8")  # nothing to fetch
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "add", "."], cwd=home, check=True)
    subprocess.run(["git", *who, "commit", "-q", "-m", "course"], cwd=home, check=True)
    monkeypatch.setattr(stick, "ROOT", home)
    for _ in range(2):  # filled again, it is brought up to date
        assert stick.main(["--to", str(tmp_path / "stick")]) == 0
    assert (tmp_path / "stick/course/requirements.lock").exists()
    remotes = ["git", "remote"]
    done = subprocess.run(remotes, cwd=tmp_path / "stick/course", capture_output=True, check=True)
    assert done.stdout == b"", "the clone must not point at a path of this machine"
    text = (tmp_path / "stick/START.txt").read_text(encoding="utf-8")
    assert "PIP_NO_INDEX=1" in text
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}" in text
    assert "see START.txt" in capsys.readouterr().out


def test_what_pip_refuses_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(stick, "ROOT", tmp_path)  # no repository here
    assert stick.main(["--to", str(tmp_path / "stick")]) == 1
    assert "This failed: git clone" in capsys.readouterr().err
