"""The challenge's files: what they mean, and what the benchmark writes."""

import gzip
from pathlib import Path

import pytest

from models.check import costs, placement
from models.rules import Dependency, LeastPlaces, Spread
from tests.benchmarks import challenge, reassignment

# The example of the challenge's problem definition, in its own format.
MODEL = """
2
1 100
0 10
4
0 0 30 400 16 80 0 1 4 5
0 0 10 240 8 160 1 0 3 4
1 1 15 100 12 80 4 3 0 2
1 2 10 100 8 80 5 4 2 0
2
2 0
1 1 0
3
0 12 10 1000
0 10 20 100
1 6 200 1
1
0 1 20
10
1 10 100
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Write the example, the model packed and the assignment plain."""
    model, assignment = tmp_path / "model.txt.gz", tmp_path / "assignment.txt"
    model.write_bytes(gzip.compress(MODEL.encode("ascii")))
    assignment.write_text("0 3 0\n", encoding="ascii")
    return model, assignment


def test_what_files_mean(files: tuple[Path, Path]) -> None:
    """Services become rules, and the start costs what the text says: 4200, of which 1700 load and 2500 balance."""
    problem = challenge.problem(*files)
    assert [type(rule) for rule in problem.rules] == [Spread, LeastPlaces, Dependency]
    assert problem.transient.tolist() == [True, False]
    parts = costs.parts(problem, problem.start)[0]
    assert (parts["Excess"], parts["Balance"], sum(parts.values())) == (1700, 2500, 4200)
    assert not placement.violations(problem, problem.start, problem.on)


def test_a_file_that_ends_early(tmp_path: Path, files: tuple[Path, Path]) -> None:
    """A model that is cut off is an error, not a smaller problem."""
    short = tmp_path / "short.txt"
    short.write_text(MODEL[:-12], encoding="ascii")
    with pytest.raises(ValueError, match="ends early"):
        challenge.problem(short, files[1])


def test_what_the_benchmark_writes(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """
    One line of machine numbers, and the cost before and after: 4200, and 2411 or less.

    The first run compiles what is not compiled yet, which may take all of its time.
    """
    out = files[0].parent / "new.txt"
    given = [*map(str, files), "--workers", "1", "--clock", "cpu", "--check", "--out", str(out), "--seconds"]
    reassignment.main([*given, "0.1"])
    capsys.readouterr()
    reassignment.main([*given, "2"])
    words = capsys.readouterr().out.split()
    assert words[:3] == ["initial", "4200", "final"]
    assert int(words[3]) <= 2411
    assert len(out.read_text(encoding="ascii").splitlines()) == 1
    assert len(out.read_text(encoding="ascii").split()) == 3
