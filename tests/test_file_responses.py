"""Files for browsers: ranges, conditions, names. Rules: RFC 9110 sections 13 and 14."""

import io
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.http.response import HttpResponseBase
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from dialer.file_responses import file_response

BODY = bytes(range(256)) * 1000  # 256,000 bytes: several chunks


class WatchedFile(io.BytesIO):
    """Counts the bytes that were asked for at once."""

    largest_read = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.largest_read = max(self.largest_read, len(self.getvalue()) if size is None or size < 0 else size)
        return super().read(size)


def answer(
    file: Path | io.BytesIO | None = None,
    *,
    method: str = "GET",
    etag: str = "",
    filename: str = "call.mp3",
    as_attachment: bool = False,
    **headers: str,
) -> HttpResponseBase:
    request = RequestFactory().generic(method, "/", headers={k.replace("_", "-"): v for k, v in headers.items()})
    return file_response(
        request,
        io.BytesIO(BODY) if file is None else file,
        content_type="audio/mpeg",
        filename=filename,
        as_attachment=as_attachment,
        etag=etag,
    )


def body_of(response: HttpResponseBase) -> bytes:
    body = b"".join(response) if response.streaming else response.content
    response.close()
    return body


def test_without_a_range_the_whole_file_comes_and_says_that_ranges_are_possible() -> None:
    response = answer()

    assert response.status_code == 200
    assert body_of(response) == BODY
    assert response["Content-Length"] == str(len(BODY))
    assert response["Content-Type"] == "audio/mpeg"
    assert response["Accept-Ranges"] == "bytes"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "Content-Range" not in response


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=100000-", 100_000, 255_999),
        ("bytes=-500", 255_500, 255_999),
        ("bytes=-999999999", 0, 255_999),
        ("bytes=255999-999999999", 255_999, 255_999),
        ("BYTES=5-6", 5, 6),
        (" bytes=5-6 ", 5, 6),
    ],
)
def test_one_range_brings_just_that_part(asked: str, first: int, last: int) -> None:
    response = answer(range=asked)

    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/{len(BODY)}"
    assert response["Content-Length"] == str(last - first + 1)
    assert response["Content-Type"] == "audio/mpeg"
    assert body_of(response) == BODY[first : last + 1]


@pytest.mark.parametrize("asked", ["bytes=256000-", "bytes=256000-300000", "bytes=-0"])
def test_a_range_outside_the_file_is_refused_with_the_files_size(asked: str) -> None:
    response = answer(range=asked)

    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(BODY)}"
    assert body_of(response) == b""


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=0-1,5-6",
        "bytes=",
        "bytes=-",
        "bytes=5-2",
        "items=0-1",
        "bytes=a-b",
        "bytes=²-",
        "bytes=0-²",
        "bytes=" + "9" * 5000 + "-",
        "bytes=0-" + "9" * 5000,
        "0-1",
    ],
)
def test_several_ranges_or_none_that_can_be_read_bring_the_whole_file(asked: str) -> None:
    response = answer(range=asked)

    assert response.status_code == 200
    assert body_of(response) == BODY


def test_an_empty_file_has_no_part_but_can_be_had_whole() -> None:
    assert answer(io.BytesIO(), range="bytes=0-").status_code == 416
    assert answer(io.BytesIO(), range="bytes=-1").status_code == 416
    assert body_of(answer(io.BytesIO())) == b""


@given(asked=st.text(st.characters(codec="latin-1"), max_size=40) | st.from_regex(r"bytes=\d{0,20}-\d{0,20}(,.*)?"))
def test_no_range_header_raises_and_lengths_always_agree(asked: str) -> None:
    body = BODY[:1000]
    response = answer(io.BytesIO(body), range=asked)
    sent = body_of(response)

    assert response.status_code in {200, 206, 416}
    if response.status_code == 206:
        first, last = map(int, response["Content-Range"].removeprefix("bytes ").split("/")[0].split("-"))
        assert sent == body[first : last + 1] != b""
    if response.status_code != 416:
        assert response["Content-Length"] == str(len(sent))


