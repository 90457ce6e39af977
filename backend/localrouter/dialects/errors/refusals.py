"""The only list of phrases by which a server says that it does not take what a request contains.

That is a field, a feature, a kind of input, an endpoint or a model that this server or key has nothing for, and not a
wrong value, which would be wrong everywhere. Each phrase is matched at the very start of a message, as in
`phrases`, and most of them count only beside a status that blames the request.
"""

from __future__ import annotations

import re

# Words, names of fields and quoted names; never the inside of a longer quotation, which may be the user's own text.
_WORD = r"(?:[\w.,/()\[\]@+-]|:(?=\S)|'[^'\s]*'|`[^`\s]*`|\"[^\"\s]*\"){1,80}"
_NAME = r"(?:[\w./:@-]{1,200}|'[^'\s]{1,200}'|\"[^\"\s]{1,200}\"|`[^`\s]{1,200}`)"
_SUBJECT = rf"(?!Invalid|Unsupported value|Error|Could not|Your IP|Country)(?:{_WORD} ){{1,9}}?"
_HERE = r"(?:with|by|for|on|in|via|when|at|through)\b"
_FEATURES = (
    r"(?:tools?|tool (?:use|call(?:s|ing)?|choice)|functions?|function call(?:s|ing)?|images?|image (?:input|url)s?|"
    r"vision|audio|video|files?|pdfs?|documents?|json|structured outputs?|response_format|reasoning|thinking|"
    r"embeddings?|chat|generate|completions?|insert|streaming|system (?:prompts?|messages?|instructions?)|"
    r"logprobs|seed|parameters?)\b"
)


# What servers write before the reason: what kind of error it is, or which field it is about.
_BEFORE = r"(?:(?:unprocessable entity|(?:invalid|bad) request|(?:messages|body|tools|input)[\w.\[\]]{0,100}): )?"


def _starts(*starts: str) -> re.Pattern[str]:
    return re.compile(_BEFORE + "(?:" + "|".join(starts) + ")", re.IGNORECASE)


