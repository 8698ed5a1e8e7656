"""The big data sets' loaders: real files over a loopback server that cuts, lies, stalls and waits.

No test asks the outside network. The real files lie beside the checkout (../shared/data); where
they do not, the tests that need them skip and say so.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from course_lib.datasets import DownloadError, big, download, load
from course_lib.datasets.archive import UnsafeError, read_pickle, unpack
from course_lib.datasets.catalogue import ENTRIES
from course_lib.datasets.download import Remote, cache_folder, fetch

REAL = Path(__file__).resolve().parents[2] / "shared" / "data"
needs_real_files = pytest.mark.skipif(
    not (REAL / "cora").is_dir(),
    reason="the real files (MNIST test set, Cora, tiny Shakespeare) are not beside this checkout",
)
CONTENT = np.random.default_rng(0).bytes(300_000)


class Server:
    """Serves `files` (path -> bytes) on loopback; the attributes say how badly it behaves."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cuts: list[int] = []  # after how many bytes the next answers are cut
        self.ranges = True  # whether it honours Range
        self.pause = 0.0  # seconds between chunks
        self.stall_after: int | None = None  # then silence
        self.status: list[int] = []  # the next answers' status
        self.asked: list[tuple[str, str]] = []  # (path, Range)
        self.release = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, *_) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        wanted = handler.headers.get("Range", "")
        self.asked.append((handler.path, wanted))
        handler.close_connection = True
        if self.status:
            handler.send_error(self.status.pop(0))
            return
        if handler.path not in self.files:
            handler.send_error(404)
            return
        content = self.files[handler.path]
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.ranges else 0
        if start and start >= len(content):
            handler.send_error(416)
            return
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        handler.send_header("Content-Length", str(len(content) - start))
        handler.end_headers()
        body = content[start:]
        if self.cuts:
            body = body[: self.cuts.pop(0)]
        if self.stall_after is not None:
            handler.wfile.write(body[: self.stall_after])
            handler.wfile.flush()
            self.release.wait(30)
            return
        try:
            for i in range(0, len(body), 30_000):
                handler.wfile.write(body[i : i + 30_000])
                time.sleep(self.pause)
        except OSError:  # the client hung up, as some tests want
            return

    def close(self) -> None:
        self.release.set()
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server():
    running = Server()
    yield running
    running.close()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of its own, no mirror, and no way to the outside network."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("COURSE_DATA", str(folder))
    monkeypatch.delenv("COURSE_DATA_MIRROR", raising=False)
    monkeypatch.setenv("COURSE_QUIET", "1")
    connect = socket.socket.connect

    def guarded(self, address):
        assert address[0] in ("127.0.0.1", "::1"), f"asked the outside network: {address}"
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    return folder


def remote(server: Server, content: bytes = CONTENT, name: str = "set/file.bin") -> Remote:
    path = f"/{name}"
    server.files[path] = content
    return Remote(name, (server.url + path,), len(content), (hashlib.sha256(content).hexdigest(),))


def left(folder: Path) -> list[str]:
    """What lies in the cache, lock files aside."""
    found = folder.rglob("*")
    return sorted(p.name for p in found if p.is_file() and p.suffix != ".lock")


# --- fetching ---------------------------------------------------------------------------------


def test_a_file_is_fetched_once_and_then_kept(server, cache, capsys):
    wanted = remote(server)
    (path,) = fetch("set", [wanted])
    assert path.read_bytes() == CONTENT and left(cache) == ["file.bin"]
    said = capsys.readouterr()
    assert said.out == "set: fetched and checked 1 file, 0.3 MB.\n" and said.err == ""
    assert fetch("set", [wanted]) == [path]
    assert len(server.asked) == 1 and capsys.readouterr().out == ""


def test_the_size_is_said_before_the_first_byte_and_progress_goes_to_stdout(
    server, monkeypatch, capsys
):
    monkeypatch.setenv("COURSE_QUIET", "0")
    server.pause = 0.2
    fetch("set", [remote(server)])
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.startswith("set: fetching 1 file, 0.3 MB, once; the cache keeps them.\n")
    assert "%" in said.out and said.out.endswith("\rset: fetched and checked 1 file, 0.3 MB.\n")


