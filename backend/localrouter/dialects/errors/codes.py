"""The only list of providers' error codes and HTTP statuses, and the kind of failure that each one means.

Codes are written in lower case with underscores. A provider's own table comes first, the union of all after it: most
providers resell or copy others, and one that the router does not know by name has only the union.
"""

from __future__ import annotations

from localrouter.domain.routing.failures import FailureKind as Kind

_OPENAI = {
    "insufficient_quota": Kind.QUOTA_EXHAUSTED,
    "billing_hard_limit_reached": Kind.QUOTA_EXHAUSTED,
    "billing_not_active": Kind.QUOTA_EXHAUSTED,
    "billing_error": Kind.QUOTA_EXHAUSTED,
    "quota_exceeded": Kind.QUOTA_EXHAUSTED,
    "budget_exceeded": Kind.QUOTA_EXHAUSTED,
    "rate_limit_exceeded": Kind.RATE_LIMITED,
    "rate_limit_error": Kind.RATE_LIMITED,
    "rate_limited": Kind.RATE_LIMITED,
    "requests": Kind.RATE_LIMITED,
    "tokens": Kind.RATE_LIMITED,
    "server_overloaded": Kind.OVERLOADED,
    "server_is_overloaded": Kind.OVERLOADED,
    "engine_overloaded": Kind.OVERLOADED,
    "overloaded": Kind.OVERLOADED,
    "overloaded_error": Kind.OVERLOADED,
    "slow_down": Kind.OVERLOADED,
    "context_length_exceeded": Kind.CONTEXT_LENGTH_EXCEEDED,
    "context_window_exceeded": Kind.CONTEXT_LENGTH_EXCEEDED,
    "input_too_long": Kind.CONTEXT_LENGTH_EXCEEDED,
    "prompt_too_long": Kind.CONTEXT_LENGTH_EXCEEDED,
    "content_policy_violation": Kind.POLICY_VIOLATION,
    "content_filter": Kind.POLICY_VIOLATION,
    "content_filtered": Kind.POLICY_VIOLATION,
    "content_moderation": Kind.POLICY_VIOLATION,
    "moderation_blocked": Kind.POLICY_VIOLATION,
    "invalid_prompt": Kind.POLICY_VIOLATION,
    "cyber_policy_violation": Kind.POLICY_VIOLATION,
    "image_content_policy_violation": Kind.POLICY_VIOLATION,
    "invalid_api_key": Kind.AUTH,
    "invalid_authentication": Kind.AUTH,
    "invalid_authentication_error": Kind.AUTH,
    "authentication_error": Kind.AUTH,
    "authentication_required": Kind.AUTH,
    "unauthorized": Kind.AUTH,
    "permission_error": Kind.AUTH,
    "invalid_organization": Kind.AUTH,
    "account_deactivated": Kind.AUTH,
    "access_terminated": Kind.AUTH,
    "ip_not_authorized": Kind.AUTH,
    "unsupported_country_region_territory": Kind.AUTH,
    "model_not_found": Kind.NOT_FOUND,
    "not_found_error": Kind.NOT_FOUND,
    "notfounderror": Kind.NOT_FOUND,
    "model_not_available": Kind.NOT_FOUND,
    "model_not_supported": Kind.UNSUPPORTED,
    "request_loop": Kind.UNSUPPORTED,  # a LocalRouter's own
    "model_deprecated": Kind.NOT_FOUND,
    "unknown_model": Kind.NOT_FOUND,
    "invalid_model": Kind.NOT_FOUND,
    "invalid_model_error": Kind.NOT_FOUND,
    "unsupported_parameter": Kind.UNSUPPORTED,
    "unknown_parameter": Kind.UNSUPPORTED,
    "extra_forbidden": Kind.UNSUPPORTED,
    "unrecognized_keys": Kind.UNSUPPORTED,
    "unsupported_feature": Kind.UNSUPPORTED,
    "unsupported_model": Kind.UNSUPPORTED,
    "unsupported_api_for_model": Kind.UNSUPPORTED,
    "usage_limit_reached": Kind.QUOTA_EXHAUSTED,
    "usage_not_included": Kind.QUOTA_EXHAUSTED,
}
_ANTHROPIC = {
    "request_too_large": Kind.INVALID_REQUEST,
    "timeout_error": Kind.UNREACHABLE,
    "credits_required": Kind.QUOTA_EXHAUSTED,
}
_GEMINI = {
    "api_key_invalid": Kind.AUTH,
    "api_key_expired": Kind.AUTH,
    "api_key_service_blocked": Kind.AUTH,
    "api_key_http_referrer_blocked": Kind.AUTH,
    "api_key_ip_address_blocked": Kind.AUTH,
    "access_token_expired": Kind.AUTH,
    "service_disabled": Kind.AUTH,
    "keyinvalid": Kind.AUTH,
    "accessnotconfigured": Kind.AUTH,
    "ratelimitexceeded": Kind.RATE_LIMITED,
    "consumer_invalid": Kind.AUTH,
    "consumer_suspended": Kind.AUTH,
    "unauthenticated": Kind.AUTH,
    "billing_disabled": Kind.QUOTA_EXHAUSTED,
    "rate_limit_exceeded": Kind.RATE_LIMITED,
    "deadline_exceeded": Kind.UNREACHABLE,
    "not_found": Kind.NOT_FOUND,
    "safety": Kind.POLICY_VIOLATION,
    "prohibited_content": Kind.POLICY_VIOLATION,
    "blocklist": Kind.POLICY_VIOLATION,
}
_GROQ = {
    "model_decommissioned": Kind.NOT_FOUND,
    "model_not_active": Kind.NOT_FOUND,
    "model_terms_required": Kind.UNSUPPORTED,
    "model_permission_blocked_org": Kind.UNSUPPORTED,
    "model_permission_blocked_project": Kind.UNSUPPORTED,
    "tool_use_failed": Kind.UNSUPPORTED,
    "json_validate_failed": Kind.UNSUPPORTED,
    "output_parse_failed": Kind.UNSUPPORTED,
    "organization_restricted": Kind.AUTH,
    "spend_limit_reached": Kind.QUOTA_EXHAUSTED,
    "blocked_api_access": Kind.QUOTA_EXHAUSTED,
    "capacity_exceeded": Kind.OVERLOADED,
    "over_capacity": Kind.OVERLOADED,
}
_MISTRAL = {
    "1300": Kind.RATE_LIMITED,
    "1500": Kind.NOT_FOUND,
    "3505": Kind.RATE_LIMITED,
    "service_tier_capacity_exceeded": Kind.RATE_LIMITED,
    "3051": Kind.CONTEXT_LENGTH_EXCEEDED,
    "invalid_request_prompt_too_long": Kind.CONTEXT_LENGTH_EXCEEDED,
}
_CEREBRAS = {
    "request_quota_exceeded": Kind.RATE_LIMITED,
    "token_quota_exceeded": Kind.RATE_LIMITED,
    "queue_exceeded": Kind.OVERLOADED,
    "wrong_api_key": Kind.AUTH,
    "payment_required": Kind.QUOTA_EXHAUSTED,
    "payment_required_error": Kind.QUOTA_EXHAUSTED,
}
_TOGETHER = {
    "model_rate_limit": Kind.RATE_LIMITED,
    "dynamic_request_limited": Kind.RATE_LIMITED,
    "dynamic_token_limited": Kind.RATE_LIMITED,
    "model_not_running": Kind.NOT_FOUND,
}
_XAI = {
    "personal_team_blocked:spending_limit": Kind.QUOTA_EXHAUSTED,
    "unauthenticated:bad_credentials": Kind.AUTH,
    "some_requested_entity_was_not_found": Kind.NOT_FOUND,
    "the_requested_resource_was_not_found": Kind.NOT_FOUND,
}
_AZURE = {
    "responsibleaipolicyviolation": Kind.POLICY_VIOLATION,
    "unavailable_model": Kind.NOT_FOUND,
    "deploymentnotfound": Kind.NOT_FOUND,
    "resourcenotfound": Kind.NOT_FOUND,
    "operationnotsupported": Kind.UNSUPPORTED,
    "unsupportedoperation": Kind.UNSUPPORTED,
    "unknown_model": Kind.NOT_FOUND,
    "ratelimitreached": Kind.RATE_LIMITED,
    "permissiondenied": Kind.AUTH,
    "authenticationerror": Kind.AUTH,
    "authenticationtypedisabled": Kind.AUTH,
    "noapikeyprovided": Kind.AUTH,
    "insufficientquota": Kind.QUOTA_EXHAUSTED,
    "quotaexceeded": Kind.QUOTA_EXHAUSTED,
    "nocapacity": Kind.OVERLOADED,
    "serverbusy": Kind.OVERLOADED,
    "tokens_limit_reached": Kind.CONTEXT_LENGTH_EXCEEDED,
    "requesttimeout": Kind.UNREACHABLE,
}
_LLAMACPP = {
    "exceed_context_size_error": Kind.CONTEXT_LENGTH_EXCEEDED,
    "not_supported_error": Kind.NOT_FOUND,
    "unavailable_error": Kind.OVERLOADED,
    "model_not_loaded": Kind.NOT_FOUND,
}
_CHINESE = {  # Zhipu, Moonshot, DashScope, MiniMax, as resold by gateways
    "1113": Kind.QUOTA_EXHAUSTED,
    "1211": Kind.NOT_FOUND,
    "1261": Kind.CONTEXT_LENGTH_EXCEEDED,
    "1301": Kind.POLICY_VIOLATION,
    "1302": Kind.RATE_LIMITED,
    "1303": Kind.RATE_LIMITED,
    "1304": Kind.QUOTA_EXHAUSTED,
    "1305": Kind.OVERLOADED,
    "1308": Kind.QUOTA_EXHAUSTED,
    "exceeded_current_quota_error": Kind.QUOTA_EXHAUSTED,
    "rate_limit_reached_error": Kind.RATE_LIMITED,
    "engine_overloaded_error": Kind.OVERLOADED,
    "resource_not_found_error": Kind.NOT_FOUND,
    "arrearage": Kind.QUOTA_EXHAUSTED,
    "datainspectionfailed": Kind.POLICY_VIOLATION,
    "data_inspection_failed": Kind.POLICY_VIOLATION,
    "throttling": Kind.RATE_LIMITED,
    "throttling.ratequota": Kind.RATE_LIMITED,
    "throttling.allocationquota": Kind.RATE_LIMITED,
}
_MINIMAX = {  # https://platform.minimax.io/docs/api-reference/errorcode
    "1001": Kind.UNREACHABLE,
    "1002": Kind.RATE_LIMITED,
    "1004": Kind.AUTH,
    "1008": Kind.QUOTA_EXHAUSTED,
    "1026": Kind.POLICY_VIOLATION,
    "1027": Kind.POLICY_VIOLATION,
    "1039": Kind.RATE_LIMITED,
    "1041": Kind.RATE_LIMITED,
    "2013": Kind.INVALID_REQUEST,
    "2049": Kind.AUTH,
    "2056": Kind.QUOTA_EXHAUSTED,
}
_CLOUDFLARE = {  # https://developers.cloudflare.com/workers-ai/platform/errors/
    "3007": Kind.UNREACHABLE,
    "3008": Kind.UNREACHABLE,
    "3036": Kind.QUOTA_EXHAUSTED,
    "3040": Kind.OVERLOADED,
    "3041": Kind.UNSUPPORTED,
    "4006": Kind.QUOTA_EXHAUSTED,
    "5007": Kind.NOT_FOUND,
    "5016": Kind.UNSUPPORTED,
    "5018": Kind.UNSUPPORTED,
    "7003": Kind.NOT_FOUND,
    "10000": Kind.AUTH,
}
_GATEWAYS = {  # LiteLLM, Bedrock, OpenRouter and proxies that name an exception
    "throttlingexception": Kind.RATE_LIMITED,
    "servicequotaexceededexception": Kind.QUOTA_EXHAUSTED,
    "budgetexceedederror": Kind.QUOTA_EXHAUSTED,
    "contextwindowexceedederror": Kind.CONTEXT_LENGTH_EXCEEDED,
    "contentpolicyviolationerror": Kind.POLICY_VIOLATION,
    "extra_forbidden": Kind.UNSUPPORTED,  # pydantic's word for a field that is not known
    "unsupportedparamserror": Kind.UNSUPPORTED,
    "key_model_access_denied": Kind.UNSUPPORTED,
    "team_model_access_denied": Kind.UNSUPPORTED,
    "user_model_access_denied": Kind.UNSUPPORTED,
    "org_model_access_denied": Kind.UNSUPPORTED,
    "insufficient_user_quota": Kind.QUOTA_EXHAUSTED,  # one-api and its heirs
    "pre_consume_token_quota_failed": Kind.QUOTA_EXHAUSTED,
    "token_quota_exhausted": Kind.QUOTA_EXHAUSTED,
    "expired_key": Kind.AUTH,
    "auth_error": Kind.AUTH,
    "token_not_found_in_db": Kind.AUTH,
    "accessdeniedexception": Kind.AUTH,
    "unrecognizedclientexception": Kind.AUTH,
    "permissiondeniederror": Kind.AUTH,
    "resourcenotfoundexception": Kind.NOT_FOUND,
    "modelnotreadyexception": Kind.OVERLOADED,
    "serviceunavailableexception": Kind.OVERLOADED,
    "serviceunavailableerror": Kind.OVERLOADED,
    "no_available_workers": Kind.OVERLOADED,
    "modeltimeoutexception": Kind.UNREACHABLE,
    "timeout": Kind.UNREACHABLE,
    "insufficient_credits": Kind.QUOTA_EXHAUSTED,
    "insufficient_balance": Kind.QUOTA_EXHAUSTED,
    "insufficient_balance_error": Kind.QUOTA_EXHAUSTED,
    "not_enough_balance": Kind.QUOTA_EXHAUSTED,
    "creditserror": Kind.QUOTA_EXHAUSTED,
    "model_max_prompt_tokens_exceeded": Kind.CONTEXT_LENGTH_EXCEEDED,
    "context_length_exceeded_error": Kind.CONTEXT_LENGTH_EXCEEDED,
    "guardrail_intervened": Kind.POLICY_VIOLATION,
}

