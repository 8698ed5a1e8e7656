"""Progress: kept through kills, upgrades, damage and two notebooks at once."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from course_lib import exam
from course_lib.exam.progress import MIGRATIONS, VERSION, Progress, ProgressError

module = sys.modules["course_lib.exam.progress"]  # exam.progress is the function


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "progress.sqlite"


def tried(answers: dict[str, str], seed: int = 4):
    attempt = exam.new("perceptron.distance", seed=seed).attempt()
    attempt.mark(answers)
    return attempt


def right(name: str, seed: int = 4) -> str:
    exercise = exam.new("perceptron.distance", seed=seed)
    return exercise.step(name).answer.show(exercise.answers[name])


def keep(store: Progress, attempt, place="practice"):
    return store.keep(place, attempt.exercise.id, attempt.to_dict())


def test_an_attempt_comes_back_as_it_was(path):
    attempt = tried({"score": right("score"), "norm": "99"})
    keep(Progress(path), attempt)
    again = exam.Attempt.from_dict(Progress(path).attempt("practice", attempt.exercise.id))
    assert again.to_dict() == attempt.to_dict()
    assert again.marks == attempt.marks > 0


def test_a_worse_later_try_never_lowers_a_mark(path):
    good = tried({"score": right("score")})
    keep(Progress(path), good)
    worse = tried({"score": "1234", "norm": right("norm")})
    keep(Progress(path), worse)
    row = Progress(path).attempts("practice")[0]
    merged = exam.Attempt.from_dict(row["data"])
    assert merged.best["score"].status == "right" and merged.best["norm"].status == "right"
    assert merged.answers["score"] == "1234"
    assert row["earned"] == float(merged.marks) > float(good.marks)
    assert row["possible"] == float(merged.exercise.marks)


def test_a_draft_is_the_last_text_and_another_notebook_s_stays(path):
    one, two = Progress(path), Progress(path)
    one.draft("practice", "e", "a", "1", typed=10)
    one.draft("practice", "e", "b", ["x", "y"], typed=10)
    two.draft("practice", "e", "a", "12", typed=11)
    one.draft("practice", "e", "a", "", typed=12)
    assert one.drafts("practice") == two.drafts("practice") == {"e": {"a": "", "b": ["x", "y"]}}
    assert two.drafts("practice", until=11.5) == {"e": {"a": "12", "b": ["x", "y"]}}
    assert two.drafts("mock") == {}


WRITER = """
import sys
from course_lib.exam.progress import Progress
store = Progress(sys.argv[1])
for i in range(int(sys.argv[3])):
    store.draft("practice", "e", f"{sys.argv[2]}{i}", f"text {i}")
    store.change("mock/1", lambda state: {"count": (state or {"count": 0})["count"] + 1})