def test_head_has_the_headers_of_the_whole_file_and_no_body() -> None:
    file = io.BytesIO(BODY)
    response = answer(file, method="HEAD", range="bytes=0-9")

    assert response.status_code == 200
    assert response["Content-Length"] == str(len(BODY))
    assert response["Accept-Ranges"] == "bytes"
    assert body_of(response) == b""
    assert file.closed


def test_an_unchanged_file_is_not_sent_again() -> None:
    file = io.BytesIO(BODY)
    response = answer(file, etag="v1", if_none_match='"v1"')

    assert response.status_code == 304
    assert response["ETag"] == '"v1"'
    assert file.closed
    assert answer(etag="v2", if_none_match='"v1"').status_code == 200


def test_a_file_other_than_the_one_insisted_on_is_refused() -> None:
    assert answer(etag="v2", if_match='"v1"', range="bytes=0-1").status_code == 412
    assert answer(etag="v1", if_match='"v1"', range="bytes=0-1").status_code == 206


@pytest.mark.parametrize(
    ("etag", "condition", "status"),
    [
        ("v1", '"v1"', 206),
        ("v2", '"v1"', 200),
        ('W/"v1"', 'W/"v1"', 200),
        ("v1", "Wed, 21 Oct 2015 07:28:00 GMT", 200),
        ("", '"v1"', 200),
    ],
)
def test_if_range_brings_a_part_only_of_the_very_same_file(etag: str, condition: str, status: int) -> None:
    assert answer(etag=etag, if_range=condition, range="bytes=0-1").status_code == status


@pytest.mark.parametrize("asked", ["", "bytes=1000-"])
def test_the_file_is_read_in_small_pieces_and_closed_with_the_response(asked: str) -> None:
    file = WatchedFile(BODY)
    response = answer(file, range=asked)

    assert len(list(response)) == 4
    assert file.largest_read == 64 * 1024
    assert not file.closed
    response.close()
    assert file.closed


def test_a_file_that_is_refused_is_closed() -> None:
    file = io.BytesIO(BODY)
    answer(file, range="bytes=999999-")

    assert file.closed


def test_a_path_and_a_file_of_django_work_too(tmp_path: Path) -> None:
    path = tmp_path / "secret-server-name.mp3"
    path.write_bytes(BODY)
    from_path = answer(path, range="bytes=5-9")
    from_django = answer(ContentFile(BODY, "x"), range="bytes=5-9")

    assert body_of(from_path) == body_of(from_django) == BODY[5:10]
    assert "secret" not in str(from_path.headers)


def test_a_path_without_a_file_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        answer(tmp_path / "gone.mp3")


@pytest.mark.parametrize(
    ("filename", "disposition"),
    [
        ("call.mp3", 'inline; filename="call.mp3"'),
        ('a"b.mp3', r'inline; filename="a\"b.mp3"'),
        ("促销.mp3", "inline; filename*=utf-8''%E4%BF%83%E9%94%80.mp3"),
        ("../../etc/passwd", 'inline; filename=".._.._etc_passwd"'),
        ("a\r\nSet-Cookie: x", 'inline; filename="a__Set-Cookie: x"'),
        ("a\u202e3pm.exe", 'inline; filename="a_3pm.exe"'),
        ("\ud800.mp3", 'inline; filename="_.mp3"'),
        ("", 'inline; filename="file"'),
    ],
)
def test_no_name_can_break_the_header_or_leave_the_folder(filename: str, disposition: str) -> None:
    assert answer(filename=filename)["Content-Disposition"] == disposition
    assert answer(filename=filename, range="bytes=0-1")["Content-Disposition"] == disposition


def test_a_download_says_so() -> None:
    assert answer(as_attachment=True)["Content-Disposition"] == 'attachment; filename="call.mp3"'
