"""OpenAI's responses and the neutral conversation.

`requests.py` reads what a program asks: its input by `items.py` and `contents.py`, its tools by `tools.py`.
`replies.py` writes whole answers, `writer.py` streams, both of the items in `outputs.py`. Thoughts that only their
provider can read travel under its name (`seals.py`), and never to another one.
"""