_OWN: dict[str, dict[str, Kind]] = {
    "openai": _OPENAI,
    "anthropic": _ANTHROPIC,
    "gemini": _GEMINI,
    "groq": _GROQ,
    "mistral": _MISTRAL,
    "together": _TOGETHER,
    "cerebras": _CEREBRAS,
    "xai": _XAI,
    "azure-openai": _AZURE,
    "llamacpp": _LLAMACPP,
    "minimax": _MINIMAX,
    "cloudflare": _CLOUDFLARE,
}
_UNION: dict[str, Kind] = {
    **_CLOUDFLARE,
    **_MINIMAX,
    **_GATEWAYS,
    **_CHINESE,
    **_LLAMACPP,
    **_AZURE,
    **_XAI,
    **_TOGETHER,
    **_CEREBRAS,
    **_MISTRAL,
    **_GROQ,
    **_GEMINI,
    **_ANTHROPIC,
    **_OPENAI,
}

# Codes of a spent quota that speak of the whole account, and not of one model's share.
ACCOUNT_CODES = frozenset(
    {
        "insufficient_quota",
        "insufficientquota",
        "insufficient_user_quota",
        "token_quota_exhausted",
        "billing_hard_limit_reached",
        "billing_not_active",
        "billing_error",
        "billing_disabled",
        "spend_limit_reached",
        "blocked_api_access",
        "insufficient_credits",
        "insufficient_balance",
        "insufficient_balance_error",
        "not_enough_balance",
        "creditserror",
        "personal_team_blocked:spending_limit",
        "exceeded_current_quota_error",
        "arrearage",
        "1113",  # Zhipu: the account is in arrears
        "usage_limit_reached",
    }
)

