"""Laws of writing answers: head and body in one piece, nothing kept back."""

from __future__ import annotations

import pytest

from geogrid_api.protocol import _OneWrite

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


class Line:
    """Stand for a connection; remember what was written, call by call."""

    def __init__(self):
        self.written = []
        self.closed = False

    def write(self, data):
        self.written.append(data)

    def writelines(self, pieces):
        self.written.append(b"".join(pieces))

    def close(self):
        self.closed = True

    def is_closing(self):
        return self.closed


@pytest.fixture
def line():
    return Line()


@pytest.mark.parametrize("body", [b"", b"{}", b"x" * 200_000])
def test_head_and_body_are_one_write(line, body):
    answer = _OneWrite(line)
    answer.write(HEAD)
    assert line.written == []
    answer.write(body)
    assert line.written == [HEAD + body]


def test_later_pieces_are_written_as_they_come(line):
    answer = _OneWrite(line)
    for piece in (HEAD, b"a", b"b", HEAD):
        answer.write(piece)
    assert line.written == [HEAD + b"a", b"b", HEAD]


def test_leave_to_go_on_is_given_at_once(line):
    answer = _OneWrite(line)
    answer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    answer.write(HEAD)
    assert line.written == [b"HTTP/1.1 100 Continue\r\n\r\n"]
    answer.write(b"a")
    assert line.written[1:] == [HEAD + b"a"]


def test_a_line_is_closed_after_what_was_kept(line):
    answer = _OneWrite(line)
    answer.write(HEAD)
    answer.close()
    assert line.written == [HEAD]
    assert answer.is_closing()
