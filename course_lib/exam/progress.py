"""What a learner did, in one SQLite file on this machine: attempts, typed text, drill cards.

Nothing leaves the machine. Every change is one transaction in write-ahead mode, so it outlives a
killed kernel, and several notebooks may write at once. An older file is upgraded (a copy is kept),
a damaged one is set aside and never deleted, one of a newer release is left alone.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import threading
import time
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

from course_lib.device import quiet

# Each entry takes the file one version up. What has been released is never edited, only added to.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE attempts (place TEXT, exercise TEXT, earned REAL, possible REAL, "
        "started REAL, updated REAL, data TEXT, PRIMARY KEY (place, exercise))",
        "CREATE TABLE drafts (place TEXT, exercise TEXT, step TEXT, value TEXT, typed REAL, "
        "PRIMARY KEY (place, exercise, step))",
        "CREATE TABLE cards (type TEXT PRIMARY KEY, updated REAL, data TEXT)",
    ),
    (  # what another open notebook typed is kept beside one's own; mock exams; a log of reviews
        "ALTER TABLE drafts RENAME TO old_drafts",
        "CREATE TABLE drafts (place TEXT, exercise TEXT, step TEXT, writer TEXT, value TEXT, "
        "typed REAL, PRIMARY KEY (place, exercise, step, writer))",
        "INSERT INTO drafts SELECT place, exercise, step, '', value, typed FROM old_drafts",
        "DROP TABLE old_drafts",
        "CREATE TABLE exams (place TEXT PRIMARY KEY, updated REAL, data TEXT)",
        "CREATE TABLE reviews (type TEXT, at REAL, exercise TEXT, rating INTEGER, earned REAL, "
        "possible REAL, PRIMARY KEY (type, at))",
    ),
)
VERSION = len(MIGRATIONS)
OURS = 0x64636C70  # SQLite's application_id: tells our file from any other program's
DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
TABLES = ("attempts", "drafts", "cards", "exams", "reviews")


class ProgressError(RuntimeError):
    """Progress could not be read or written; the message says why and what to do."""


def default_path() -> Path:
    """Where this user's progress lies unless COURSE_PROGRESS says otherwise."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "course_lib" / "progress.sqlite"


