"""The ids of streams: they follow from a key or a year, so that whoever does a thing twice meets the same stream."""

import unicodedata
from datetime import date
from hashlib import sha256

from domain.base import Term


def matter_stream(key: str) -> str:
    """The stream of the matter opened under an idempotency key: `matter/3f2a…`."""
    return f"matter/{_derived(key)}"


def meeting_stream(key: str) -> str:
    """The stream of the meeting convened or recorded under a key."""
    return f"meeting/{_derived(key)}"


def plan_stream(name: str) -> str:
    """Where the versions of the work plan of that name are recorded."""
    return f"plan/{_derived(name)}"


def incoming_stream(key: str) -> str:
    """The stream of the incoming paper registered under a key."""
    return f"incoming/{_derived(key)}"


def bulletin_stream(publication: Term) -> str:
    """Where the issues of 简报, or of 动态, are recorded."""
    return f"bulletin/{publication.value}"


def paper_stream(year: int) -> str:
    """Where the papers of a year (督办单、催办单 …) are recorded."""
    return f"paper/{year}"


def minutes_stream(year: int) -> str:
    """Where the filed 纪要 of a year are recorded."""
    return f"minutes/{year}"


def onsite_stream(key: str) -> str:
    """The stream of the on-site inspection (督查组) planned under a key."""
    return f"onsite/{_derived(key)}"


def assessment_stream(until: date) -> str:
    """Where the 考核 of a day is recorded: one day has one."""
    return f"assessment/{until.isoformat()}"


def transfer_stream(key: str) -> str:
    """The stream, in both logs, of the 上报 or 下达 sent under a key."""
    return f"transfer/{_derived(key)}"


def account_stream(person: str) -> str:
    """The stream of a person's account."""
    return f"account/{person}"


def access_stream(day: date) -> str:
    """Where it is recorded who came in, in a month of Shanghai."""
    return f"access/{day:%Y-%m}"


def read_stream_of(kind: Term, key: str) -> str:
    """Where it is recorded who has read a notice or a paper."""
    return f"read/{_derived(f'{kind.value}:{key}')}"


def suggestion_stream(key: str) -> str:
    """The stream of the suggestion made under a command's id."""
    return f"suggestion/{_derived(key)}"


def archive_stream(matter: str) -> str:
    """Where it is recorded that a matter was archived, by its stream."""
    return f"archive/{matter.partition('/')[2]}"


class OfficeStream(Term):
    """The streams of which a headquarters has one each."""

    CALENDAR = "calendar", "工作日历"
    POLICY = "policy", "督办规则"
    DIRECTORY = "directory", "名录"
    SERIES = "series", "会议系列"
    NUMBERS = "numbers", "编号"
    SECRETS = "secrets", "密钥"
    HEADQUARTERS = "headquarters", "指挥部"
    OPERATIONS = "operations", "运行"

    def of(self, headquarters: str) -> str:
        """The stream's id in a headquarters' log: `calendar/XMH`."""
        return f"{self.value}/{headquarters}"


def rulebook_streams(headquarters: str) -> tuple[str, str]:
    """Calendar and policy of a headquarters."""
    return OfficeStream.CALENDAR.of(headquarters), OfficeStream.POLICY.of(headquarters)


def kind_of(stream: str) -> str:
    """`matter/3f2a…` → `matter`."""
    return stream.partition("/")[0]


def _derived(key: str) -> str:
    """80 bits of the key's digest; full and half width of a character are one."""
    return sha256(unicodedata.normalize("NFKC", key).encode()).hexdigest()[:20]
