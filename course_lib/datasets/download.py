"""Fetch a file once, safely: checked by SHA-256, resumed where it was cut, kept in a cache folder.

COURSE_DATA         the cache folder (else the user's usual cache place)
COURSE_DATA_MIRROR  a folder or an http(s) address that is asked instead of the original servers;
                    it holds the files as `<data set>/<file>` or just `<file>`
"""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from course_lib.device import quiet

TIMEOUT = 20.0  # seconds without a byte
SLOWEST = 500  # bytes per second; below, over a whole TIMEOUT, a server counts as not answering
PATIENCE = 120.0  # seconds that another process may hold the lock without its file growing
CHUNK = 1 << 16


class DownloadError(OSError):
    """A data set could not be fetched; `stand_in` names a bundled one to use meanwhile."""

    stand_in: str = ""


class WrongBytes(OSError):
    """What a server sent is not the file that was asked for."""


@dataclass(frozen=True)
class Remote:
    """A file to fetch: `file` is its place in cache and mirror, `sha256` all accepted digests."""

    file: str
    urls: tuple[str, ...]
    size: int
    sha256: tuple[str, ...]


def cache_folder() -> Path:
    """Where fetched files are kept: COURSE_DATA, else the user's cache folder."""
    if chosen := os.environ.get("COURSE_DATA"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "deep-learning-course"


def fetch(
    name: str, remotes: Sequence[Remote], *, stand_in: str = "", timeout: float = TIMEOUT
) -> list[Path]:
    """Return the checked files of data set `name`, fetching what the cache does not hold.

    Says what it is about to fetch and how much, shows progress, and leaves one line.

    Raises: DownloadError that says what was tried, where to put the files by hand and, in
    `stand_in`, which bundled data set to use instead.
    """
    targets = [cache_folder() / remote.file for remote in remotes]
    missing = [
        (remote, target)
        for remote, target in zip(remotes, targets, strict=True)
        if not _is(target, remote)
    ]
    if not missing:
        return targets
    total = sum(remote.size for remote, _ in missing)
    amount = f"{len(missing)} file{'s' * (len(missing) > 1)}, {_megabytes(total)}"
    if not quiet():
        print(f"{name}: fetching {amount}, once; the cache keeps them.")
    from tqdm import tqdm

    try:
        # On stdout: an executed notebook shows nothing on stderr. leave=False: gone at the end.
        with tqdm(
            total=total, desc=name, unit="B", unit_scale=True, leave=False, file=sys.stdout,
            mininterval=0.5, disable=quiet(),
        ) as bar:
            done = 0
            for remote, target in missing:
                for received in _fetch_one(remote, target, timeout):
                    bar.update(done + received - bar.n)
                done += remote.size
    except OSError as error:
        raise _explained(error, name, remotes, stand_in) from error
    print(f"{name}: fetched and checked {amount}.")
    return targets


def _fetch_one(remote: Remote, target: Path, timeout: float) -> Iterator[int]:
    """Fetch one file; yields, now and then, how many bytes of it are there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    with _lock(target.with_name(target.name + ".lock"), part):
        if _is(target, remote):  # another process was faster
            yield remote.size
            return
        failures = []
        for source in _sources(remote):
            try:
                if isinstance(source, Path):
                    part.unlink(missing_ok=True)
                    shutil.copyfile(source, part)
                    _verify(part, remote)
                else:
                    yield from _from_url(source, part, remote, timeout)
            except DownloadError:
                raise
            except (OSError, http.client.HTTPException) as error:
                if isinstance(error, WrongBytes):
                    part.unlink(missing_ok=True)
                failures.append(f"{source}: {_reason(error, timeout)}")
                continue
            os.replace(part, target)  # at once or not at all
            yield remote.size
            return
        raise DownloadError("; ".join(failures))


def _from_url(url: str, part: Path, remote: Remote, timeout: float) -> Iterator[int]:
    """Fetch into `part`, going on where it ends; after a cut, go on as long as it grows."""
    restarted, barren = False, 0
    while True:
        start = part.stat().st_size if part.exists() else 0
        try:
            if start < remote.size:
                yield from _append(url, part, start, remote, timeout)
            _verify(part, remote)
            return
        except WrongBytes:
            if restarted or not start:
                raise
            part.unlink()
            restarted = True  # the beginning may have been another server's: once from scratch
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, DownloadError):
                raise
            grew = part.exists() and part.stat().st_size > start
            barren = 0 if grew else barren + 1
            if barren == 3 or not (grew or _may_pass(error)) or _is_timeout(error):
                raise
            time.sleep(0.2 + barren)


def _append(url: str, part: Path, start: int, remote: Remote, timeout: float) -> Iterator[int]:
    """Ask for what lies beyond `start` and append it (or all of it, where the server insists)."""
    headers = {"User-Agent": "deep-learning-course", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    request = urllib.request.Request(url, headers=headers)
    try:
        response = _opener(url).open(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code == 416:
            raise WrongBytes(f"the server has no more than {start:,} bytes") from error
        raise
    with response:
        goes_on = response.status == 206 and response.headers.get("Content-Range", "").startswith(
            f"bytes {start}-"
        )
        if start and not goes_on:  # it sends the whole file: begin again
            start = 0
        length = response.headers.get("Content-Length", "")
        if length.isdigit() and start + int(length) != remote.size:
            raise WrongBytes(
                f"the server offers {start + int(length):,} bytes, expected {remote.size:,}"
            )
        with open(part, "ab" if start else "wb") as handle:
            received = start
            since, before = time.monotonic(), received
            while chunk := response.read1(CHUNK):
                _write(handle, chunk)
                received += len(chunk)
                yield received
                if received > remote.size:
                    raise WrongBytes(f"more than the {remote.size:,} bytes expected")
                if (passed := time.monotonic() - since) > timeout:
                    if received - before < SLOWEST * passed:
                        raise TimeoutError("too slow")
                    since, before = time.monotonic(), received
            handle.flush()
            os.fsync(handle.fileno())
    if received < remote.size:
        raise ConnectionResetError(f"cut after {received:,} of {remote.size:,} bytes")


def _write(handle: BinaryIO, chunk: bytes) -> None:
    try:
        handle.write(chunk)
    except OSError as error:  # a full disk does not get better by asking the server again
        raise DownloadError(f"cannot write to the cache: {error}") from error


def _opener(url: str) -> urllib.request.OpenerDirector:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise DownloadError(f"{url}: only http and https addresses are fetched")
    if parts.hostname in ("localhost", "127.0.0.1", "::1"):  # loopback bypasses proxies
        return urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener()


def _sources(remote: Remote) -> Iterator[Path | str]:
    """The mirror's two places for the file where a mirror is set, else the original addresses."""
    mirror = os.environ.get("COURSE_DATA_MIRROR", "").strip()
    short = remote.file.rsplit("/", 1)[-1]
    if not mirror:
        yield from remote.urls
    elif mirror.startswith(("http://", "https://")):
        yield from (f"{mirror.rstrip('/')}/{place}" for place in (remote.file, short))
    else:
        folder = Path(mirror).expanduser()
        yield from (folder / remote.file, folder / short)


@contextmanager
def _lock(path: Path, part: Path) -> Iterator[None]:
    """Hold the file's lock. The system lets go of it when its process ends, however it ends,
    so no lock is ever stale; a holder that does not move for PATIENCE seconds is reported."""
    with open(path, "a+b") as handle:
        size, since = -1, time.monotonic()
        while not _try_lock(handle):
            now = part.stat().st_size if part.exists() else 0
            if now != size:
                size, since = now, time.monotonic()
            elif time.monotonic() - since > PATIENCE:
                raise DownloadError(
                    f"another process has been fetching this file without progress for "
                    f"{PATIENCE:.0f} seconds: end it, then try again"
                )
            time.sleep(0.1)
        yield  # closing the file lets go


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: BinaryIO) -> bool:
        try:
            handle.seek(0)
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(handle: BinaryIO) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _is(path: Path, remote: Remote) -> bool:
    """Whether the file is there and is the right one (hashed again: a cache may rot)."""
    return (
        path.is_file()
        and path.stat().st_size == remote.size
        and _sha256(path) in remote.sha256
    )


