"""Small hardware that many cores use: arithmetic, intervals, requantizer, memories, streams, products by constants."""
