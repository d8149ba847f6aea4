"""Mathematics that several cores share: wavelet filters, lifting schemes, windows, changes of rate."""