def in_kernel() -> bool:
    """Whether this process is a notebook's kernel."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel")


def wanted_path() -> Path | None:
    """The file to use: COURSE_PROGRESS ("off": none), else none where COURSE_QUIET is set, else the
    user's own.
    """
    asked = os.environ.get("COURSE_PROGRESS", "")
    if asked.lower() in ("off", "0") or (not asked and quiet()):
        return None
    return Path(asked).expanduser() if asked else default_path()


class Progress:
    """The learner's progress in one file; with the path None in memory only, until the process
    ends.

    Raises ProgressError for a file of a newer release or of another program.
    """

    def __init__(self, path: Path | str | None = None) -> None:
        self.path = Path(path) if path is not None else None
        self.notice = ""
        self.writer = uuid.uuid4().hex[:12]
        self._lock = threading.RLock()  # widgets may be served by another thread than cells
        self._open()

    # --- the file -------------------------------------------------------------------------------

    def _open(self) -> None:
        if self.path is None:
            self._db = self._connect()
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                self._db = self._connect()
            except sqlite3.DatabaseError as error:
                if not _damaged(error):
                    raise
                self._set_aside()
        except (OSError, sqlite3.Error) as error:
            raise ProgressError(
                f"progress cannot be kept in {self.path}: {error}. Set COURSE_PROGRESS to a file "
                "that can be written, or to off"
            ) from error
        self._opened = self._identity()

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(
            self.path or ":memory:", timeout=15, isolation_level=None, check_same_thread=False
        )
        try:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA secure_delete=ON")
            self._prepare(db)
            if self.path:
                _persist(lambda: db.execute("PRAGMA journal_mode=WAL").fetchone())
                db.execute("PRAGMA synchronous=NORMAL")  # a killed process loses nothing
        except BaseException:
            db.close()
            raise
        return db

    def _prepare(self, db: sqlite3.Connection) -> None:
        sound = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if sound != "ok":
            raise _Damage(sound)
        before = db.execute("PRAGMA user_version").fetchone()[0]
        whose = db.execute("PRAGMA application_id").fetchone()[0]
        if whose != OURS and db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise ProgressError(f"{self.path} belongs to another program and was left alone")
        if before > VERSION:
            raise ProgressError(
                f"{self.path} was written by a newer release of the course (version {before}, "
                f"this one knows {VERSION}) and was left alone; update the course"
            )
        if self.path and 0 < before < VERSION:
            copy = self.path.with_name(f"{self.path.stem}.version-{before}{self.path.suffix}")
            if not copy.exists():
                with closing(sqlite3.connect(copy)) as other:
                    db.backup(other)
        if before < VERSION:
            _migrate(db, VERSION)

    def _set_aside(self) -> None:
        """Move a damaged file out of the way and begin a new one; of two processes one does it."""
        assert self.path is not None
        with closing(sqlite3.connect(self.path.with_suffix(".lock"), timeout=15)) as mutex:
            mutex.execute("BEGIN EXCLUSIVE")
            try:
                self._db = self._connect()  # the other one has done it
                return
            except sqlite3.DatabaseError as error:
                if not _damaged(error):
                    raise
                why = error
            stamp = time.strftime("%Y%m%d-%H%M%S")
            aside = self.path.with_name(f"{self.path.stem}.damaged-{stamp}{self.path.suffix}")
            while aside.exists():
                aside = aside.with_name(f"{aside.stem}-again{aside.suffix}")
            for tail in ("", "-wal", "-shm"):
                part = Path(f"{self.path}{tail}")
                if part.exists():
                    part.rename(f"{aside}{tail}")
            self._db = self._connect()
        self.notice = (
            f"The progress file was damaged ({why}). It is kept as {aside}; a new one begins. An "
            "export, if you have one, can be read back with exam.progress().load(...)."
        )
        warnings.warn(self.notice, stacklevel=2)

    def _identity(self) -> tuple[int, int] | None:
        try:
            stat = os.stat(self.path) if self.path else None
        except FileNotFoundError:
            return None
        return (stat.st_dev, stat.st_ino) if stat else None

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self.path and self._identity() != self._opened:  # deleted or moved under our feet
                self._db.close()
                self._open()
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                except BaseException:
                    self._db.execute("ROLLBACK")
                    raise
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                where = self.path or "memory"
                raise ProgressError(f"progress could not be saved in {where}: {error}") from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    # --- attempts and typed text ----------------------------------------------------------------

    def keep(self, place: str, exercise: str, attempt: Mapping[str, Any]) -> dict[str, Any]:
        """Store an attempt (`Attempt.to_dict`) and return it as it now stands.

        With what is stored already, the better mark of each step stays, whoever earned it.
        """
        with self._transaction() as db:
            row = db.execute(
                "SELECT data, started FROM attempts WHERE place=? AND exercise=?", (place, exercise)
            ).fetchone()
            data = better(json.loads(row["data"]), attempt) if row else dict(attempt)
            now = time.time()
            earned, possible = _marks(data)
            db.execute(
                "REPLACE INTO attempts VALUES (?,?,?,?,?,?,?)",
                (place, exercise, earned, possible, row["started"] if row else now, now,
                 json.dumps(data)),
            )  # fmt: skip
        return data

    def attempt(self, place: str, exercise: str) -> dict[str, Any] | None:
        """A stored attempt, or None."""
        found = self.attempts(place, exercise)
        return found[0]["data"] if found else None

    def attempts(self, place: str = "%", exercise: str = "%") -> list[dict[str, Any]]:
        """The stored attempts of places like `place` ("mock/%"), the latest first."""
        with self._transaction() as db:
            rows = db.execute(
                "SELECT * FROM attempts WHERE place LIKE ? AND exercise LIKE ? "
                "ORDER BY updated DESC", (place, exercise),
            ).fetchall()  # fmt: skip
        return [{**dict(row), "data": json.loads(row["data"])} for row in rows]

    def draft(
        self, place: str, exercise: str, step: str, value: Any, typed: float | None = None
    ) -> None:
        """Store what stands in a field now. What another open notebook typed there stays, too."""
        with self._transaction() as db:
            db.execute(
                "REPLACE INTO drafts VALUES (?,?,?,?,?,?)",
                (place, exercise, step, self.writer, json.dumps(value),
                 time.time() if typed is None else typed),
            )  # fmt: skip

    def drafts(self, place: str, until: float | None = None) -> dict[str, dict[str, Any]]:
        """What was typed last in each field: {exercise: {step: value}}, with `until` by then."""
        with self._transaction() as db:
            rows = db.execute(
                "SELECT exercise, step, value, MAX(typed) FROM drafts WHERE place=? AND typed<=? "
                "GROUP BY exercise, step", (place, 1e18 if until is None else until),
            ).fetchall()  # fmt: skip
        found: dict[str, dict[str, Any]] = {}
        for row in rows:
            found.setdefault(row["exercise"], {})[row["step"]] = json.loads(row["value"])
        return found

    # --- mock exams -----------------------------------------------------------------------------

    def exam(self, place: str) -> dict[str, Any] | None:
        """The state of a mock exam, or None."""
        with self._transaction() as db:
            row = db.execute("SELECT data FROM exams WHERE place=?", (place,)).fetchone()
        return json.loads(row["data"]) if row else None

    def exams(self) -> dict[str, dict[str, Any]]:
        """The states of all mock exams, by their places."""
        with self._transaction() as db:
            rows = db.execute("SELECT place, data FROM exams ORDER BY place").fetchall()
        return {row["place"]: json.loads(row["data"]) for row in rows}

    def change(
        self, place: str, change: Callable[[dict[str, Any] | None], dict[str, Any]]
    ) -> dict[str, Any]:
        """Replace the state of a mock exam by `change(state)` in one transaction; return it."""
        with self._transaction() as db:
            row = db.execute("SELECT data FROM exams WHERE place=?", (place,)).fetchone()
            data = change(json.loads(row["data"]) if row else None)
            db.execute(
                "REPLACE INTO exams VALUES (?,?,?)", (place, time.time(), json.dumps(data))
            )
        return data

    # --- drill cards ----------------------------------------------------------------------------

    def cards(self) -> dict[str, dict[str, Any]]:
        """The scheduler's card of each exercise type that was reviewed."""
        with self._transaction() as db:
            return {r["type"]: json.loads(r["data"]) for r in db.execute("SELECT * FROM cards")}

    def reviews(self, kind: str = "%") -> list[dict[str, Any]]:
        """The log of reviews, oldest first."""
        with self._transaction() as db:
            rows = db.execute("SELECT * FROM reviews WHERE type LIKE ? ORDER BY at", (kind,))
            return [dict(row) for row in rows]

    def review(
        self, kind: str, at: float, exercise: str, rating: int, earned: float, possible: float,
        schedule: Callable[[dict[str, Any] | None], dict[str, Any]],
    ) -> bool:  # fmt: skip
        """Log a review and replace the type's card by `schedule(card)`, in one transaction.

        A variant counts once, however many notebooks show it; returns whether it did.
        """
        with self._transaction() as db:
            seen = db.execute(
                "SELECT 1 FROM reviews WHERE type=? AND exercise=?", (kind, exercise)
            ).fetchone()
            if seen:
                return False
            row = db.execute("SELECT data FROM cards WHERE type=?", (kind,)).fetchone()
            card = schedule(json.loads(row["data"]) if row else None)
            db.execute("REPLACE INTO cards VALUES (?,?,?)", (kind, at, json.dumps(card)))
            db.execute(
                "REPLACE INTO reviews VALUES (?,?,?,?,?,?)",
                (kind, at, exercise, int(rating), earned, possible),
            )
        return True

    # --- all of it ------------------------------------------------------------------------------

    def export(self, path: Path | str) -> Path:
        """Write everything as JSON."""
        with self._transaction() as db:
            tables = {t: [dict(r) for r in db.execute(f"SELECT * FROM {t}")] for t in TABLES}
        path = Path(path)
        data = {"course_progress": VERSION, **tables}
        path.write_text(json.dumps(data, indent=1), encoding="utf-8")
        return path

    def load(self, path: Path | str) -> Progress:
        """Add what `export` wrote, here or elsewhere; where both know something the better mark and
        the later text or card stay.

        Raises ProgressError for another file or a newer release's.
        """
        tables = _read_export(Path(path))
        for row in tables["attempts"]:
            self.keep(row["place"], row["exercise"], json.loads(row["data"]))
        with self._transaction() as db:
            for row in tables["drafts"]:
                db.execute(
                    "INSERT INTO drafts VALUES (:place,:exercise,:step,:writer,:value,:typed) "
                    "ON CONFLICT DO UPDATE SET value=excluded.value, typed=excluded.typed "
                    "WHERE excluded.typed > drafts.typed", row,
                )  # fmt: skip
            for table, key in (("cards", "type"), ("exams", "place")):
                for row in tables[table]:
                    db.execute(
                        f"INSERT INTO {table} VALUES (:{key},:updated,:data) ON CONFLICT DO UPDATE "
                        f"SET updated=excluded.updated, data=excluded.data "
                        f"WHERE excluded.updated > {table}.updated", row,
                    )  # fmt: skip
            for row in tables["reviews"]:
                db.execute(
                    "INSERT OR IGNORE INTO reviews "
                    "VALUES (:type,:at,:exercise,:rating,:earned,:possible)", row,
                )  # fmt: skip
        return self

    def delete(self) -> None:
        """Forget everything. There is no way back, except from an export."""
        with self._transaction() as db:
            for table in TABLES:
                db.execute(f"DELETE FROM {table}")
        with self._lock:
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _counts(self) -> str:
        tried = sum(bool(row["data"]["best"]) for row in self.attempts())
        counts = {
            "exercises tried": tried,
            "mock exams": len(self.exams()),
            "kinds in the drill": len(self.cards()),
        }
        return ", ".join(f"{what}: {count}" for what, count in counts.items())

    def where(self) -> str:
        """One line on where progress is kept."""
        if self.path is None:
            return self.notice or "Progress is off: it is kept in memory until the kernel stops."
        return f"Progress is kept on this machine only, in {self.path}."

    def __repr__(self) -> str:
        lines = [self.where(), self._counts() + "."]
        lines += [self.notice] if self.notice and self.path else []
        if self.path:
            lines += [
                'Keep a copy:   exam.progress().export("progress.json")',
                'Read it back:  exam.progress().load("progress.json")',
                "Delete it all: exam.progress().delete()",
            ]
        return "\n".join(lines)


