"""From an audiogram to the description of a hearing aid: files are read and descriptions put together here; what an ear needs is
computed in `reference`."""
