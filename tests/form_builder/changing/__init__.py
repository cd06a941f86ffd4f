"""Tests of changing live forms."""