def _verify(path: Path, remote: Remote) -> None:
    size, digest = path.stat().st_size, _sha256(path)
    if size != remote.size or digest not in remote.sha256:
        raise WrongBytes(
            f"wrong content: {size:,} bytes with SHA-256 {digest}, "
            f"expected {remote.size:,} bytes with {' or '.join(remote.sha256)}"
        )


def _sha256(path: Path) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _is_timeout(error: Exception) -> bool:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    return isinstance(cause, TimeoutError)


def _may_pass(error: Exception) -> bool:
    """Whether asking again at once may help: a cut line or a server's hiccup, not a wrong name."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code == 429 or error.code >= 500
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    return isinstance(cause, (ConnectionResetError, http.client.HTTPException))


def _reason(error: Exception, timeout: float) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if _is_timeout(error):
        return f"the server was silent or too slow for {timeout:g} seconds"
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answered {error.code} {error.reason}"
    if isinstance(cause, FileNotFoundError):
        return "not there"
    return str(cause) or type(cause).__name__


def _explained(
    error: OSError, name: str, remotes: Sequence[Remote], stand_in: str
) -> DownloadError:
    files = ", ".join(remote.file for remote in remotes)
    message = f"{name} could not be fetched. Tried: {error}."
    if stand_in:
        message += f'\nWithout a network use the bundled load("{stand_in}") instead.'
    message += (
        f"\nOr get the files elsewhere ({files}) and set COURSE_DATA_MIRROR to their folder or "
        "address. What was fetched so far is kept; calling again goes on from there."
    )
    explained = DownloadError(message)
    explained.stand_in = stand_in
    return explained


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 50_000 else f"{size / 1e3:.0f} kB"
