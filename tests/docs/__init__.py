"""Tests that README and docs say what the product does."""