class _Damage(sqlite3.DatabaseError):
    """The file opens, but its content is broken."""


def _damaged(error: sqlite3.DatabaseError) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, _Damage) or (code is not None and code & 0xFF in DAMAGED)


def _persist(act: Callable[[], Any]) -> None:
    """Changing the journal mode does not wait for others by itself."""
    for attempt in range(50):
        try:
            act()
            return
        except sqlite3.OperationalError:
            if attempt == 49:
                raise
            time.sleep(0.05)


def _migrate(db: sqlite3.Connection, version: int) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        now = db.execute("PRAGMA user_version").fetchone()[0]  # another process may have been here
        for number in range(now, version):
            for statement in MIGRATIONS[number]:
                db.execute(statement)
        db.execute(f"PRAGMA application_id={OURS}")
        db.execute(f"PRAGMA user_version={max(now, version)}")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _read_export(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of an export at today's version: an older one goes through the migrations."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        version = data["course_progress"]
    except (ValueError, KeyError, TypeError) as error:
        raise ProgressError(f"{path} is no exported progress: {error!r}") from error
    if not isinstance(version, int) or not 1 <= version <= VERSION:
        raise ProgressError(
            f"{path} has version {version!r}; this release reads 1 to {VERSION}. Update the course"
        )
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.row_factory = sqlite3.Row
        try:
            _migrate(db, version)
            for table in TABLES:
                for row in data.get(table, []):
                    known = [r["name"] for r in db.execute(f"PRAGMA table_info({table})")]
                    marks = ",".join("?" * len(known))
                    db.execute(
                        f"INSERT INTO {table} VALUES ({marks})", [row[name] for name in known]
                    )
            _migrate(db, VERSION)
            return {t: [dict(r) for r in db.execute(f"SELECT * FROM {t}")] for t in TABLES}
        except (sqlite3.Error, KeyError, TypeError) as error:
            raise ProgressError(f"{path} is no exported progress: {error!r}") from error


def _marks(data: Mapping[str, Any]) -> tuple[float, float]:
    earned = sum((Fraction(best[1]) for best in data["best"].values()), Fraction(0))
    possible = sum((Fraction(step["marks"]) for step in data["steps"]), Fraction(0))
    return float(earned), float(possible)


def better(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Two records of one attempt as one: later answers, and of each step the better mark."""
    merged = {**old, **new}
    merged["answers"] = {**old["answers"], **new["answers"]}
    merged["best"] = dict(new["best"])
    for name, best in old["best"].items():
        if name not in new["best"] or Fraction(best[1]) > Fraction(new["best"][name][1]):
            merged["best"][name] = best
    for key in ("revealed", "hints"):
        merged[key] = list(dict.fromkeys([*old[key], *new[key]]))
    if "first" in old:  # the drill: the first try of each step is the one that counts
        merged["first"] = {**new.get("first", {}), **old["first"]}
    return merged


_OPEN: dict[Path | None, Progress] = {}


def progress(path: Path | str | None = None) -> Progress:
    """This user's progress: its path, and how to export, load and delete it.

    COURSE_PROGRESS names another file, or is "off"; with COURSE_QUIET it is off unless asked for.
    """
    wanted = Path(path) if path is not None else wanted_path()
    if wanted is not None:
        wanted = wanted.absolute()
    if wanted not in _OPEN:
        _OPEN[wanted] = Progress(wanted)
    return _OPEN[wanted]


def store() -> Progress:
    """`progress()`, or one in memory that says why where the file cannot be used."""
    try:
        return progress()
    except ProgressError as error:
        memory = _OPEN.setdefault(None, Progress(None))
        memory.notice = f"Your progress is not being kept: {error}."
        return memory


def practice_store() -> Progress | None:
    """Where practice keeps its attempts: only in a notebook, or where COURSE_PROGRESS asks."""
    if wanted_path() is None or not (in_kernel() or os.environ.get("COURSE_PROGRESS")):
        return None
    return store()


__all__ = ["MIGRATIONS", "VERSION", "Progress", "ProgressError", "progress"]
