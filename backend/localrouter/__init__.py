"""LocalRouter: one OpenAI-compatible address for all language models of a computer."""

__version__ = "0.1.0"