"""


def test_two_processes_write_at_once_and_nothing_is_lost(path):
    """Both also make the file, at the same moment."""
    path.parent.mkdir()
    pair = [subprocess.Popen([sys.executable, "-c", WRITER, path, name, "60"]) for name in "AB"]
    assert [process.wait(60) for process in pair] == [0, 0]
    store = Progress(path)
    assert len(store.drafts("practice")["e"]) == 120
    assert store.exam("mock/1") == {"count": 120}


def version_1(path: Path) -> dict:
    """A file as the first release wrote it."""
    attempt = tried({"score": right("score")})
    data = attempt.to_dict()
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as db:
        for statement in MIGRATIONS[0]:
            db.execute(statement)
        db.execute(f"PRAGMA application_id={module.OURS}")
        db.execute("PRAGMA user_version=1")
        row = ("practice", attempt.exercise.id, 1.0, 7.0, 5.0, 6.0, json.dumps(data))
        db.execute("INSERT INTO attempts VALUES (?,?,?,?,?,?,?)", row)
        db.execute("INSERT INTO drafts VALUES ('practice','e','norm','\"1,4\"',7.0)")
        db.execute("INSERT INTO cards VALUES ('perceptron.distance', 5.0, '{\"step\": 1}')")
        db.commit()
    return data


def test_a_file_of_version_1_is_upgraded_and_a_copy_kept(path):
    data = version_1(path)
    before = path.read_bytes()
    store = Progress(path)
    assert store.attempt("practice", "perceptron.distance.v1.4") == data
    assert store.drafts("practice") == {"e": {"norm": "1,4"}}
    assert store.cards() == {"perceptron.distance": {"step": 1}}
    store.draft("practice", "e", "norm", "1,41")
    assert Progress(path).drafts("practice") == {"e": {"norm": "1,41"}}
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)
    with closing(sqlite3.connect(path.with_name("progress.version-1.sqlite"))) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (1,)
        assert copy.execute("SELECT value FROM drafts").fetchall() == [('"1,4"',)]
    assert before != path.read_bytes()


def test_an_upgrade_that_fails_changes_nothing(path, monkeypatch):
    version_1(path)
    broken = (MIGRATIONS[0], (*MIGRATIONS[1], "INSERT INTO nowhere VALUES (1)"))
    monkeypatch.setattr(module, "MIGRATIONS", broken)
    with pytest.raises(ProgressError, match="nowhere"):
        Progress(path)
    monkeypatch.undo()
    assert Progress(path).drafts("practice") == {"e": {"norm": "1,4"}}


@pytest.mark.parametrize("version", [VERSION + 1, 99])
def test_a_newer_release_s_file_is_left_alone(path, version):
    Progress(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version={version}")
    before = path.read_bytes()
    with pytest.raises(ProgressError, match="newer release"):
        Progress(path)
    assert path.read_bytes() == before


def test_another_program_s_file_is_left_alone(path):
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE theirs (x)")
    with pytest.raises(ProgressError, match="another program"):
        Progress(path)


def damage_head(path: Path) -> None:
    path.write_bytes(b"not a database at all, " * 100)


def damage_middle(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[1024:] = os.urandom(len(data) - 1024)
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [damage_head, damage_middle])
def test_a_damaged_file_is_set_aside_and_never_deleted(path, damage):
    store = Progress(path)
    keep(store, tried({"score": "1"}))
    store.delete()  # also puts everything into the main file
    keep(store, tried({"score": "1"}))
    store.close()
    damage(path)
    before = path.read_bytes()
    with pytest.warns(UserWarning, match="was damaged"):
        store = Progress(path)
    aside = list(path.parent.glob("progress.damaged-*.sqlite"))
    assert len(aside) == 1 and aside[0].read_bytes() == before
    assert str(aside[0]) in store.notice and str(aside[0]) in repr(store)
    keep(store, tried({"score": right("score")}))
    assert Progress(path).notice == "" and len(Progress(path).attempts()) == 1


def test_of_two_processes_one_sets_the_damaged_file_aside(path):
    path.parent.mkdir()
    damage_head(path)
    pair = [
        subprocess.Popen([sys.executable, "-W", "ignore", "-c", WRITER, path, name, "5"])
        for name in "AB"
    ]
    assert [process.wait(60) for process in pair] == [0, 0]
    assert len(list(path.parent.glob("progress.damaged-*.sqlite"))) == 1
    assert Progress(path).exam("mock/1") == {"count": 10}


KILLED = """
import sys
from course_lib.exam.progress import Progress
store = Progress(sys.argv[1])
i = 0
while True:
    store.draft("practice", "e", "a", i)
    print(i, flush=True)
    i += 1
