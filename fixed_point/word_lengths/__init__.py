"""What word lengths do to a signal: noise models, exactness, and the search for the least that is good enough."""
