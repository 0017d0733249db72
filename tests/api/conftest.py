"""What the tests of the API share: a program with its token."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dialer.terms import Scope
from tests.factories import make_token, make_user


class Program:
    """Asks the API as a program does: a token, no cookies, JSON."""

    def __init__(self, *permissions: str, scopes: Any = Scope, user: User | None = None, token: str = "") -> None:
        self.user = user or make_user(*(f"dialer.{name}" for name in permissions))
        self.token = token or make_token(self.user, scopes=scopes)
        self.client = Client(enforce_csrf_checks=True)
        self.language = ""  # that it asks for

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1{path}", query, headers=self._headers())

    def post(self, path: str, document: Any = None, *, key: str = "") -> Any:
        return self._send(self.client.post, path, document, key=key)

    def patch(self, path: str, document: Any = None, *, key: str = "") -> Any:
        return self._send(self.client.patch, path, document, key=key)

    def _send(self, send: Any, path: str, document: Any, *, key: str) -> Any:
        content = document if isinstance(document, (bytes, str)) else json.dumps({} if document is None else document)
        headers = self._headers() | ({"Idempotency-Key": key} if key else {})
        return send(f"/api/v1{path}", content, content_type="application/json", headers=headers)

    def upload(self, path: str, *, key: str = "", **fields: Any) -> Any:
        headers = self._headers() | ({"Idempotency-Key": key} if key else {})
        return self.client.post(f"/api/v1{path}", fields, headers=headers)

    def _headers(self) -> dict[str, str]:
        asks = {"Accept-Language": self.language} if self.language else {}
        return {"Authorization": f"Bearer {self.token}"} | asks


@pytest.fixture
def program(db: None) -> Program:
    """One that may do everything."""
    return Program(user=make_user(is_superuser=True))