def test_a_cut_connection_goes_on_where_it_stopped(server):
    wanted = remote(server)
    server.cuts = [100_000, 50_000]
    (path,) = fetch("set", [wanted])
    assert path.read_bytes() == CONTENT
    assert [asked for _, asked in server.asked] == ["", "bytes=100000-", "bytes=150000-"]


def test_what_an_earlier_call_left_is_used(server, cache):
    wanted = remote(server)
    part = cache / "set" / "file.bin.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENT[:200_000])
    (path,) = fetch("set", [wanted])
    assert path.read_bytes() == CONTENT and server.asked == [("/set/file.bin", "bytes=200000-")]
    path.unlink()
    part.write_bytes(CONTENT)  # killed between the last byte and the rename
    assert fetch("set", [wanted])[0].read_bytes() == CONTENT and len(server.asked) == 1


def test_a_wrong_beginning_is_thrown_away_once(server, cache):
    wanted = remote(server)
    part = cache / "set" / "file.bin.part"
    part.parent.mkdir(parents=True)
    for beginning in (b"x" * 1000, b"x" * 400_000):
        part.write_bytes(beginning)
        (path,) = fetch("set", [wanted])
        assert path.read_bytes() == CONTENT
        path.unlink()


def test_a_server_without_ranges_starts_again(server):
    wanted = remote(server)
    server.ranges, server.cuts = False, [100_000]
    assert fetch("set", [wanted])[0].read_bytes() == CONTENT
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "lie",
    [
        CONTENT[:-1] + bytes([CONTENT[-1] ^ 1]),
        CONTENT[:-1],
        CONTENT + b"!",
        b"<html>Please log in to the network</html>",
        b"",
    ],
    ids=["one bit", "short", "long", "log-in page", "empty"],
)
def test_wrong_bytes_are_refused_and_leave_nothing(server, cache, lie):
    wanted = remote(server)
    server.files["/set/file.bin"] = lie
    with pytest.raises(DownloadError, match="wrong content|the server offers"):
        fetch("set", [wanted])
    assert left(cache) == []
    server.cuts = [1000]  # cut and wrong: ends too
    with pytest.raises(DownloadError):
        fetch("set", [wanted])
    assert left(cache) == [] and len(server.asked) < 8


def test_a_good_file_in_the_cache_survives_a_failed_fetch_of_its_neighbour(server, cache):
    good, bad = remote(server), remote(server, b"other" * 100, "set/other.bin")
    fetch("set", [good])
    server.files["/set/other.bin"] = b"wrong"
    with pytest.raises(DownloadError):
        fetch("set", [good, bad])
    assert left(cache) == ["file.bin"] and fetch("set", [good])[0].read_bytes() == CONTENT


def test_a_rotten_file_in_the_cache_is_fetched_again(server):
    wanted = remote(server)
    (path,) = fetch("set", [wanted])
    path.write_bytes(b"\0" * len(CONTENT))
    assert fetch("set", [wanted])[0].read_bytes() == CONTENT and len(server.asked) == 2


def test_a_silent_server_is_given_up_and_the_rest_kept(server, cache):
    wanted = remote(server)
    server.stall_after = 70_000
    began = time.monotonic()
    with pytest.raises(DownloadError, match=r"silent or too slow for 0\.5 seconds"):
        fetch("set", [wanted], timeout=0.5)
    assert time.monotonic() - began < 5
    assert (cache / "set" / "file.bin.part").stat().st_size == 70_000
    server.stall_after = None
    assert fetch("set", [wanted])[0].read_bytes() == CONTENT
    assert server.asked[-1][1] == "bytes=70000-"


def test_a_trickling_server_is_given_up(server, monkeypatch):
    monkeypatch.setattr(download, "SLOWEST", 10**7)
    server.pause = 0.2
    with pytest.raises(DownloadError, match="silent or too slow"):
        fetch("set", [remote(server)], timeout=0.5)


