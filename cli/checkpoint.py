"""`xmh audit checkpoint`: a signed statement of the whole log, and the log held against those kept elsewhere."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.moments import now
from cli.session import Problem, answer, session
from domain.base import Refusal, refuse
from domain.terms import Role
from sheets.input_file import read_file

if TYPE_CHECKING:
    from domain.checkpoint import LogCheckpoint
    from domain.fingerprint import Fingerprint
    from eventlog.findings import VerifyFinding
    from services.checkpoints_left import LeftCheckpoint
    from services.log_tree import PassingRoots


def checkpoint(
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="写到这个文件；不写则显示。请交别人留存")
    ] = None,
) -> None:
    """签发检查点：此刻整本日志的签名摘要，交给别人留存，日后用 audit verify --checkpoint 对照。"""
    from services.checkpoints import take_checkpoint
    from services.checkpoints_left import hand_out

    inside = session.actor.role not in (Role.LIAISON, Role.HEAD)
    refuse(not inside, "检查点由办公室、领导或审计员签发", "forbidden")
    if out is not None and (out.exists() or not out.parent.is_dir()):
        why = "已存在，不会覆盖；请换一个文件名" if out.exists() else "所在的目录不存在，请先建立"
        raise Problem(f"{out} {why}", "malformed")
    taken, note, public = take_checkpoint(session.database, session.settings.home, now())
    left: dict[str, Any] = {}
    if session.settings.witnesses.anybody:
        shown = hand_out(session.settings, session.database, note, now())
        note, left = shown.note, left_document(shown)
    if out is not None:
        _write(out, note)
    document = {
        "origin": taken.origin,
        "size": taken.size,
        "root": taken.root.hex(),
        "sm3": taken.sm3.hex(),
        "public_key": public,
        "file": str(out) if out else None,
        "note": note,
        **left,
    }
    where = f"，已写入 {out}" if out else ""
    line = f"已签发检查点：日志第1至{taken.size}条{where}\n公钥 {public}\n请把检查点和公钥交给别人留存，不要只放在本机"
    line = "\n".join([line, *left_lines(left)])
    answer(document, line if out else f"{note}\n{line}")


def _write(out: Path, note: str) -> None:
    try:
        with os.fdopen(os.open(out, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644), "w", encoding="utf-8") as file:
            file.write(note)
    except OSError as error:
        raise Problem(f"检查点写不到 {out}：{error.strerror}", "malformed") from error


def note_file(file: Path) -> str:
    """The note in a file: as `audit checkpoint` wrote it, or in a mail saved as it came.

    Raises:
        Refusal: it cannot be read, or is no text.
    """
    from services.checkpoint_mail import MOST_KEPT, note_in

    return note_in(read_file(file, MOST_KEPT))


def read_checkpoints(files: Iterable[Path], public: str | None) -> "list[LogCheckpoint]":
    """The checkpoints in these files, each signed by the key given, or by one the log knows.

    Raises:
        Refusal: a file holds none, or nobody known signed it.
    """
    from domain.checkpoint import read_note
    from services.checkpoint_keys import is_signed
    from services.checkpoints import known_keys

    kept = []
    for file in files:
        try:
            one, signatures = read_note(note_file(file))
        except Refusal as error:
            why = error.message
            raise Problem(f"{file}：{why}" if str(file) not in why else why, error.code) from error
        keys = (public,) if public is not None else known_keys(session.database, session.settings.home)
        if not any(is_signed(one, signatures, key) for key in keys):
            whose = "这把公钥" if public is not None else "本机或日志里记的任何一把公钥"
            raise Problem(f"{file}：签名不是{whose}的，内容可能被改过；请用当时留存的公钥（--public-key）", "malformed")
        kept.append(one)
    return kept


def left_after_issue() -> "dict[str, Any]":
    """The checkpoint left elsewhere now that something was issued; that it could not be is told as advice.

    So is the first issue by faces that stand in for others.
    """
    from cli.printing.files import office_press
    from eventlog.errors import LogError
    from services.checkpoints_left import leave_checkpoint
    from services.issuing.stand_ins import first_by_stand_ins

    session.advice.extend(first_by_stand_ins(session.database, office_press()))
    try:
        left = leave_checkpoint(session.settings, session.database, now())
    except (Refusal, LogError) as error:
        session.advice.append(f"检查点没有留存：{error.message}")
        return {}
    return left_document(left) if left else {}


def left_document(left: "LeftCheckpoint") -> "dict[str, Any]":
    """Where a checkpoint lies now; who was to have it and has not is told as advice."""
    session.advice.extend(f"检查点没有留存：{trouble}" for trouble in left.troubles)
    document: dict[str, Any] = {"checkpoint": str(left.place)} if left.place else {}
    if left.witnesses:
        document["witnesses"] = list(left.witnesses)
    if left.authority:
        document["timestamp"] = left.authority
    if left.signers:
        document["signers"] = list(left.signers)
    if left.mailed:
        document["mailed"] = list(left.mailed)
    return document


def left_lines(left: "dict[str, Any]") -> list[str]:
    """The same as lines for a person."""
    return [
        *([f"  检查点已留存：{left['checkpoint']}"] if "checkpoint" in left else []),
        *([f"  检查点已由{'、'.join(left['witnesses'])}见证"] if "witnesses" in left else []),
        *([f"  检查点已加盖时间戳：{left['timestamp']}"] if "timestamp" in left else []),
        *(f"  检查点已由国密密钥签名，公钥 {key}" for key in left.get("signers", ())),
        *([f"  检查点已寄给{'、'.join(left['mailed'])}"] if "mailed" in left else []),
    ]


def left_at_down() -> "dict[str, list[str]]":
    """The checkpoints left for each headquarters that stops; nothing without the setting."""
    from eventlog.configured import open_log
    from eventlog.errors import LogError
    from services.checkpoints_left import is_left_anywhere, leave_checkpoint
    from services.headquarters import all_headquarters, settings_of

    if not is_left_anywhere(session.settings):
        return {}
    left: list[str] = []
    for one in all_headquarters(session.settings.installation):
        theirs = settings_of(session.settings, one.code)
        try:
            with open_log(theirs) as log:
                done = leave_checkpoint(theirs, log, now())
        except (Refusal, LogError) as error:
            session.advice.append(f"指挥部 {one.code} 的检查点没有留存：{error.message}")
            continue
        left += [str(done.place)] if done and done.place else []
        session.advice.extend(f"指挥部 {one.code} 的检查点：{trouble}" for trouble in (done.troubles if done else ()))
    return {"checkpoints": left}


def roots_to_pass(kept: "Sequence[LogCheckpoint]", printed: "Sequence[Fingerprint]") -> "PassingRoots | None":
    """What takes the roots these ask for while the log is verified; None where it cannot be asked what it claims."""
    from eventlog.errors import LogError
    from services.checkpoints import roots_in_passing

    with suppress(LogError, ValueError, TypeError, AttributeError, KeyError):
        return roots_in_passing(session.database, kept, printed)
    return None


def checkpoint_findings(
    kept: "Sequence[LogCheckpoint]", printed: "Sequence[Fingerprint]", passed: "PassingRoots | None"
) -> "list[VerifyFinding]":
    """What the log says of itself and these say otherwise; where it cannot be read that was found already."""
    from eventlog.errors import LogError
    from services.checkpoints import hold_against, hold_against_fingerprint, recorded_checkpoints_differ

    parts = [
        *(partial(hold_against, session.database, one, passed) for one in kept),
        *(partial(hold_against_fingerprint, session.database, one, passed) for one in printed),
    ]
    findings = []
    for look in (*parts, partial(recorded_checkpoints_differ, session.database, passed)):
        with suppress(LogError, ValueError, TypeError, AttributeError, KeyError):
            findings += look()
    return findings
