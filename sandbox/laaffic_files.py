"""Laaffic's account: uploaded voice files and the balance."""

from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from sandbox.laaffic_answers import EXISTS, MISSING, Refused, Violation
from sandbox.laaffic_questions import DELETE, FILES, UPLOAD, Question, page_of
from sandbox.laaffic_signature import Account
from sandbox.memory import Memory
from sandbox.sound import NotAVoiceFile, check_playable


class Files:
    """Voice files, by account. Names are unique within one."""

    def __init__(self, *, memory: Memory) -> None:
        self._memory = memory

    def upload(self, question: Question) -> str:
        """Keep a sound; returns its id."""
        given, account = question.read(UPLOAD), question.account.key
        name = given["fileName"]
        try:
            seconds = check_playable(given["file"], name=name)
        except NotAVoiceFile as error:
            raise Violation(f"file: {error}") from error
        with self._memory.lock:
            if any(held.name == name for held in self._memory.files.values() if held.account == account):
                raise Refused(EXISTS)
            suffix = PurePosixPath(name).suffix
            return self._memory.add_file(account=account, name=name, seconds=seconds, suffix=suffix)

    def query(self, question: Question) -> dict[str, Any]:
        given = question.read_page(FILES)
        with self._memory.lock:
            held = [file for file in self._memory.files.values() if file.account == question.account.key]
        page, figures = page_of(held, given)
        return {"records": [{"fileId": file.id, "fileName": file.name} for file in page], **figures}

    def delete(self, question: Question) -> None:
        """All of the files or none."""
        ids = question.read(DELETE)["fileIdList"]
        with self._memory.lock:
            held = [self._memory.files.get(file_id) for file_id in ids]
            if any(file is None or file.account != question.account.key for file in held):
                raise Refused(MISSING)
            self._memory.note("files_deleted", ids=ids)


class Balance:
    """The switch's amount less what the account's calls have cost."""

    def __init__(self, *, memory: Memory) -> None:
        self._memory = memory

    def of(self, account: Account) -> Decimal:
        with self._memory.lock:
            spent = sum((self._memory.spent[app] for app in account.apps), Decimal(0))
        return Decimal(self._memory.switches.laaffic_balance) - spent

    def query(self, question: Question) -> dict[str, str]:
        return {"balance": format(self.of(question.account), "f"), "gift": "0.0000", "credit": "0.0000"}
