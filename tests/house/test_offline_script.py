"""`install.sh` puts an installation where it was asked to, wherever that is and whatever the caller has set."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy/offline/install.sh"
WHEEL = {
    "xmh/__init__.py": "import sys\n\ndef run(): print('xmh', sys.prefix)\n",
    "xmh-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: xmh\nVersion: 1.0\n",
    "xmh-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "xmh-1.0.dist-info/entry_points.txt": "[console_scripts]\nxmh = xmh:run\n",
    "xmh-1.0.dist-info/RECORD": "",
}

pytestmark = pytest.mark.chaos


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of one small package of our name."""
    folder = tmp_path_factory.mktemp("bundle") / "离线 包"
    (folder / "wheels").mkdir(parents=True)
    with zipfile.ZipFile(folder / "wheels/xmh-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in WHEEL.items():
            wheel.writestr(name, text)
    (folder / "requirements-all.txt").touch()
    shutil.copy(SCRIPT, folder)
    files = [path for path in folder.rglob("*") if path.is_file()]
    sums = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  ./{file.relative_to(folder)}\n" for file in files]
    (folder / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")
    return folder


def test_it_installs_where_it_was_asked_to_and_takes_nothing_of_the_callers(bundle: Path, tmp_path: Path) -> None:
    """From its own folder, with a space, an ampersand and a slash at the end; twice; under a strict mask."""
    theirs = tmp_path / "theirs"
    with zipfile.ZipFile(bundle / "wheels/xmh-1.0-py3-none-any.whl") as wheel:
        wheel.extractall(theirs)  # pip would find it there, and install nothing
    here = tmp_path / "here"
    here.mkdir()
    asked: list[str | Path] = [bundle / "install.sh", "--to", "../督查 R&D/", "--python", sys.executable]
    callers = os.environ | {"PYTHONPATH": str(theirs), "PIP_TARGET": str(here / "target")}
    place = tmp_path / "督查 R&D"
    for _ in range(2):
        done = subprocess.run(asked, cwd=here, env=callers, capture_output=True, text=True, check=False, umask=0o077)
        assert done.returncode == 0, done.stderr
        said = subprocess.run([place / "bin/xmh"], capture_output=True, text=True, check=True).stdout
        assert said == f"xmh {place}\n"
    assert place.stat().st_mode & 0o777 == 0o755
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here", "theirs", place.name]
    assert list(here.iterdir()) == []


def test_what_was_there_stays_when_the_new_one_does_not_come_to_its_place(bundle: Path, tmp_path: Path) -> None:
    """Stopped between the two names, where neither had the place."""
    place, tools = tmp_path / "xmh", tmp_path / "tools"
    (place / "bin").mkdir(parents=True)
    (place / "bin/xmh").write_text("old")
    (place / "bin/xmh").chmod(0o755)
    tools.mkdir()
    (tools / "mv").write_text('#!/bin/sh\ncase $1 in *.new.*) kill -TERM $PPID; exit 1 ;; esac\nexec /bin/mv "$@"\n')
    (tools / "mv").chmod(0o755)
    asked: list[str | Path] = [bundle / "install.sh", "--to", place, "--python", sys.executable]
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(asked, env=os.environ | {"PATH": path}, capture_output=True, check=False)
    assert done.returncode != 0
    assert (place / "bin/xmh").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tools", "xmh"]
