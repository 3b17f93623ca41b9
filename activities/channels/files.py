"""The channel that is always there: one line of JSON per message in the home, a file per day."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from activities.channels.port import NotTakenError
from domain.calendar import local_date
from domain.notices.digest import Message
from domain.office import Person
from eventlog.durable import flush_folder, make_folder
from sheets.file_errors import file_error_reason


class FileChannel:
    """Appends to `notices/<day>.jsonl`; only the owner may read it."""

    def __init__(self, folder: Path) -> None:
        """The folder is made with the first message."""
        self._folder = folder

    def send(self, message: Message, person: Person) -> None:
        """One line, on the disk when this returns."""
        now = datetime.now(UTC)
        line = {
            "id": message.id,
            "person": person.id,
            "name": person.name,
            "subject": message.subject,
            "text": message.text,
            "urgency": message.urgency.value,
            "notices": message.ids,
            "written_at": now.isoformat(),
        }
        data = (json.dumps(line, ensure_ascii=False) + "\n").encode()
        try:
            make_folder(self._folder)
            path = self._folder / f"{local_date(now)}.jsonl"
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                # One write: a line is there whole, whoever else writes to the file.
                if os.write(descriptor, data) != len(data):
                    raise NotTakenError("磁盘写满，通知没有写完整")
                os.fsync(descriptor)
                flush_folder(self._folder)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise NotTakenError(f"写不进 {self._folder}：{file_error_reason(error)}") from error
