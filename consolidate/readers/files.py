"""Files from outside: read whole, hashed, and decoded, or a finding that says why not."""

import hashlib
import stat
from pathlib import Path

from models.errors import Finding

MOST_BYTES = 1 << 30
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def content(path: Path, findings: list[Finding]) -> bytes | None:
    """Return a file's bytes, or nothing and a finding."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            what = "a folder" if path.is_dir() else "no ordinary file"
            findings.append(_error(path, "unreadable", f"Is {what}; a file was expected."))
            return None
        if status.st_size > MOST_BYTES:
            findings.append(_error(path, "too-large", f"Is larger than {MOST_BYTES >> 20:,} MiB."))
            return None
        data = path.read_bytes()
    except FileNotFoundError:
        findings.append(_error(path, "missing-file", "Does not exist."))
        return None
    except OSError as problem:
        findings.append(_error(path, "unreadable", f"Cannot be read: {problem.strerror or problem}."))
        return None
    if not data.strip():
        findings.append(_error(path, "empty-file", "Is empty."))
        return None
    return data


def decoded(path: Path, data: bytes, encoding: str, findings: list[Finding]) -> str | None:
    """Return the text of a file: in the encoding given, else UTF-8, else Windows-1252."""
    if data[:2] in _UTF16 and not encoding:
        encoding = "utf-16"
    elif b"\0" in data:
        row = data.count(b"\n", 0, data.index(b"\0")) + 1
        findings.append(_error(path, "binary", "Holds a NUL byte, so it is no text file.", row))
        return None
    for name in (encoding,) if encoding else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(name)
        except UnicodeError:
            continue
        if name == "cp1252" and not encoding:
            findings.append(Finding("info", "encoding", "Is not UTF-8; read as Windows-1252.", path.name))
        return text
    findings.append(_error(path, "encoding", f"Is not text in {encoding or 'UTF-8 or Windows-1252'}."))
    return None


def text(path: Path) -> str:
    """Return the text of a file that was read before, in whatever encoding, to be kept with a result."""
    return decoded(path, path.read_bytes(), "", []) or ""


def title(path: Path) -> str:
    """Return the name of a file or folder, without the folders that it is in."""
    return path.resolve().name.encode("utf-8", "replace").decode()


def digest(data: bytes) -> str:
    """Return the SHA-256 of the bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _error(path: Path, code: str, message: str, row: int = 0) -> Finding:
    return Finding("error", code, message, file=path.name if code != "missing-file" else str(path), row=row)
