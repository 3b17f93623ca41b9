"""One case: the words, the environment, the settings file and the standard input of a run of `xmh`, from a seed."""

import random
from dataclasses import dataclass, field
from typing import Any

from typer.main import get_command

from cli.main import app
from tests.fuzz.hostile import DATES, ENVIRONMENT, MATTERS, NUMBERS, PEOPLE, TEXTS, TOML, UNITS, WORDS, Files

NEVER = frozenset({("up",), ("down",), ("worker",), ("web",), ("simulate",), ("migrate",), ("headquarters", "add")})
"""They start, stop or found something; their words are tried by subprocess, with what they must refuse."""
VERDICTS = (
    *(("upgrade",), ("backup",), ("drill",)),
    *(("doctor",), ("audit", "verify"), ("audit", "unanswered"), ("simulate",)),
    *(("audit", "check"), ("audit", "preflight"), ("archive", "verify")),
)
"""They look for what is wrong and end with 1 when they found it; nothing else ever does, but a bug."""
_BY_METAVAR = {
    "DATE": DATES, "D": DATES, "T": DATES, "DATETIME": DATES, "FROM": DATES, "N": NUMBERS, "YEAR": NUMBERS, "Y": NUMBERS,
    "PERSON": PEOPLE, "P": PEOPLE, "PERSON_ID": PEOPLE, "UNIT": UNITS, "U": UNITS, "M": MATTERS, "M…": MATTERS,
}  # fmt: skip


@dataclass
class Case:
    """What is given to one run."""

    seed: int
    words: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    toml: str | None = None
    stdin: bytes = b""
    several: bool = False
    """Several matters, or rows, at once: what was recorded before the first refusal stays."""


def leaves(command: Any = None, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Every command of the line, with its parameters."""
    command = command or get_command(app)
    if not hasattr(command, "list_commands"):
        return {path: command}
    found: dict[tuple[str, ...], Any] = {}
    for name in command.list_commands(None):
        found |= leaves(command.get_command(None, name), (*path, name))
    return found


def case(seed: int, commands: dict[tuple[str, ...], Any], files: Files) -> Case:
    """The case of a seed: always the same."""
    chance = random.Random(seed)
    path = chance.choice([p for p in commands if p not in NEVER])
    command = commands[path]
    words, several = list(path), False
    for parameter in command.params:
        option = parameter.param_type_name == "option"
        shared = parameter.name in (
            "home",
            "config",
            "headquarters",
            "acting",
            "for_person",
            "as_json",
            "yes",
            "command_id",
            "help",
        )
        if option and chance.random() > (0.03 if shared else 0.45 if not parameter.required else 0.9):
            continue
        if not option and chance.random() > (0.95 if parameter.required else 0.7):
            continue
        times = chance.choice((1, 1, 2)) if parameter.multiple or parameter.nargs == -1 else 1
        several = several or (parameter.nargs == -1 and times > 1) or parameter.name in ("keep_going", "source")
        for _ in range(times):
            if option and getattr(parameter, "is_flag", False):
                words.append(parameter.opts[0])
                break
            value = _value(parameter, chance, files)
            words += [chance.choice(parameter.opts), value] if option else [value]
    words = _spoiled(words, chance)
    return Case(
        seed=seed,
        words=[w.replace("\x00", "") for w in words],
        environment={k: chance.choice(v).replace("\x00", "") for k, v in ENVIRONMENT.items() if chance.random() < 0.012},
        toml=chance.choice(TOML) if chance.random() < 0.06 else None,
        stdin=chance.choice((b"", b"x", b"[]", b'{"matter": "1", "text": "\xe5\xa5\xbd"}', b"\xff\xfe\x00", chance.randbytes(300))),
        several=several,
    )  # fmt: skip


def _value(parameter: Any, chance: random.Random, files: Files) -> str:
    metavar = str(parameter.metavar or "").strip("[]").upper()
    kind = str(getattr(parameter, "type_descriptor", None) or getattr(parameter, "type", "")).lower()
    if parameter.name in ("out", "output"):
        return files.out(chance)
    if "FILE" in metavar or "DIR" in metavar or "path" in kind:
        return chance.choice(files.paths)
    if chance.random() < 0.1:
        return chance.choice((*TEXTS, *DATES, *NUMBERS))
    if "int" in kind:
        return _picked(NUMBERS, chance)
    if "|" in metavar:
        return chance.choice((*str(parameter.metavar).split("|"), *WORDS))
    return _picked(_BY_METAVAR.get(metavar) or (*WORDS, *TEXTS), chance)


def _picked(values: tuple[str, ...], chance: random.Random) -> str:
    """The plausible ones come first, and more often: else nothing gets past the first check."""
    return values[int(len(values) * chance.random() ** 2)]


def _spoiled(words: list[str], chance: random.Random) -> list[str]:
    """Now and then a slip no rule of the parser foresees."""
    if chance.random() < 0.08:
        slip = chance.choice(("--nosuch", "--", "-", "--title", "--json=1", "--home", "-o", chance.choice(TEXTS)))
        words.insert(chance.randrange(len(words) + 1), slip)
    if chance.random() < 0.04:
        del words[chance.randrange(len(words))]
    return words
