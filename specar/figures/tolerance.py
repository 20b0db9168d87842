"""How far a reproduced result may lie from the published one to count as the same in a figure."""

from __future__ import annotations

# The band is the margin of the verdicts.
from specar.paper.margins import margin_of as tolerance_of
from specar.paper.margins import margins_in_words as tolerances_in_words

__all__ = ["tolerance_of", "tolerances_in_words"]
