"""A provider whose model does what it is told, in the wire formats of OpenAI (chat, responses), Anthropic and Gemini.

Read `model.py` first: what is asked, neutral, and what the model says to it. The files `…_wire.py` read requests and
write answers, whole and streamed; `server.py` speaks HTTP. Nothing of LocalRouter is used here: the provider must not
share its mistakes.
"""
