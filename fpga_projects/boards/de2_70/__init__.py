"""Terasic DE2-70: EP2C70F896C6, WM8731 codec, 50 MHz."""
