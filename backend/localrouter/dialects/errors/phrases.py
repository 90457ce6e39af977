"""The only list of fixed phrases that providers' error messages start with, and the kind each one means.

They count only where a provider gives no telling code. Each is matched at the very start of a message and never inside
it: what follows may be the user's own text.
"""

from __future__ import annotations

import re

from localrouter.domain.routing.failures import FailureKind as Kind


def _starts(*starts: str) -> re.Pattern[str]:
    return re.compile("(?:" + "|".join(starts) + ")", re.IGNORECASE)


_CONTEXT = _starts(
    r"This (?:model|endpoint)'s maximum (?:context|prompt) length is \d",
    r"This model has a maximum context length",
    r"The model's (?:maximum )?context length is",
    r"input length and `max_tokens` exceed context limit",
    r"(?:the )?(?:prompt|input|context|message)s? (?:is|are) too (?:long|large)",
    r"(?:the )?(?:prompt|input|context|input length) exceeds (?:the )?(?:max|context|model|available)",
    r"(?:your )?(?:prompt|input|request|messages) exceeds? (?:the |this |model )*(?:max|context|token limit)",
    r"Prompt contains \d+ tokens",
    r"prompt token count of \d+ exceeds",
    r"prompt too long; exceeded",
    r"The input token count",
    r"Unable to submit request because the input token count",
    r"Please reduce the length of (?:the|your) (?:messages|prompt|input)",
    r"(?:the )?request(?: \(\d+ tokens\))? exceeds the available context size",
    r"Requested tokens? .{0,20}exceeds? (?:the )?context window",
    r"Requested token count exceeds the model's maximum context length",
    r"The input \(\d+ tokens\) is longer than the model's context length",
    r"The number of tokens to keep from the initial prompt is greater than the context length",
    r"Trying to keep the first \d+ tokens when context the overflows",
    r"The (?:decoder )?prompt \((?:total )?length \d+\) is (?:longer than|too long)",
    r"You passed \d+ input tokens",
    r"'max_tokens' or 'max_completion_tokens' is too large: \d+\.? This model's maximum context length",
    r"(?:the )?input length(?: of| is)? ?\(?\d+ ?(?:tokens)?\)? (?:exceeds|is greater)",
    r"Context (?:size|length|window)(?: has been| is| was)? exceed",
    r"context window exceeds limit",
    r"too many tokens: ",
    r"(?:Input validation error: )?`inputs` (?:tokens \+ `max_new_tokens` must be|must have less than)",
    r"(?:Invalid request: )?Your request exceeded model token limit",
    r"(?:<400> )?(?:InternalError\.Algo\.InvalidParameter: )?Range of input length should be",
    r"Request body too large for \S+ model",
    r"The engine prompt length \d+ exceeds",
    r"max_tokens must be at least 1, got -\d",  # what vLLM says where the prompt leaves nothing of the window
    r"Cannot truncate prompt with n_keep",
    r"Reached context length",
    r"Input prompt is too big compared to KV size",
    r"(?:the )?input (?:\(\d+ tokens\) )?is too (?:large|long) to process",
    r"Input tokens exceed",
    r"(?:the )?(?:total )?number of (?:input )?tokens (?:\(input and prediction\) )?(?:\d+ )?(?:cannot exceed|exceeds)",
    r"(?:The )?(?:total )?(?:prompt|input|request|conversation)(?: tokens?| length)? \(?\d+(?: tokens)?\)? "
    r"(?:exceeds|is longer)",
)
_POLICY = _starts(
    r"Output blocked by content filtering",
    r"The response was (?:filtered|blocked)",
    r"Your request was (?:rejected|flagged|blocked) (?:as a result of|by) (?:our|the|content) (?:safety|moderation)",
    r"Invalid prompt: (?:your|we've limited)",
    r"This (?:request|prompt|content) (?:has been|was) flagged",
    r"The request was rejected because it was considered high risk",
    r"Content Exists Risk",
    r"Content violates usage guidelines",
    r"Input (?:data|text) may contain inappropriate content",
    r"Output (?:data|text) may contain inappropriate content",
    r"Moderation Block",
    r"\S+ requires moderation on ",
    r"The prompt could not be submitted",
    r"(?:The )?(?:prompt|input|output) (?:was |is )?blocked (?:by|due to|because)",
    r"Blocked (?:input|output|prompt)",
    r"Violated content safety policy",
)
_QUOTA = _starts(
    r"You(?:'ve| have)? exceeded (?:your|the) (?:current |monthly )?(?:quota|included credits|usage limit)",
    r"You have (?:run out of credits|reached your specified (?:API|workspace API) usage limits|no credits)",
    r"Your credit balance is too low",
    r"Your (?:account|prepayment|prepaid) (?:balance|credits) (?:is|are) (?:insufficient|too low|depleted|exhausted)",
    r"Insufficient (?:account )?(?:balance|credits?|funds|quota)",
    r"(?:This|The) request requires more credits",
    r"Credit limit exceeded",
    r"Your account .{0,120}?(?:is suspended due to insufficient balance|exceeded current quota)",
    r"Your team \S+ has either used all available credits",
    r"(?:Key|Spend|Credit|Monthly spending|Usage) limit (?:exceeded|reached)",
    r"Billing hard limit has been reached",
    r"Budget has been exceeded",
    r"ExceededBudget",
    r"No deployments available - crossed budget",
    r"LiteLLM \w+: .{0,80}?exceeded budget",
    r"You are using a Trial key, which is limited to [\d,]+ API calls ?/ ?month",
    r"Out of call volume quota",
    r"(?:Payment required|Please (?:top up|recharge))",
    r"User is locked\. Reason: (?:Exhausted balance|TOP_UP)",
)
_RATE = _starts(
    r"Rate limit (?:reached|exceeded|is exceeded)",
    r"You have (?:been rate limited|reached the rate limit)",
    r"Request too large for .{0,200}?(?:tokens per min|\(TPM\))",
    r"Request too large\. Limit \d+, Requested \d+",
    r"Too many (?:requests|tokens, please wait)",
    r"You are using a Trial key, which is limited to [\d,]+ API calls ?/ ?minute",
    r"(?:Requests|Tokens) per (?:second|minute|hour|day) limit exceeded",
)
_OVERLOADED = _starts(
    r"(?:(?:the|that|this) )?(?:server|engine|model|service)? ?(?:is )?(?:currently |temporarily )?overloaded",
    r"The server is overloaded or not ready",
    r"(?:The )?(?:server|model) (?:is )?busy",
    r"This model is currently experiencing high demand",
    r"No available workers",
    r"Loading model",
    r"The model is (?:currently )?loading",
)
_AUTH = _starts(
    r"(?:Incorrect|Invalid|Missing|No|Wrong|Expired) (?:or missing )?(?:x-)?api[- ](?:key|token)",
    r"API key (?:not valid|not found|expired|is invalid|is missing)",
    r"(?:No|Missing) (?:cookie )?auth",
    r"Authentication Fails",
    r"Your (?:access was terminated|api key|authentication token)",
    r"This organization has been disabled",
    r"User location is not supported for the API use",
    r"The security token included in the request is (?:invalid|expired)",
)
_NOT_FOUND = _starts(
    r"Invocation of model ID \S+ with on-demand throughput",
    r"(?:The |That )?model:? [`'\"][^`'\"]{1,200}[`'\"] (?:does not exist|not found|is not found|has been (?:de|re))",
    r"The model \S+ (?:does not exist|is not (?:found|available)|has been (?:decommissioned|deprecated))",
    r"(?:That|This) model does not exist",
    r"Model (?:Not Exist|not found|is not (?:loaded|found)|does not exist)",
    r"No (?:models? loaded|endpoints (?:found|available)|healthy deployments)",
    r"There are no healthy deployments for this model",
    r"\S+ is not a valid model ID",
    r"(?:/[\w/]+: )?Invalid model name passed in model=",
    r"Invalid model:? ['\"`]?[\w./:-]+ ?['\"`]?\.? ?(?:Permitted|Must be|Call|$)",
    r"The provided model identifier is invalid",
    r"Publisher Model ",
    r"models/\S+ is not found",
    r"Unable to access (?:non-serverless )?model",
    r"This server does not support",
)
_SERVER_ERROR = _starts(
    r"The model has crashed",
    r"Model (?:has )?unloaded",
    r"Failed to load model",
    r"llama runner process",
    r"Internal server error",
)