def test_a_hiccup_is_asked_again_a_refusal_is_not(server):
    wanted = remote(server)
    server.status = [503, 502]
    assert fetch("set", [wanted])[0].read_bytes() == CONTENT and len(server.asked) == 3
    other = remote(server, b"other" * 100, "set/other.bin")
    server.status = [403]
    with pytest.raises(DownloadError, match="answered 403 Forbidden"):
        fetch("set", [other])
    assert len(server.asked) == 4


def test_the_second_address_helps_where_the_first_fails(server):
    wanted = remote(server)
    dead = f"http://127.0.0.1:{free_port()}/gone"
    lying = server.url + "/lie"
    server.files["/lie"] = b"?" * len(CONTENT)
    both = Remote(wanted.file, (dead, lying, *wanted.urls), wanted.size, wanted.sha256)
    assert fetch("set", [both])[0].read_bytes() == CONTENT


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_the_offline_message_says_what_to_do(cache):
    wanted = Remote("set/f", (f"http://127.0.0.1:{free_port()}/f",), 5, ("0" * 64,))
    with pytest.raises(DownloadError) as caught:
        fetch("set", [wanted], stand_in="digits")
    message = str(caught.value)
    assert 'load("digits")' in message and "COURSE_DATA_MIRROR" in message and "set/f" in message
    assert caught.value.stand_in == "digits" and isinstance(caught.value, OSError)


def test_only_web_addresses_are_fetched(tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"12345")
    digest = hashlib.sha256(b"12345").hexdigest()
    with pytest.raises(DownloadError, match="only http and https"):
        fetch("set", [Remote("set/f", (secret.as_uri(),), 5, (digest,))])


def test_a_cache_that_cannot_be_written_is_reported(tmp_path, monkeypatch, server):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "file"))
    with pytest.raises(DownloadError, match="could not be fetched"):
        fetch("set", [remote(server)])


def test_the_cache_is_where_the_environment_says(monkeypatch, tmp_path):
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("COURSE_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    if sys.platform.startswith("linux"):
        assert cache_folder() == tmp_path / "xdg" / "deep-learning-course"


# --- mirrors ----------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["set/file.bin", "file.bin"])
def test_a_mirror_folder_replaces_the_original(server, tmp_path, monkeypatch, place):
    wanted = remote(server)
    mirror = tmp_path / "mirror"
    (mirror / place).parent.mkdir(parents=True)
    (mirror / place).write_bytes(CONTENT)
    monkeypatch.setenv("COURSE_DATA_MIRROR", str(mirror))
    assert fetch("set", [wanted])[0].read_bytes() == CONTENT
    assert server.asked == [] and (mirror / place).read_bytes() == CONTENT


@pytest.mark.parametrize("place", ["/m/set/file.bin", "/m/file.bin"])
def test_a_mirror_address_replaces_the_original(server, monkeypatch, place):
    wanted = Remote("set/file.bin", ("http://127.0.0.1:1/never",), len(CONTENT), (
        hashlib.sha256(CONTENT).hexdigest(),
    ))
    server.files[place] = CONTENT
    monkeypatch.setenv("COURSE_DATA_MIRROR", server.url + "/m/")
    assert fetch("set", [wanted])[0].read_bytes() == CONTENT


def test_a_mirror_is_not_believed(server, tmp_path, monkeypatch, cache):
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "file.bin").write_bytes(b"wrong")
    monkeypatch.setenv("COURSE_DATA_MIRROR", str(mirror))
    with pytest.raises(DownloadError, match="wrong content: 5 bytes"):
        fetch("set", [remote(server)])
    assert left(cache) == [] and server.asked == []


# --- several processes ------------------------------------------------------------------------

FETCH = """
import json, sys
from course_lib.datasets.download import Remote, fetch
file, url, size, digest = json.loads(sys.argv[1])
(path,) = fetch("set", [Remote(file, (url,), size, (digest,))])
print(len(path.read_bytes()))
"""


