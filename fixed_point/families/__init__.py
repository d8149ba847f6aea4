"""Integer arithmetic that several cores share: filter banks, lifting steps, polyphase sums, windows."""
