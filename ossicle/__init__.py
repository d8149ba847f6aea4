"""Parameterised fixed-point signal-processing cores for FPGA hearing aids."""

__version__ = "0.1.0"
