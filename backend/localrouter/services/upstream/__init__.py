"""The only way to a provider over the network: an HTTP/1.1 client of our own.

Start with `client.py` (calls and their outcomes), then `connection.py` (what a provider may send, and when). Relaying
is what LocalRouter exists for, so it is not left to a library: httptools parses, the event loop has TLS, and what lies
between is as strict as a gateway needs and as short as its speed wants. It does nothing behind its caller's back: no
redirect, no proxy from the environment. Every outcome is a value. Never may a connection that received a byte which
no request asked for carry another request.
"""