def start(wanted: Remote) -> subprocess.Popen:
    what = json.dumps([wanted.file, wanted.urls[0], wanted.size, wanted.sha256[0]])
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    return subprocess.Popen(
        [sys.executable, "-c", FETCH, what], stdout=subprocess.PIPE, text=True, env=environment
    )


def test_two_processes_at_once_fetch_once(server, cache):
    wanted = remote(server)
    server.pause = 0.15  # 1.5 s in all
    processes = [start(wanted), start(wanted)]
    for process in processes:
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0 and out.splitlines()[-1] == str(len(CONTENT))
    assert len(server.asked) == 1 and left(cache) == ["file.bin"]


def test_threads_of_one_process_wait_for_each_other_too(server):
    wanted = remote(server)
    server.pause = 0.05
    threads = [threading.Thread(target=fetch, args=("set", [wanted])) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(server.asked) == 1 and fetch("set", [wanted])[0].read_bytes() == CONTENT


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_killed_process_leaves_no_stale_lock(server, cache):
    wanted = remote(server)
    server.stall_after = 120_000
    process = start(wanted)
    part = cache / "set" / "file.bin.part"
    until = time.monotonic() + 30
    while not (part.exists() and part.stat().st_size == 120_000):
        assert time.monotonic() < until and process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    server.stall_after = None
    began = time.monotonic()
    assert fetch("set", [wanted])[0].read_bytes() == CONTENT
    assert time.monotonic() - began < 5 and server.asked[-1][1] == "bytes=120000-"


def test_a_holder_that_does_not_move_is_reported(server, cache, monkeypatch):
    monkeypatch.setattr(download, "PATIENCE", 0.3)
    lock = cache / "set" / "file.bin.lock"
    lock.parent.mkdir(parents=True)
    with open(lock, "a+b") as handle:
        assert download._try_lock(handle)
        with pytest.raises(DownloadError, match="another process has been fetching"):
            fetch("set", [remote(server)])
    assert fetch("set", [remote(server)])[0].read_bytes() == CONTENT


# --- archives and pickles ---------------------------------------------------------------------


def tar_with(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


EVIL = {
    "parent": member("../evil"),
    "hidden parent": member("a/../../evil"),
    "absolute": member("/tmp/evil"),
    "drive": member("C:/evil"),
    "backslash": member("..\\evil"),
    "symbolic link": member("link", tarfile.SYMTYPE, "/etc"),
    "hard link": member("link", tarfile.LNKTYPE, "../evil"),
    "device": member("null", tarfile.CHRTYPE),
    "pipe": member("pipe", tarfile.FIFOTYPE),
}


@pytest.mark.parametrize("name", EVIL)
def test_a_tar_cannot_leave_its_folder(tmp_path, name):
    archive = tar_with(tmp_path / "a.tar.gz", (member("good"), b"x"), (EVIL[name], b""))
    place = tmp_path / "inner" / "out"
    with pytest.raises(UnsafeError, match="outside of its folder|link or a device"):
        unpack(archive, place, limit=1000)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.tar.gz", "inner"]


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/../../evil", "C:\\evil", "..\\evil"])
def test_a_zip_cannot_leave_its_folder(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("good", b"x")
        archive.writestr(zipfile.ZipInfo(name), b"evil")
    with pytest.raises(UnsafeError, match="outside of its folder"):
        unpack(tmp_path / "a.zip", tmp_path / "out", limit=1000)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.zip"]


def test_links_in_a_zip_and_bombs_are_refused(tmp_path):
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, b"/etc")
    with pytest.raises(UnsafeError, match="link or a device"):
        unpack(tmp_path / "a.zip", tmp_path / "out", limit=1000)
    bomb = tar_with(tmp_path / "b.tar.gz", (member("a"), b"\0" * 600), (member("b"), b"\0" * 600))
    with pytest.raises(UnsafeError, match="more than the 1,000 bytes"):
        unpack(bomb, tmp_path / "out", limit=1000)
    assert not (tmp_path / "out").exists()


def test_good_archives_unpack_completely(tmp_path):
    tar = tar_with(tmp_path / "a.tar.gz", (member("d/one"), b"1"), (member("two"), b"22"))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("d/one", b"1")
        archive.writestr("two", b"22")
    for number, path in enumerate((tar, tmp_path / "a.zip")):
        folder = unpack(path, tmp_path / f"out{number}", limit=3)
        assert (folder / "d" / "one").read_bytes() == b"1"
        assert (folder / "two").read_bytes() == b"22"
    truncated = tmp_path / "t.tar.gz"
    truncated.write_bytes(tar.read_bytes()[:-20])
    with pytest.raises((EOFError, tarfile.ReadError, OSError)):
        unpack(truncated, tmp_path / "out2", limit=3)
    assert not (tmp_path / "out2").exists()


class Evil:
    def __init__(self, *call) -> None:
        self.call = call

    def __reduce__(self):
        return self.call[0], tuple(self.call[1:])


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_an_evil_pickle_runs_nothing(tmp_path, protocol):
    trace = tmp_path / "trace"
    calls = [
        (os.system, f"touch {trace}"),
        (open, str(trace), "w"),
        (exec, "1"),
        (getattr, dict, "get"),
        (np.load, "x"),
        (subprocess.Popen, ["touch", str(trace)]),
    ]
    for call in calls:
        path = tmp_path / "evil"
        path.write_bytes(pickle.dumps({"numbers": [1, 2], "more": Evil(*call)}, protocol=protocol))
        with pytest.raises(UnsafeError, match="not allowed"):
            read_pickle(path)
    assert not trace.exists()


def test_dotted_names_do_not_slip_through(tmp_path):
    path = tmp_path / "evil"
    # STACK_GLOBAL of numpy / "ndarray.tofile": what is allowed, then an attribute of it
    path.write_bytes(b"\x80\x04\x8c\x05numpy\x8c\x0endarray.tofile\x93.")
    with pytest.raises(UnsafeError, match="ndarray.tofile"):
        read_pickle(path)
    path.write_bytes(b"ccopy_reg\n_reconstructor\n(c__builtin__\nlist\nc__builtin__\nlist\n(ltR.")
    with pytest.raises(UnsafeError, match="made from"):
        read_pickle(path)


def test_honest_pickles_are_read(tmp_path):
    from scipy.sparse import csr_matrix

    path = tmp_path / "good"
    matrix = csr_matrix(np.eye(3)[[0, 2, 2]])
    for protocol in (3, 4):  # Python 2's own, protocol 2, are Cora's below
        graph = defaultdict(list, {0: [1, 2], 1: [0]})
        array = np.arange(6.0).reshape(2, 3)
        path.write_bytes(pickle.dumps((array, graph, matrix), protocol=protocol))
        got = read_pickle(path)
        assert np.array_equal(got[0], array) and got[1] == graph
        assert np.array_equal(got[2].toarray(), matrix.toarray())


# --- formats ----------------------------------------------------------------------------------


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


def test_idx_files_are_read_and_broken_ones_refused(tmp_path):
    array = np.arange(2 * 3 * 5, dtype=np.uint8).reshape(2, 3, 5)
    path = tmp_path / "f"
    for content in (idx(array), gzip.compress(idx(array))):
        path.write_bytes(content)
        assert np.array_equal(big.read_idx(path), array)
    for broken, why in [
        (b"", "no IDX file"),
        (b"\1" + idx(array)[1:], "no IDX file"),
        (b"\0\0\x0d" + idx(array)[3:], "element type"),
        (idx(array)[:-1], "do not fill"),
        (idx(array) + b"!", "do not fill"),
        (idx(array)[:9], "within its header"),
    ]:
        path.write_bytes(broken)
        with pytest.raises(ValueError, match=why):
            big.read_idx(path)


def test_cifar_archives_are_read(server, monkeypatch):
    random = np.random.default_rng(5)
    pixels = random.integers(0, 256, (12, 3, 32, 32), dtype=np.uint8)
    labels = np.arange(12) % 10
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        names = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]
        for i, name in enumerate(names):
            rows = range(2 * i, 2 * i + 2)
            content = b"".join(bytes([labels[r]]) + pixels[r].tobytes() for r in rows)
            info = member(f"cifar-10-batches-bin/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    wanted = remote(server, buffer.getvalue(), "cifar10/cifar-10-binary.tar.gz")
    monkeypatch.setattr(big, "CIFAR10", (wanted,))
    for _ in range(2):
        train = load("cifar10")
        assert train.inputs.dtype == np.float32 and train.inputs.shape == (10, 3, 32, 32)
        assert np.array_equal(train.inputs * np.float32(255), pixels[:10])
        assert train.targets.tolist() == labels[:10].tolist()
    test = load("cifar10", part="test", images=False)
    assert np.array_equal(test.inputs * np.float32(255), pixels[10:].reshape(2, -1))
    assert len(server.asked) == 1
    assert ENTRIES["cifar10"].source == train.source and train.class_names[3] == "cat"


def test_broken_cifar_batches_are_refused(tmp_path):
    path = tmp_path / "b.bin"
    for content, why in [(b"", "no records"), (b"\0" * 3072, "no records"), (b"\x0b" * 3073, "11")]:
        path.write_bytes(content)
        with pytest.raises(ValueError, match=why):
            big.read_cifar(path)


def test_fashion_and_text8_are_read(server, monkeypatch):
    pixels = np.random.default_rng(1).integers(0, 256, (6, 28, 28), dtype=np.uint8)
    labels = np.array([9, 0, 1, 2, 3, 4], dtype=np.uint8)
    files = (
        remote(server, gzip.compress(idx(pixels)), "fashion_mnist/i.gz"),
        remote(server, gzip.compress(idx(labels)), "fashion_mnist/l.gz"),
    )
    monkeypatch.setattr(big, "FASHION_TEST", files)
    clothes = load("fashion_mnist", part="test", images=True)
    assert np.allclose(clothes.inputs[:, 0] * 255, pixels) and clothes.inputs.shape[1] == 1
    assert [clothes.class_names[t] for t in clothes.targets[:2]] == ["Ankle boot", "T-shirt/top"]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("text8", " anarchism originated as a term")
    monkeypatch.setattr(big, "TEXT8", (remote(server, buffer.getvalue(), "text8/text8.zip"),))
    assert load("text8").text == " anarchism originated as a term"


def test_every_download_is_pinned_and_its_size_is_told_truly():
    files = {
        "mnist": big.MNIST_TRAIN + big.MNIST_TEST,
        "fashion_mnist": big.FASHION_TRAIN + big.FASHION_TEST,
        "cifar10": big.CIFAR10,
        "cora": big.CORA,
        "tiny_shakespeare": big.SHAKESPEARE,
        "text8": big.TEXT8,
    }
    assert set(files) == {name for name, entry in ENTRIES.items() if entry.download}
    seen = set()
    for name, remotes in files.items():
        assert ENTRIES[name].download == f"{sum(r.size for r in remotes) / 1e6:.1f} MB"
        for wanted in remotes:
            assert wanted.file.startswith(f"{name}/") and wanted.file not in seen
            seen.add(wanted.file)
            assert wanted.urls and all(u.startswith(("https://", "http://")) for u in wanted.urls)
            assert wanted.sha256 and all(
                len(d) == 64 and set(d) <= set("0123456789abcdef") for d in wanted.sha256
            )


def test_offline_a_stand_in_is_returned_where_asked_for(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_DATA_MIRROR", str(tmp_path / "empty"))
    expected = {"mnist": "digits", "cora": "karate", "tiny_shakespeare": "python_manual"}
    for name, other in expected.items():
        with pytest.raises(DownloadError, match=f'load\\("{other}"\\)'):
            load(name)
        assert load(name, stand_in=True).name == other
        assert f"Here is {other} instead." in capsys.readouterr().out
    with pytest.raises(ValueError, match="part is 'train' or 'test'"):
        load("mnist", part="validation")


# --- the real files ---------------------------------------------------------------------------


@pytest.fixture
def real(server, monkeypatch):
    """A mirror on loopback that serves the real files, over a line that is cut again and again."""
    for path in REAL.rglob("*"):
        if path.is_file():
            server.files[f"/{path.relative_to(REAL).as_posix()}"] = path.read_bytes()
    monkeypatch.setenv("COURSE_DATA_MIRROR", server.url)
    return server


@needs_real_files
def test_real_mnist(real):
    real.cuts = []
    digits = load("mnist", part="test")
    assert digits.inputs.shape == (10_000, 784) and digits.inputs.dtype == np.float32
    counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.bincount(digits.targets).tolist() == counts
    assert digits.targets[:5].tolist() == [7, 2, 1, 0, 4]
    # The published digests of the unpacked files: the repacked copy holds the same data.
    folder = cache_folder() / "mnist"
    for name, digest in [
        ("images-idx3", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        ("labels-idx1", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    ]:
        unpacked = gzip.decompress((folder / f"t10k-{name}-ubyte.gz").read_bytes())
        assert hashlib.sha256(unpacked).hexdigest() == digest
    images = load("mnist", part="test", images=True)
    assert np.array_equal(images.inputs[:, 0].reshape(-1, 784), digits.inputs)
    with pytest.raises(DownloadError, match=r'load\("digits"\)'):
        load("mnist")  # the training part is not there


@needs_real_files
def test_real_mnist_over_a_bad_line(real):
    # mnist/... is not there (404), then the file itself, cut four times.
    real.cuts = [400_000, 1, 300_000, 500_000]
    assert len(load("mnist", part="test")) == 10_000
    resumed = [asked for path, asked in real.asked if path == "/t10k-images-idx3-ubyte.gz"]
    assert resumed == ["", *(f"bytes={n}-" for n in (400_000, 400_001, 700_001, 1_200_001))]


@needs_real_files
def test_real_mnist_refuses_one_changed_byte(real, cache):
    content = bytearray(real.files["/t10k-images-idx3-ubyte.gz"])
    content[1_000_000] ^= 1
    real.files["/t10k-images-idx3-ubyte.gz"] = bytes(content)
    with pytest.raises(DownloadError, match="wrong content"):
        load("mnist", part="test")
    assert left(cache) == []


@needs_real_files
def test_real_cora(real):
    cora = load("cora")
    assert len(cora) == 2708 and cora.edges.shape == (2, 5278)
    assert (cora.edges[0] < cora.edges[1]).all()
    assert cora.features.shape == (2708, 1433) and set(np.unique(cora.features)) == {0, 1}
    counts = dict(zip(cora.class_names, np.bincount(cora.targets).tolist(), strict=True))
    assert counts == {
        "Theory": 351, "Reinforcement learning": 217, "Genetic algorithms": 418,
        "Neural networks": 818, "Probabilistic methods": 426, "Case-based": 298,
        "Rule learning": 180,
    }  # as McCallum et al. count them
    assert np.bincount(cora.targets[cora.train]).tolist() == [20] * 7
    parts = [set(cora.train), set(cora.validation), set(cora.test)]
    assert [len(p) for p in parts] == [140, 500, 1000] and len(set.union(*parts)) == 1640
    # Papers cite their own topic: the published edge homophily is 0.81.
    same = cora.targets[cora.edges[0]] == cora.targets[cora.edges[1]]
    assert round(same.mean(), 2) == 0.81


@needs_real_files
def test_real_shakespeare(real):
    text = load("tiny_shakespeare")
    assert len(text) == 1_115_394 and len(text.alphabet) == 65
    assert text.text.startswith("First Citizen:\nBefore we proceed any further, hear me speak.\n")


@needs_real_files
def test_the_real_folder_serves_as_a_mirror(monkeypatch):
    monkeypatch.setenv("COURSE_DATA_MIRROR", str(REAL))
    assert len(load("mnist", part="test")) == 10_000
    assert len(load("cora")) == 2708 and len(load("tiny_shakespeare")) == 1_115_394
