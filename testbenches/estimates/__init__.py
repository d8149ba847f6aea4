"""Tests of the estimator: mapping rules, netlists, timing, power, validation."""
