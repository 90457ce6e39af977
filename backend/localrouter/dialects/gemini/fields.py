"""The request fields that are known, and what each can do to a request's size.

Google takes every name in two spellings, `maxOutputTokens` and `max_output_tokens`. A request is read in the first
(`request.spelled`), and goes on in it.
"""

from __future__ import annotations

NAME = "gemini"  # of the dialect
CLIENT_HEADER = "x-goog-api-client"
CAP = "generationConfig.maxOutputTokens"

# The request's own content. Its texts are counted.
TEXTS = frozenset({"contents", "systemInstruction"})
# Never part of the prompt, and never makes anything larger.
SETTINGS = frozenset({"model", "safetySettings", "store", "labels"})
# May become part of the prompt: counted as written.
WRITTEN = frozenset({"tools", "toolConfig"})
CONFIG = "generationConfig"
# With these the provider may add text to the prompt, run something, or ask another price.
UNBOUNDED = frozenset({"cachedContent", "continuationToken"})
KNOWN = TEXTS | SETTINGS | WRITTEN | UNBOUNDED | {CONFIG, "serviceTier", "labels", "requests", "content"}
GENERATE, STREAM = "models/{model}:generateContent", "models/{model}:streamGenerateContent"
COUNT, EMBED, EMBED_MANY = (
    "models/{model}:countTokens",
    "models/{model}:embedContent",
    "models/{model}:batchEmbedContents",
)
# Fields of `generationConfig`: the first never lengthen anything, the others are counted as written.
CONFIG_SETTINGS = frozenset(
    {
        "temperature", "topP", "topK", "candidateCount", "maxOutputTokens", "stopSequences", "seed", "presencePenalty",
        "frequencyPenalty", "responseLogprobs", "logprobs", "responseMimeType", "thinkingConfig",
        "enableEnhancedCivicAnswers",
    }
)  # fmt: skip
CONFIG_WRITTEN = frozenset({"responseSchema", "responseJsonSchema"})
