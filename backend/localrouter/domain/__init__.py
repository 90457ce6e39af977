"""Rules and values. Pure: time, randomness and I/O never happen here."""
