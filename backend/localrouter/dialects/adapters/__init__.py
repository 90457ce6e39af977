"""Tells a server that lacks a feature the same in another way, or leaves it out and warns. One feature a file.

Start with `chat.py`: it takes a body of OpenAI's chat on its way to a server and hands it to each adapter whose feature
the server's preset lacks. Whoever has everything gets what the program sent. An adapter never changes what the program
handed over: it puts new values into the body. What was said in another way is named in the trace (`adapted`); what was
lost is a warning (`lost`); what would be a different request is refused by name.

`answers/` is for the way back: what the model had to be asked in another way is taken out of its wrapping.
"""
