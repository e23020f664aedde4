"""Answer: what is known of one what-if question, so far or for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from geogrid.errors import InputError, SolverError
from geogrid.locale import LANGUAGES, phrases

if TYPE_CHECKING:
    from geogrid.governance.live.view import View
    from geogrid.locale import Language

__all__ = ["Answer", "State", "say_failed"]

State = Literal["first", "proven", "best", "infeasible", "unknown", "refused", "failed"]


@dataclass(frozen=True)
class Answer:
    """Answer one question, so far.

    Parameters
    ----------
    number : int
        Of the question.
    state : str
        ``first``: a layout and its gap, the proof follows; ``proven``: no better one exists;
        ``best``: the best found, nothing more will follow. Without a layout: ``infeasible``: proven
        that there is none; ``unknown``: none found, none excluded; ``refused``: the plan is not
        proven, so nothing can be compared with it; ``failed``: something broke.
    view : View or None
        The layout.
    words : dict of language to str
        Why there is none.
    """

    number: int
    state: State
    view: View | None = None
    words: dict[Language, str] | None = None


def say_failed(number: int, error: Exception, *, is_refused: bool) -> Answer:
    """Return the answer to a question that has none.

    Parameters
    ----------
    number : int
        Of the question.
    error : Exception
        What came up.
    is_refused : bool
        Whether the plan itself was refused, whatever is asked.

    Returns
    -------
    Answer
        Without a layout.
    """
    state: State = "failed"
    if is_refused and isinstance(error, InputError):
        state = "refused"
    elif isinstance(error, SolverError):
        state = "unknown"
    told = str(error) or type(error).__name__
    words = {
        language: phrases(language, "try_out")[state].format(error=told) for language in LANGUAGES
    }
    return Answer(number, state, words=words)
