"""One file of data for each device."""
