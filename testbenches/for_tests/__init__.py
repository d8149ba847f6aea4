"""Oracles, fakes and fixtures that tests share; nothing else imports them."""
