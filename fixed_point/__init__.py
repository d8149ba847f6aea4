"""Bit-true integer models: number formats, rounding, overflow, and one model for each core, in a module of the core's name."""

from fixed_point.coefficients import (
    QuantizedCoefficients,
    best_fraction_length,
    bits_for,
    quantize_coefficients,
    worst_case_range,
)
from fixed_point.full_scale import audio_to_values, audio_to_words, values_to_audio, words_to_audio
from fixed_point.number_format import ComplexFormat, Format, Overflow, Rounding, complex_format
from fixed_point.quantization import as_words, components, quantize, requantize, saturate, to_float, wrap

__all__ = [
    "ComplexFormat",
    "Format",
    "Overflow",
    "QuantizedCoefficients",
    "Rounding",
    "as_words",
    "audio_to_values",
    "audio_to_words",
    "best_fraction_length",
    "bits_for",
    "complex_format",
    "components",
    "quantize",
    "quantize_coefficients",
    "requantize",
    "saturate",
    "to_float",
    "values_to_audio",
    "words_to_audio",
    "worst_case_range",
    "wrap",
]
