"""Each service owns one piece of state and its I/O. Services do not import one another.

The gateway or a command combines what belongs together; a service announces what happened through the `publish`
function that it is given. All state is touched on the event loop's thread only.
"""
