"""Commands that measure and write a table or a page of the documentation."""
