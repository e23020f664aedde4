"""Mathematics on arrays: partition and assignment, with proofs.

Knows neither geography nor governance; imports nothing of ours but errors.
"""
