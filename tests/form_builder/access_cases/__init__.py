"""Tests of access cases."""