# Codes that say what 403 says: the key is known, and may not do this.
PERMISSION_CODES = frozenset(
    {"permission_error", "permissiondeniederror", "permissiondenied", "permission_denied", "accessdeniedexception"}
    | {"forbidden"}
)

# Codes that only repeat what the status says: they count where an answer came with status 200, or in a stream.
VAGUE_CODES: dict[str, Kind] = {
    "invalid_request_error": Kind.INVALID_REQUEST,
    "invalid_request": Kind.INVALID_REQUEST,
    "badrequesterror": Kind.INVALID_REQUEST,
    "bad_request": Kind.INVALID_REQUEST,
    "invalid_argument": Kind.INVALID_REQUEST,
    "validationexception": Kind.INVALID_REQUEST,
    "client_specified_an_invalid_argument": Kind.INVALID_REQUEST,
    "permission_denied": Kind.AUTH,
    "forbidden": Kind.AUTH,
    "ratelimiterror": Kind.RATE_LIMITED,
    "throttling_error": Kind.RATE_LIMITED,
    "too_many_requests": Kind.RATE_LIMITED,
    "too_many_requests_error": Kind.RATE_LIMITED,
    "resource_exhausted": Kind.RATE_LIMITED,
    "credit_limit": Kind.QUOTA_EXHAUSTED,
    "some_resource_has_been_exhausted": Kind.RATE_LIMITED,
    "unavailable": Kind.OVERLOADED,
    "service_unavailable": Kind.OVERLOADED,
    "server_error": Kind.SERVER_ERROR,
    "api_error": Kind.SERVER_ERROR,
    "internal": Kind.SERVER_ERROR,
}

