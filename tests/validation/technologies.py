"""What is measured: the workloads, and the ways to build and start them natively and under a technology."""

from dataclasses import dataclass
from pathlib import Path

from models.catalog import rows

SOURCES = Path(__file__).parent / "workloads"
ROUNDS = {
    "integer": 900,
    "floating": 700,
    "memory": 2_000_000,
    "syscall": 4_000_000,
    "fault": 1_500,
    "fork": 6_000,
}
"""For each workload, rounds that take 0.3 to 1 s on a server of 2023."""
PORTABLE = ("integer", "floating", "memory")
MINGW = "x86_64-w64-mingw32-gcc"
ARM = "aarch64-linux-gnu-gcc"


@dataclass(frozen=True)
class Way:
    """
    A way to build and to start a workload.

    Attributes
    ----------
    needs
        Programs that must be on the path.
    build, start
        Commands, with ``{folder}``, ``{sources}``, ``{workload}`` and, to start, ``{rounds}`` filled in.
    stop
        A command after the last run, if anything is left running.
    """

    needs: tuple[str, ...]
    build: tuple[str, ...]
    start: tuple[str, ...]
    stop: tuple[str, ...] = ()


@dataclass(frozen=True)
class Technology:
    """A technology at a level of virtualization, its row of the catalog, and what its slowdown is told against."""

    level: str
    name: str
    key: str | None
    way: Way
    workloads: tuple[str, ...] = tuple(ROUNDS)
    against: str = "native"
    base: Way | None = None


def compiled(compiler: str, ending: str, *libraries: str) -> tuple[str, ...]:
    """Return the command that compiles a workload in C; statically, so that it needs no other files."""
    sources = ("{sources}/main.c", "{sources}/{workload}.c")
    return (compiler, "-O2", "-static", "-o", "{folder}/{workload}" + ending, *sources, *libraries)


def wrapped(*prefix: str) -> Way:
    """Return the way that starts the native program by another program."""
    return Way((*NATIVE.needs, prefix[0]), NATIVE.build, (*prefix, *NATIVE.start))


def java(*options: str) -> Way:
    """Return the way that starts the workload in Java with these options of the virtual machine."""
    start = ("java", "-XX:+UseSerialGC", *options, "-cp", "{folder}", "Workload", "{workload}", "{rounds}")
    return Way(("javac", "java"), ("javac", "-d", "{folder}", "{sources}/Workload.java"), start)


NATIVE = Way(("gcc",), compiled("gcc", ""), ("{folder}/{workload}", "{rounds}"))
CROSS = Way(
    (ARM, "qemu-aarch64"), compiled(ARM, ".aarch64"), ("qemu-aarch64", "{folder}/{workload}.aarch64", "{rounds}")
)
WINE = Way(
    (MINGW, "wine", "wineserver"),
    compiled(MINGW, ".exe", "-lpthread"),
    ("wine", "{folder}/{workload}.exe", "{rounds}"),
    stop=("wineserver", "-k", "-w"),
)
UNSHARED = ("unshare", "--fork", "--pid", "--mount", "--net", "--uts", "--ipc")
BUBBLE = ("bwrap", "--unshare-all", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc")

TECHNOLOGIES = (
    Technology("instruction set", "qemu-user, same architecture", "dbt-user", wrapped("qemu-x86_64")),
    Technology("instruction set", "qemu-user, AArch64 program", "dbt-user", CROSS),
    Technology("operating system", "namespaces (unshare)", "container", wrapped(*UNSHARED)),
    Technology("operating system", "bubblewrap", "container", wrapped(*BUBBLE)),
    Technology("library", "WINE", "api-interception", WINE, (*PORTABLE, "fault")),
    Technology("application", "JVM, compiling", "application-jit", java(), PORTABLE),
    Technology("application", "JVM, interpreting", "application-interpreted", java("-Xint"), PORTABLE),
    Technology("application", "JVM, interpreting", None, java("-Xint"), PORTABLE, "JVM, compiling", java()),
)


def catalog_slowdown(key: str | None, table: tuple[dict[str, str], ...] | None = None) -> float | None:
    """Return the catalog's factor on user-mode work [1]; None where it has no such technology or no such column."""
    found = rows("technologies") if table is None else table
    return next((float(row["slowdown"]) for row in found if row["technology"] == key and row.get("slowdown")), None)