"""


def test_what_was_saved_outlives_a_kill(path):
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, path], stdout=subprocess.PIPE, text=True
    ) as child:
        for _ in range(40):
            last = int(child.stdout.readline())
        child.kill()
        rest = child.stdout.read().split("\n")
    last = max([last, *(int(line) for line in rest[:-1])])
    assert Progress(path).drafts("practice")["e"]["a"] >= last


def test_a_file_that_is_deleted_under_an_open_notebook_is_made_again(path):
    store = Progress(path)
    for tail in ("", "-wal", "-shm"):
        Path(f"{path}{tail}").unlink(missing_ok=True)
    store.draft("practice", "e", "a", "kept")
    assert Progress(path).drafts("practice") == {"e": {"a": "kept"}}


def test_export_and_load_merge(path, tmp_path):
    here, there = Progress(path), Progress(tmp_path / "other.sqlite")
    keep(here, tried({"score": right("score")}))
    here.draft("practice", "e", "a", "old", typed=1)
    here.review("perceptron.update", 50.0, "x", 3, 8, 8, lambda card: {"step": 1})
    here.change("mock/1", lambda state: {"state": "paused"})
    keep(there, tried({"score": "77", "norm": right("norm")}))
    there.draft("practice", "f", "a", "theirs", typed=2)
    file = here.export(tmp_path / "me.json")
    for _ in range(2):  # twice changes nothing more
        there.load(file)
        merged = exam.Attempt.from_dict(there.attempts("practice")[0]["data"])
        assert {n: b.status for n, b in merged.best.items() if b.marks} == {
            "score": "right", "norm": "right"
        }  # fmt: skip
        assert there.drafts("practice") == {"e": {"a": "old"}, "f": {"a": "theirs"}}
        assert there.cards() == {"perceptron.update": {"step": 1}}
        assert len(there.reviews()) == 1 and there.exam("mock/1") == {"state": "paused"}
    empty = Progress(tmp_path / "empty.sqlite").load(file)
    rows = json.loads(empty.export(tmp_path / "again.json").read_text(encoding="utf-8"))
    assert {t: len(rows[t]) for t in module.TABLES} == dict.fromkeys(module.TABLES, 1)


def test_an_export_of_version_1_can_be_read(path, tmp_path):
    file = tmp_path / "old.json"
    draft = {"place": "practice", "exercise": "e", "step": "a", "value": '"1"', "typed": 3.0}
    content = {"course_progress": 1, "attempts": [], "drafts": [draft], "cards": []}
    file.write_text(json.dumps(content), encoding="utf-8")
    assert Progress(path).load(file).drafts("practice") == {"e": {"a": "1"}}


@pytest.mark.parametrize(
    "content, words",
    [("[]", "no exported"), ("{", "no exported"), ('{"course_progress": 99}', "version 99"),
     ('{"course_progress": 2, "drafts": [{"place": 1}]}', "no exported")],
)  # fmt: skip
def test_another_file_is_not_loaded(path, tmp_path, content, words):
    file = tmp_path / "x.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ProgressError, match=words):
        Progress(path).load(file)


def test_delete_forgets_everything_even_the_bytes(path):
    store = Progress(path)
    store.draft("practice", "e", "a", "a secret that nobody should find")
    store.delete()
    assert store.drafts("practice") == {} and "exercises tried: 0" in repr(store)
    store.close()
    files = [p.read_bytes() for p in path.parent.iterdir()]
    assert not any(b"nobody should find" in data for data in files)


def test_where_it_lies(tmp_path, monkeypatch):
    monkeypatch.delenv("COURSE_PROGRESS", raising=False)
    monkeypatch.setenv("COURSE_QUIET", "1")
    assert module.wanted_path() is None and exam.progress().path is None
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "mine.sqlite"))
    assert exam.progress().path == tmp_path / "mine.sqlite"
    assert str(tmp_path / "mine.sqlite") in repr(exam.progress())
    assert ".delete()" in repr(exam.progress()) and ".export(" in repr(exam.progress())
    monkeypatch.setenv("COURSE_PROGRESS", "off")
    monkeypatch.setenv("COURSE_QUIET", "0")
    assert module.wanted_path() is None
    monkeypatch.delenv("COURSE_PROGRESS")
    assert module.wanted_path() == module.default_path()
    assert module.default_path().name == "progress.sqlite"
    assert module.practice_store() is None  # no kernel here, and nobody asked


def test_a_place_that_cannot_be_written_does_not_stop_anybody(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "file" / "progress.sqlite"))
    with pytest.raises(ProgressError, match="cannot be kept"):
        exam.progress()
    monkeypatch.setattr(module, "_OPEN", {})
    assert "not being kept" in module.store().where()
    practice = exam.practice("perceptron.update", variant="lecture")
    practice.answer(after_1="(0, .5, .5)")
    assert practice.attempt.marks == 2
