"""What the estimates are held against; see README.md."""
