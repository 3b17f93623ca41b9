"""What a new password must be, by the policy, by what leaked elsewhere, and by what its person had before."""

from typing import TYPE_CHECKING

from domain.access.passwords import RULES, PasswordRules, check_password
from domain.base import Refusal, refuse
from eventlog import access, reading
from eventlog.database import Database

if TYPE_CHECKING:
    from argon2 import PasswordHasher

FEWEST_GUESSES = 10**8
"""What eight letters, figures and signs taken by chance withstand; common words, names and rows of keys do not."""
LOOKED_AT = 24
"""Characters from the first: what withstands in them withstands; the look takes seconds of figures and signs more."""
OF_THE_PLACE = ("xmh", "xiangmihu", "xiangmi", "futian", "shenzhen", "zhihuibu", "duban", "dubanban")
"""What everybody here would try first."""


def hasher() -> "PasswordHasher":
    """Argon2id with 64 MiB, three passes, four lanes."""
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)


def password_rules(database: Database) -> PasswordRules:
    """What the policy of now asks of a password."""
    return RULES[reading.rulebook(database).policy.passwords]


def check_new_password(database: Database, person: str, password: str) -> None:
    """Refuse a password the rules do not take, one that is soon guessed, or one of the last that are barred.

    Raises:
        Refusal: `malformed`.
    """
    check_password(password_rules(database), person, password)
    check_not_guessed(database, person, password)
    if barred := barred_as_earlier(database, person, password):
        raise Refusal(barred, "malformed")


def check_not_guessed(database: Database, person: str, password: str) -> None:
    """Refuse what a list of leaked passwords, a row of keys, a date, or what is known of the person gives away.

    Raises:
        Refusal: `malformed`.
    """
    from zxcvbn import zxcvbn

    known = reading.person(database, person)
    of_him = (person, known.name, known.unit) if known is not None else (person,)
    guesses = zxcvbn(password[:LOOKED_AT], user_inputs=[*OF_THE_PLACE, *of_him])["guesses"]
    line = "这个密码容易被猜到（常用密码、键盘顺序、年份、本单位或本人的名字）；请换一个，可用几个不相干的词连起来"
    refuse(guesses < FEWEST_GUESSES, line, "malformed")


def barred_as_earlier(database: Database, person: str, password: str) -> str | None:
    """What is told of one of the last that are barred. It tells what they were: only who is proven may hear it."""
    from argon2.exceptions import InvalidHashError, VerificationError

    barred = password_rules(database).barred
    for earlier in access.earlier_passwords(database, person, barred) if barred else ():
        try:
            hasher().verify(earlier, password)
        except (VerificationError, InvalidHashError):
            continue
        return f"不能与最近 {barred} 次用过的密码相同"
    return None
