"""The archive for machines without a network installs in an empty network namespace, and serves there."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVES = """
set -e
ip link set lo up
{folder}/install.sh --to {to} --python {python}
export XMH_HOME={home}
{to}/bin/xmh up --detach
{to}/bin/xmh task list
{to}/bin/xmh down
"""

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle") / "xmh-offline"
    version = ".".join(map(str, sys.version_info[:2]))
    build = ["deploy/offline/build.sh", str(Path(sys.executable).parents[1]), str(folder), version]
    subprocess.run(build, cwd=ROOT, check=True)
    return folder


def alone(script: str) -> subprocess.CompletedProcess[str]:
    """Run a script where there is no network but the loopback."""
    return subprocess.run(["unshare", "-n", "bash", "-c", script], capture_output=True, text=True, check=False)


def test_it_installs_and_serves_without_a_network(bundle: Path, tmp_path: Path) -> None:
    if shutil.which("unshare") is None or alone("true").returncode:
        pytest.skip("no network namespace can be made here")
    (tmp_path / "home").mkdir()
    script = SERVES.format(folder=bundle, to=tmp_path / "xmh", python=sys.executable, home=tmp_path / "home")
    done = alone(script)
    assert done.returncode == 0, done.stdout + done.stderr
    again = alone(f"{bundle}/install.sh --production --to {tmp_path / 'xmh'} --python {sys.executable}")
    assert again.returncode == 0, again.stderr
    lacks = subprocess.run([tmp_path / "xmh/bin/xmh", "up"], capture_output=True, text=True, check=False)
    assert (lacks.returncode, "xmh[embedded]" in lacks.stderr) == (5, True)


def test_what_was_altered_on_the_way_is_not_installed(bundle: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(bundle, copy)
    with next(copy.glob("wheels/typer-*.whl")).open("ab") as wheel:
        wheel.write(b"x")
    done = subprocess.run([copy / "install.sh", "--to", tmp_path / "xmh"], capture_output=True, text=True, check=False)
    assert (done.returncode, "被改动" in done.stderr, (tmp_path / "xmh").exists()) == (1, True, False)
