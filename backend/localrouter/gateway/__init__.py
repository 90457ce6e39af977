"""Model traffic: the use case of a request that a client sends."""
