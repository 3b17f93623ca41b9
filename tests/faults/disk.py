"""A small disk of its own, which can be full; without the right to mount it is a folder, and never full."""

import subprocess
from contextlib import suppress
from pathlib import Path

_BLOCK = 65536


class Disk:
    """A folder, on a file system of its own where one may mount."""

    def __init__(self, folder: Path, megabytes: int, owner: str = "root") -> None:
        """Mount it at the folder, which is made where it is missing."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        options = f"size={megabytes}m,mode=0700,uid={owner}"
        mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        self.is_own = subprocess.run(mount, capture_output=True, check=False).returncode == 0

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"

    def fill(self) -> None:
        """Leave room for nothing."""
        assert self.is_own
        with suppress(OSError), self._ballast.open("ab", buffering=0) as ballast:
            while True:
                ballast.write(bytes(_BLOCK))
        with suppress(OSError), self._ballast.open("ab", buffering=0) as ballast:
            while True:
                ballast.write(bytes(512))

    def clear(self) -> None:
        """Somebody tidied up."""
        self._ballast.unlink(missing_ok=True)

    def remove(self) -> None:
        if self.is_own:
            subprocess.run(["umount", "--lazy", self.folder], check=False)
