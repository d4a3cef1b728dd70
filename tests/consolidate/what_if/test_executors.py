import pytest

from consolidate.what_if.executors import executor
from models.errors import InputError


def test_serial_keeps_an_exception_for_the_result() -> None:
    """As every executor does, it raises when the result is asked for."""
    with executor("serial") as pool:
        future = pool.submit(int, "x")
        with pytest.raises(ValueError, match="invalid literal"):
            future.result()


@pytest.mark.parametrize(
    "text", ["", "parallel", "processes", "processes:0", "processes:x", "dask", "dask:", "serial:2"]
)
def test_unknown(text: str) -> None:
    """Anything else is an error that names what there is."""
    with pytest.raises(InputError, match="serial, processes:N, dask:local and dask:ADDRESS"):
        executor(text)


def test_without_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the extra to install."""
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(InputError, match=r"dc-consolidate\[dask\]"):
        executor("dask:local")


@pytest.mark.parametrize("count", ["1001", "99999", "9" * 5000])
def test_more_processes_than_there_can_be(count: str) -> None:
    """So many are refused before any is started."""
    with pytest.raises(InputError, match="N is from 1 to 1,000"):
        executor(f"processes:{count}")
