"""Read what comes from outside without trusting it: archives and pickles."""

from __future__ import annotations

import os
import pickle
import shutil
import stat
import tarfile
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path, PureWindowsPath
from typing import Any


class UnsafeError(ValueError):
    """A file from outside asks for something that its reader does not do."""


def unpack(archive: Path, folder: Path, *, limit: int) -> Path:
    """Unpack a tar or zip file into `folder`, which appears complete or not at all.

    Refused, before anything is written: members that lie outside (absolute, `..`, a drive),
    links, devices, and more than `limit` bytes in all. A folder that is there already is kept.

    Raises: UnsafeError naming the member.
    """
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as opened:
                _check(((i.filename, i.file_size, _plain(i)) for i in opened.infolist()), limit)
                opened.extractall(fresh)
        else:
            with tarfile.open(archive) as opened_tar:
                members = opened_tar.getmembers()
                _check(((m.name, m.size, m.isfile() or m.isdir()) for m in members), limit)
                if hasattr(tarfile, "data_filter"):  # Python 3.11.4 and later: a second guard
                    opened_tar.extractall(fresh, filter="data")
                else:
                    opened_tar.extractall(fresh)
        try:
            os.replace(fresh, folder)
        except OSError:
            if not folder.is_dir():  # else another process was faster
                raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


def _plain(info: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(info.external_attr >> 16)
    return kind in (0, stat.S_IFREG, stat.S_IFDIR)


def _check(members: Iterable[tuple[str, int, bool]], limit: int) -> None:
    total = 0
    for name, size, plain in members:
        path = PureWindowsPath(name)  # knows / and \, drives and roots: the strictest reading
        if path.drive or path.root or ".." in path.parts:
            raise UnsafeError(f"archive member {name!r} lies outside of its folder")
        if not plain:
            raise UnsafeError(f"archive member {name!r} is a link or a device, not a file")
        total += size
        if total > limit:
            raise UnsafeError(f"the archive holds more than the {limit:,} bytes expected")


@cache
def _allowed() -> dict[tuple[str, str], Any]:
    """The only names that a pickle may mention, as Python 2 spelled them and as 3 does."""
    import numpy as np
    from scipy.sparse import csr_matrix

    allowed: dict[tuple[str, str], Any] = {
        ("collections", "defaultdict"): defaultdict,
        ("scipy.sparse.csr", "csr_matrix"): csr_matrix,
        ("scipy.sparse._csr", "csr_matrix"): csr_matrix,
        ("copy_reg", "_reconstructor"): _reconstruct,
        ("copyreg", "_reconstructor"): _reconstruct,
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
    }
    for module in ("__builtin__", "builtins"):
        allowed |= {(module, "list"): list, (module, "object"): object}
    array = np.zeros(0).__reduce__()[0]  # numpy's own maker of empty arrays
    for module in ("numpy.core.multiarray", "numpy._core.multiarray"):
        allowed[module, "_reconstruct"] = array
    return allowed


def _reconstruct(kind: type, base: type, state: None) -> object:
    """What Python 2 pickles call to make an empty object; only plain ones are made here."""
    if base is not object or state is not None:
        raise UnsafeError(f"a pickle asks for a {kind!r} made from {base!r}")
    return object.__new__(kind)


class _Restricted(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        allowed = _allowed()
        if (module, name) not in allowed:
            raise UnsafeError(f"the pickle asks for {module}.{name}, which is not allowed")
        return allowed[module, name]


def read_pickle(path: Path) -> Any:
    """Read a pickle of numbers (arrays, sparse matrices, lists, dicts), also one of Python 2.

    Raises: UnsafeError when it names anything else, so that it can run no code.
    """
    with open(path, "rb") as handle:
        return _Restricted(handle, encoding="latin1").load()
