"""The page answers itself alone: no other site, no other name, nothing of size."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from autograder.grading.review.guard import BODY
from tests.autograder.grading.review.room import TOKEN, reviewed
from tests.autograder.grading.store.classroom import WRITTEN


@pytest.fixture(scope="module")
def room_and_page(tmp_path_factory):
    with reviewed(tmp_path_factory.mktemp("class")) as (room, page):
        yield room, page


def unmarked(room):
    return room.mark(WRITTEN, "ada") == (None, None, True)


def sent(page, **changes):
    seen = page.answer("ada")
    about = {"id": seen["id"], "score": 1, "comment": "", "version": seen["mark"]["version"]}
    return about | changes


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1", ""]
)
def test_a_mark_from_another_site_is_refused(room_and_page, origin):
    room, page = room_and_page
    assert page.ask("mark", sent(page), {"Origin": origin})[0] == 403
    assert unmarked(room)


@pytest.mark.parametrize("what", ["", "questions", "review.js"])
def test_another_site_reads_nothing(room_and_page, what):
    page = room_and_page[1]
    assert page.ask(what, headers={"Origin": "http://evil.example"})[0] == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1", "", "127.0.0.1:1"]
)
def test_a_name_that_was_made_to_point_here_is_refused(room_and_page, host):
    page = room_and_page[1]
    status, made = page.ask("questions", headers={"Host": host})
    assert status == 403 and "own address" in made["says"]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/questions",
        f"/{TOKEN}",
        f"/{TOKEN[:-1]}/questions",
        f"/{TOKEN}x/questions",
        "/%00/questions",
        f"/{TOKEN}/../{TOKEN}/questions",
    ],
)
def test_without_the_token_there_is_nothing(room_and_page, path):
    assert room_and_page[1].ask("", path=path)[0] == 404


@pytest.mark.parametrize(
    "name", ["../server.py", "%2e%2e/server.py", "page/review.js", "/etc/passwd"]
)
def test_no_other_file_is_served(room_and_page, name):
    assert room_and_page[1].ask(name)[0] == 404


def test_the_address_that_a_browser_is_started_with_is_good_once(room_and_page):
    page = room_and_page[1]
    path = urlsplit(page.once).path
    assert page.ask("", path=path, headers={"Host": "evil.example"})[0] == 403
    assert page.ask("", path=path)[0] == 303
    assert page.headers["Location"] == urlsplit(page.url).path
    assert page.ask("", path=path)[0] == 404


def test_a_form_of_another_site_cannot_send_a_mark(room_and_page):
    room, page = room_and_page
    assert page.ask("mark", sent(page), {"Content-Type": "text/plain"})[0] == 415
    assert unmarked(room)


def test_what_is_larger_than_a_mark_is_not_read(room_and_page):
    page = room_and_page[1]
    length = {"Content-Length": str(BODY + 1)}
    assert page.ask("mark", b"{}", {"Origin": page.origin, **length})[0] == 413
    assert page.ask("mark", b"{}", {"Content-Length": "9" * 5000})[0] == 413
    assert page.ask("mark", b"{}", {"Content-Length": "-1"})[0] == 411


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"{}", b"[" * 50_000, b"\xff\xfe"])
def test_what_is_no_mark_is_said_to_be_none(room_and_page, body):
    status, made = room_and_page[1].ask("mark", body)
    assert status == 400 and "A mark has" in made["says"]


@pytest.mark.parametrize("grade", ["", "../../etc/passwd", "' or 1=1 --", "x" * 3000])
def test_an_answer_that_is_not_there_is_not_found(room_and_page, grade):
    page = room_and_page[1]
    assert page.ask("mark", sent(page, id=grade))[0] == 409
    assert page.ask("answer?id=nobody")[0] == 404


def test_every_reply_forbids_scripts_of_others_frames_and_copies(room_and_page):
    page = room_and_page[1]
    for what in ("", "questions", "nothing", "x" * 70_000):
        page.ask(what)
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy and "unsafe-eval" not in policy
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "Access-Control-Allow-Origin" not in page.headers
