"""Input that is no output of any tool: an error with its place, never anything else."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consolidate.calibration import calibrate, debugfs, domstats, perf_kvm, perf_stat, recognised
from models.errors import Finding, InputError

from .samples import EXAMPLES, coded, errors

TEXTS = [path.read_text("utf-8") for path in EXAMPLES]
PIECES = [
    "<not counted>", "Total Samples:", "VM-EXIT Samples Samples% Time% Avg time", "Domain: ''", "=", ":", "/", ",",
    "9" * 5000, "-1", "1e400", "nan%", "( +- ", "٣", "\u2028", "\r", "\n", "\0", "cpu/cycles", "exits", "vcpu.0.time=",
]  # fmt: skip


def read(text: str, other: str) -> None:
    """Read texts with every format's reader."""
    findings: list[Finding] = []
    recognised(text)
    perf_kvm.counts(text, "a", findings)
    perf_stat.counts(text, "a", findings)
    debugfs.counts(("a", text), ("b", other), None, findings)
    domstats.counts(("a", text), ("b", other), None, findings)
    InputError(findings)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """Return an example with something cut out of it, and something put in."""
    text = draw(st.sampled_from(TEXTS))
    start = draw(st.integers(0, len(text)))
    size = draw(st.sampled_from([0, 1, 3, 40, 4000]))
    return text[:start] + draw(st.sampled_from(PIECES) | st.text(max_size=20)) + text[start + size :]


@settings(max_examples=150, deadline=None)
@given(damaged() | st.text(), damaged() | st.text())
def test_no_text_breaks_a_reader(text: str, other: str) -> None:
    """Whatever the text, a reader finds counts or findings, and raises nothing."""
    read(text, other)


@settings(max_examples=100, deadline=None)
@given(data=st.lists(damaged().map(lambda text: text.encode("utf-8", "replace")) | st.binary(), min_size=1, max_size=3))
def test_no_file_breaks_calibration(tmp_path_factory: pytest.TempPathFactory, data: list[bytes]) -> None:
    """Whatever the files, calibration gives an overlay or an input error."""
    folder = tmp_path_factory.mktemp("files")
    paths = [folder / f"{number}.txt" for number in range(len(data))]
    for path, content in zip(paths, data, strict=True):
        path.write_bytes(content)
    try:
        made = calibrate(paths, name="a", seconds=30, clock_mhz=2600, busy_core_s=12.4)
    except InputError:
        return
    assert made.overlay["workloads"]["a"]["clock_mhz"] == 2600


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty-file"),
        (b"\n \n", "empty-file"),
        (b"\x7fELF\0\0", "binary"),
        (b"PERFILE2" + bytes(64), "binary"),
        (b"Performance counter stats for 'sleep 1':\n\n      1,234      cycles\n", "format"),
    ],
)
def test_wrong_files(tmp_path: Path, content: bytes, code: str) -> None:
    """A file that is empty, binary or of another form is told by its name."""
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    assert coded(errors(lambda: calibrate([path], name="a")), code).file == "a.txt"


def test_all_files_are_told(tmp_path: Path) -> None:
    """A missing file, a folder and a path that is none are told together; no file at all is an error too."""
    found = errors(lambda: calibrate([tmp_path / "none", tmp_path, Path("a\0b")], name="a"))
    assert [finding.code for finding in found] == ["missing-file", "unreadable", "unreadable"]
    assert errors(lambda: calibrate([], name="a"))[0].code == "no-files"


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    """A file beyond 64 MiB is an error, without being read."""
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate((64 << 20) + 1)
    assert coded(errors(lambda: calibrate([path], name="a")), "too-large").file == "huge.txt"


@pytest.mark.parametrize(
    "bad", ["x,y,z\n", "1,,cycles\n", "( +- " * 800 + "\n", " " * 4000 + "Samples" + " " * 80 + "\n"]
)
def test_many_bad_lines(tmp_path: Path, bad: str) -> None:
    """A flood of bad lines ends the reading, and the errors that are shown are few."""
    path = tmp_path / "a.txt"
    path.write_text("5,,cs,1000,100.00,,\n" + bad * 20_000)
    found = errors(lambda: calibrate([path], name="a", seconds=1, clock_mhz=1000, busy_core_s=1))
    assert len(found) < 120


def test_a_name_with_a_line_break_cannot_leave_its_comment(tmp_path: Path) -> None:
    """The name of a file is shown in one line, whatever signs it has."""
    path = tmp_path / "a\nworkloads: {}\n.txt"
    path.write_text("5,,cs,1000,100.00,,\n")
    made = calibrate([path], name="a", seconds=1, clock_mhz=1000, busy_core_s=1)
    assert "\nworkloads: {}" not in made.text