STATUSES: dict[int, Kind] = {
    301: Kind.NOT_FOUND,  # redirects are not followed: the base URL is not the provider's
    302: Kind.NOT_FOUND,
    303: Kind.NOT_FOUND,
    307: Kind.NOT_FOUND,
    308: Kind.NOT_FOUND,
    401: Kind.AUTH,
    402: Kind.QUOTA_EXHAUSTED,
    403: Kind.AUTH,
    404: Kind.NOT_FOUND,
    405: Kind.NOT_FOUND,
    408: Kind.UNREACHABLE,
    410: Kind.NOT_FOUND,
    424: Kind.SERVER_ERROR,
    429: Kind.RATE_LIMITED,
    451: Kind.POLICY_VIOLATION,
    498: Kind.OVERLOADED,
    499: Kind.SERVER_ERROR,
    501: Kind.NOT_FOUND,
    503: Kind.OVERLOADED,
    504: Kind.UNREACHABLE,
    521: Kind.UNREACHABLE,
    522: Kind.UNREACHABLE,
    523: Kind.UNREACHABLE,
    524: Kind.UNREACHABLE,
    529: Kind.OVERLOADED,
}


# A number inside a body that says more than the HTTP status around it.
TELLING_NUMBERS = frozenset({401, 402, 403, 404, 408, 429, 451, 503, 504, 529})


_OWN_STATUSES: dict[str, dict[int, Kind]] = {
    "cohere": {498: Kind.POLICY_VIOLATION},
}


def kind_of_status(status: int, preset: str) -> Kind:
    known = _OWN_STATUSES.get(preset, STATUSES).get(status) or STATUSES.get(status)
    if known is not None:
        return known
    return Kind.INVALID_REQUEST if 400 <= status < 500 else Kind.SERVER_ERROR


def kind_of_code(code: str, preset: str) -> Kind | None:
    """What a normalised code means to this provider."""
    own = _OWN.get(preset)
    if own is not None and code in own:
        return own[code]
    return _UNION.get(code)
