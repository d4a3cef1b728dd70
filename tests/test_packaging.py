"""What is shipped: a wheel that holds everything and runs in an environment of its own."""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("models", "solvers", "consolidate", "dashboards")
BUNDLED = {
    "examples/inventory/hosts.csv": "consolidate/example/inventory/hosts.csv",
    "examples/inventory/vms.csv": "consolidate/example/inventory/vms.csv",
    "examples/inventory/network.csv": "consolidate/example/inventory/network.csv",
    "examples/inventory/usage.parquet": "consolidate/example/inventory/usage.parquet",
    "examples/rules.yaml": "consolidate/example/rules.yaml",
}


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command without the checkout on the path, and return what it prints."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module", name="wheel")
def _wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (found,) = folder.glob("*.whl")
    return found


@pytest.mark.package
def test_the_wheel_holds_everything(wheel: Path) -> None:
    """All files of the four packages are in the wheel, the catalog, the assets and the example among them."""
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
        assert all(archive.read(inside) == (ROOT / outside).read_bytes() for outside, inside in BUNDLED.items())
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()]
    wanted = {path.relative_to(ROOT).as_posix() for path in files if "__pycache__" not in path.parts}
    assert wanted <= held
    assert {name.partition("/")[0] for name in held if ".dist-info/" not in name} == set(PACKAGES)
    assert "models/catalog/platforms.csv" in held
    assert any(name.startswith("dashboards/assets/") for name in held)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in held)


@pytest.mark.package
def test_the_installed_command_runs(wheel: Path, tmp_path: Path) -> None:
    """Installed into a clean environment, the command starts, and from there, not from the checkout."""
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip())
    (site / "libraries.pth").write_text("".join(f"{sysconfig.get_path(name)}\n" for name in ("purelib", "platlib")))
    pip = (sys.executable, "-m", "pip", "--python", python)
    run(*pip, "install", "--no-deps", "--no-index", "--force-reinstall", wheel, cwd=tmp_path)
    assert "plan" in run(python.with_name("consolidate"), "--help", cwd=tmp_path)
    assert run(python, "-c", "import consolidate; print(consolidate.__file__)", cwd=tmp_path).startswith(str(site))


def test_every_dependency_is_pinned() -> None:
    """A fresh clone installs what was tested: constraints.txt has one exact version of each direct dependency."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [name for names in project["optional-dependencies"].values() for name in names]
    asked = {_canonical(requirement) for requirement in [*project["dependencies"], *extras]}
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+(; .+)?", line) for line in lines)
    pinned = [_canonical(line) for line in lines]
    assert len(set(pinned)) == len(pinned)
    assert asked <= set(pinned)


def _canonical(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[<>=!~;\[ ]", requirement)[0]).lower()
