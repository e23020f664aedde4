"""Live what-if: questions about a proven plan, answered while somebody turns its dials.

Here lies what makes an answer quick and honest: the dials, what earlier proofs say of a question,
the answering itself and the thread that does it. How an answer looks lies in `geogrid.widget`.
"""

from geogrid.governance.live.answer import Answer
from geogrid.governance.live.dials import Dials
from geogrid.governance.live.thread import LiveWhatIf
from geogrid.governance.live.view import View

__all__ = ["Answer", "Dials", "LiveWhatIf", "View"]
