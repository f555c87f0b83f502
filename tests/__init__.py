"""Proof that the promises are kept, on real parts."""