_BLAMING = _starts(
    # Fields.
    r"(?:Validation: )?Unsupported (?:param(?:eter)?|field|argument|key|option|request field)",
    r"(?:json: )?(?:Unknown|Unrecognized|Unexpected) (?:request )?"
    r"(?:param(?:eter)?|field|argument|key)",
    r"(?:(?:Validation error at )?[\w.#/\[\]-]{1,200}: )?Extra (?:inputs|fields) (?:are )?not permitted",
    r"Additional properties are not allowed",
    r"(?:Invalid JSON payload received\. )?Unknown name \"[^\"]{1,200}\"",
    r"(?:'messages\.\d+' : for 'role:\w{1,20}' the following must be satisfied\[\('messages\.\d+' : )?"
    r"property '[^']{1,200}' is (?:unsupported|not supported)",
    r"(?:#: |[#\w/.]{1,100}: )?(?:Malformed input request: )?(?:#(?:/\S{1,100})?: )?extraneous key \[",
    r"[`'\"]?[\w.]{1,60}[`'\"]?(?: and [`'\"]?[\w.]{1,60}[`'\"]?)? "
    r"(?:is deprecated|cannot both be specified) for this model",
    r"Argument not supported(?: on this model)?: ",
    r"(?:[\w.]{1,80}\(\) )?(?:got an )?unexpected keyword argument",
    r"\[\{'type': 'extra_forbidden'",
    rf"(?:The )?(?:param(?:eter)?|field|property|argument|input|key)s? {_NAME} (?:is|are) not "
    rf"(?:allowed|permitted|recogni[sz]ed|accepted|known)",
    r"[\w.#/\[\]-]{1,200}: (?:param(?:eter)?|field|property|argument|input|key) is not "
    r"(?:allowed|permitted|recogni[sz]ed|accepted|known)",
    rf"(?:The )?{_NAME} is not a (?:valid|known|recogni[sz]ed|supported|allowed|permitted) "
    rf"(?:request )?(?:param(?:eter)?|field|property|argument|input|key)\b",
    # Features and kinds of input.
    rf"(?:the |this |that )?(?:model |endpoint |provider |deployment |server )?(?:{_NAME} )?"
    rf"(?:does not|doesn't|do not|don't)(?: currently| yet)? "
    rf"(?:support|accept|have|allow) (?:the |any |use of |native )?['\"`]?{_FEATURES}",
    rf"(?:The |This |Selected |Requested )?(?:model|endpoint|provider|deployment|server|API)s? (?:{_WORD} ?){{0,2}}"
    r"(?:does not|doesn't|do not|don't|cannot|can't)(?: currently| yet)? (?:support|accept|take|handle|process)\b",
    rf"{_SUBJECT}(?:is|are) (?:not (?:yet |currently )?(?:supported|enabled)|unsupported)\b",
    rf"{_SUBJECT}not (?:yet |currently )?supported {_HERE}",
    rf"{_SUBJECT}(?:is|are) (?:not (?:yet |currently )?available|only (?:available|supported)) {_HERE}",
    rf"`(?:tool calling|tool use|function calling)` is not supported {_HERE}",
    r"Invalid parameter: '[\w.]{1,60}' of type '\w{1,40}' is not supported",
    r"Invalid content type\. \w{1,40} is only supported by",
    r"This response_format type is unavailable",
    r"At most \d+ (?:image|audio|video)",
    rf"(?:The |This )?model(?: {_NAME})? supports at most \d+ (?:image|audio|video|file)",
    r"(?:Function calling|Tool use) with a response mime type: ",
    rf"{_NAME} is not a (?:multimodal|vision|chat|reasoning|embedding|generative|completion) model",
    r"[\"'`]?\w{1,20}[\"'`]? tool[ _]choice requires",
    r"tool_choice(?:=\S{1,40})? requires",
    r"tools? (?:param )?requires?\b",
    r"Failed to deserialize the JSON body into the target type: .{0,80}?unknown "
    r"(?:field|variant `(?:image_url|input_image|input_audio|video_url|file|developer|json_schema)`)",
    r"No endpoints found (?:that support|that can handle|supporting)",
    r"No (?:providers?|models?|deployments?) (?:found |available )?(?:that )?supports? ",
    r"As of transformers v\d\.\d+, default chat template is no longer allowed",
    # Endpoints.
    r"This is (?:not a chat|a chat|not a completion|not an embedding) model and (?:thus )?not supported",
    r"This model is (?:only|not) (?:supported|available) (?:in|with|on|via|through|for) ",
    r"The \w{1,40} operation does not work with the specified model",
    r"(?:This action|This operation) (?:doesn't|does not) support the model",
    # Tool calls and structured answers that the model failed to make.
    r"Failed to call a function",
    r"Failed to (?:parse|generate) (?:the )?(?:tool|function) call",
    r"Failed to (?:generate|validate) JSON\.",
    r"tool call validation failed",
    r"Tool choice is \w{1,20}, but model",
)
# The same of a key: what it may not use. These also come with 401 and 403.
_OF_THE_KEY = _starts(
    r"(?:The |This |Your )?(?:API )?(?:key|team|user|organi[sz]ation|org|project|plan|token)(?: \S{1,80})? (?:is )?"
    r"(?:not allowed|not permitted|not authorized|does not have (?:access|permission)|is not entitled) "
    r"to (?:(?:access|use|call) )?(?:the |this )?(?:requested )?model",
    r"Your (?:organi[sz]ation|account|project) must be (?:verified|upgraded) to (?:use|stream|generate|access)",
    r"You are not allowed to sample from this model",
    r"(?:You (?:do not|don't) have|No) access to (?:the |this )?model",
    r"Access to (?:the )?model \S{1,200} is (?:restricted|denied|not allowed)",
    r"(?:The |This )?model \S{1,200} (?:requires (?:terms acceptance|an? (?:\w{1,20} ){1,3}(?:plan|subscription|tier))|"
    r"is not (?:allowed|enabled|permitted|included) (?:for|in|by|on) (?:this|your|the))",
)
# What local servers say so under a 500.
_UNDER_ANY_STATUS = _starts(
    r"(?:image|audio|video|multimodal)(?: input)? is not supported\b",
    r"tools? param requires\b",
    rf"{_NAME} does not support (?:tools|thinking|chat|generate|embeddings|images|vision|insert)\b",
    r"This (?:model|server) (?:does not|doesn't) support (?:tools|images?|vision|audio|embeddings|completions)\b",
    r"error parsing tool call: ",
    r"Failed to parse messages: Unsupported content part type",
    r"Failed to parse (?:tool call arguments|input at pos \d+)",
)
_BLAMES_THE_REQUEST = frozenset({400, 404, 405, 406, 409, 415, 422})
_BLAMES_THE_KEY = _BLAMES_THE_REQUEST | {401, 403}


def is_unsupported(message: str, status: int | None) -> bool:
    """Whether a message refuses what the request contains. `status` is None where the error has none of its own."""
    if _UNDER_ANY_STATUS.match(message) and status != 501:  # an endpoint that is not there
        return True
    if (status is None or status < 300 or status in _BLAMES_THE_REQUEST) and _BLAMING.match(message):
        return True
    return (status is None or status < 300 or status in _BLAMES_THE_KEY) and _OF_THE_KEY.match(message) is not None
