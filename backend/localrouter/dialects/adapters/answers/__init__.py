"""The way back: answers as their programs want them.

`wrapping.py` takes JSON out of what models put around it, and a value out of the object that it was asked for in;
`by_tool.py` has an answer given by the call of a tool, and takes it out of that.
"""
