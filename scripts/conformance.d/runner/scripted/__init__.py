"""A provider whose model does what it is told, in OpenAI's and Anthropic's wire formats.

Read `model.py` first: what is asked, neutral, and what the model says to it. `openai_wire.py` and `anthropic_wire.py`
read requests and write answers, whole and streamed; `server.py` speaks HTTP. Nothing of LocalRouter is used here: the
provider must not share its mistakes.
"""
