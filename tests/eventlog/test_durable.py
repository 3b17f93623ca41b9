"""Files that must stay: put whole, once where asked, and never called kept when the disk failed."""

import errno
import os
import stat
from pathlib import Path

import pytest

from eventlog.durable import create_durably, make_folder, write_durably


def test_a_file_is_put_whole_for_its_owner_alone_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    place = tmp_path / "a"
    assert (create_durably(place, b"1"), create_durably(place, b"2"), place.read_bytes()) == (True, False, b"1")
    write_durably(place, b"3")
    assert (place.read_bytes(), stat.S_IMODE(place.stat().st_mode)) == (b"3", 0o600)
    assert list(tmp_path.iterdir()) == [place]


def test_where_no_second_name_can_be_given_the_first_still_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    place = tmp_path / "a"
    assert (create_durably(place, b"1"), create_durably(place, b"2"), place.read_bytes()) == (True, False, b"1")


@pytest.mark.parametrize(("failed", "kept"), [(errno.EIO, False), (errno.EINVAL, True)])
def test_a_disk_that_failed_is_said_and_a_folder_that_cannot_be_flushed_is_not(
    failed: int, kept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(failed, os.strerror(failed))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    if kept:
        make_folder(tmp_path / "new")
        write_durably(tmp_path / "new/a", b"1")
        assert (tmp_path / "new/a").read_bytes() == b"1"
    else:
        with pytest.raises(OSError, match="Input/output"):
            write_durably(tmp_path / "a", b"1")
