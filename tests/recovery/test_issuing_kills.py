"""Many sign at once and some die on the way: no number is missing or double, the files are there or made again."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from documents.bulletin import drafts
from documents.bulletin.briefing import compose_briefing
from documents.bulletin.drafts import BulletinDraft
from domain.bulletin import Publication
from eventlog import reading
from eventlog.database import Database
from eventlog.verify import verify
from services.issuing.bulletins import (
    bulletin_numbers_on_disk,
    bulletin_with_files,
    folder_of,
    issue_draft,
    issued_bulletins,
)
from tests.recovery.deadly_issuer import NOW
from tests.support.homes import founded_home, home, log
from tests.support.office import FOR_LEADER
from tests.support.served import ROOT

pytestmark = pytest.mark.slow

__all__ = ["founded_home", "home", "log"]

ENDINGS = ("nowhere", "nowhere", "before", "after", "linking")
TIMES = (2, pytest.param(4, marks=pytest.mark.chaos))
"""How often each ending: ten who sign, or twenty."""
MARCH = (date(2022, 3, 1), date(2022, 3, 31))


def signed_at_once(home: Path, made: list[BulletinDraft], endings: tuple[str, ...]) -> list[str]:
    """The numbers those who lived were told."""
    wanted = [f"{draft.id}:{ending}" for draft, ending in zip(made, endings, strict=True)]
    command = (sys.executable, "-m", "tests.recovery.deadly_issuer", str(home), *wanted)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            said = json.loads(process.communicate(timeout=80)[0])
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    ended = [said[draft.id][0] for draft in made]
    assert ended == [0 if ending == "nowhere" else signal.SIGKILL for ending in endings]
    return [number for _, number in said.values() if number]


@pytest.mark.timeout(90)
@pytest.mark.parametrize("times", TIMES)
def test_numbers_have_no_gap_and_files_are_there_or_made_again_whoever_dies_when(
    log: Database, home: Path, times: int
) -> None:
    endings = ENDINGS * times
    recorded = sum(ending != "before" for ending in endings)
    text = compose_briefing(log, Publication.BRIEFING, *MARCH, as_of=NOW)
    made = [drafts.keep_draft(home, text, "office", NOW) for _ in endings]
    told = signed_at_once(home, made, endings)

    events = issued_bulletins(log)
    assert sorted(e.no for e in events) == list(range(1, recorded + 1))
    assert set(told) <= {e.number for e in events}
    assert len(set(told)) == len(told) == endings.count("nowhere")
    assert verify(log).ok
    _left_behind_and_not_counted(home, recorded, endings)

    for event in events:
        done = bulletin_with_files(log, home, event)
        assert all(path.exists() for path in done.files.values())
    assert len(_files(home)) == 4 * recorded
    _each_draft_is_one_issue(log, home, made, recorded)


def _left_behind_and_not_counted(home: Path, recorded: int, endings: tuple[str, ...]) -> None:
    """What the dead left is under names that no issue has."""
    folder = folder_of(home, Publication.BRIEFING)
    left = [path for path in folder.iterdir() if path.is_dir()]
    assert len(left) == sum(ending != "nowhere" for ending in endings)
    assert all(path.name.startswith(".") for path in left)
    assert max(bulletin_numbers_on_disk(home).values()) <= recorded


def _files(home: Path) -> list[Path]:
    return [path for path in folder_of(home, Publication.BRIEFING).iterdir() if path.is_file()]


def _each_draft_is_one_issue(log: Database, home: Path, made: list[BulletinDraft], recorded: int) -> None:
    """Signed again, a draft whose number was recorded answers with that; one that died before gets the next."""
    already = {draft.id for draft in made if reading.find_command(log, draft.key)}
    numbers = [issue_draft(log, home, draft, FOR_LEADER, NOW).event.no for draft in made]
    assert sorted(numbers) == list(range(1, len(made) + 1))
    assert {n for n, draft in zip(numbers, made, strict=True) if draft.id in already} == set(range(1, recorded + 1))