PHRASES: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.CONTEXT_LENGTH_EXCEEDED, _CONTEXT),
    (Kind.POLICY_VIOLATION, _POLICY),
    (Kind.QUOTA_EXHAUSTED, _QUOTA),
    (Kind.RATE_LIMITED, _RATE),
    (Kind.OVERLOADED, _OVERLOADED),
    (Kind.AUTH, _AUTH),
    (Kind.NOT_FOUND, _NOT_FOUND),
    (Kind.SERVER_ERROR, _SERVER_ERROR),
)


def kind_of_phrase(message: str) -> Kind | None:
    return next((kind for kind, start in PHRASES if start.match(message)), None)


# One request above a limit per minute: waiting does not make it smaller.
_NEVER_FITS = _starts(
    r"Request too large(?: for |\. Limit \d)",
    r"model requires more system memory",
)
# The account is not empty: a smaller request would be answered.
_AFFORDABLE = _starts(
    r"(?:This|The) request requires more credits, or fewer max_tokens\..{0,80}?can only afford [1-9]",
    r"(?:Prompt|Input) tokens limit exceeded: \d+ > [1-9]",
    r"(?:The |Your )?(?:token|user) quota is not enough, (?:token |user )?remain(?:ing)? quota: \D{0,3}\d",
    r"预扣费额度失败",  # one-api: what the request may cost at most is more than what is left
)
# Rates that count a day.
_PER_DAY = _starts(
    r"Rate limit (?:exceeded|reached): (?:free-models-per-day|limit_rpd)",
    r"Rate limit (?:exceeded|reached) for .{0,250}? on (?:tokens|requests) per day",
    r"(?:Requests|Tokens) per day limit exceeded",
    r"Rate limit of \d+ per 86400s exceeded",
    r"(?:You(?:'ve| have)? )?(?:exceeded|reached|hit) (?:your|the) daily",
    r"(?:Your |The |You have no )?daily (?:(?:request|token|usage|message|free|model|API|rate)s? ){0,3}(?:limit|quota)",
    r"Quota exceeded for (?:metric|quota metric).{0,200}?per ?day",
    # Any other limit, unless what was exceeded is one of a shorter time. What is quoted may be the user's own text.
    r"(?:(?:You(?:'ve| have)? )?(?:exceeded|reached|hit)|(?:API |Model )?rate.?limit|too many requests|quota|limit|"
    r"(?:request|token|usage)s? (?:limit|quota))\b"
    r"(?:(?!per[ -](?:second|minute|hour)|/ ?(?:s|m|h|sec|min|hour)\b)[^\"'`]){0,200}?"
    r"(?:\bper[ -]?day\b|/ ?d(?:ay)?\b|\bdaily\b|\ba day\b|\b24[ -]?h(?:ours?)?\b|\b[RT]PD\b)",
)


def never_fits(message: str) -> bool:
    """Whether repeating the request at the same model cannot help."""
    return _NEVER_FITS.match(message) is not None


def is_affordable(message: str) -> bool:
    """Whether a spent quota still pays for a smaller request."""
    return _AFFORDABLE.match(message) is not None


def is_per_day(message: str) -> bool:
    """Whether a rate that was exceeded is one of a whole day."""
    return _PER_DAY.match(message) is not None
