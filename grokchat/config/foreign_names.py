"""What other programs call the settings and request parameters, and what to do about names without one here. Pure.

A name is looked up in lower case with underscores: `maxTokens` as `maxtokens`, `api-base` as `api_base`.
"""

from __future__ import annotations

from collections.abc import Mapping

SETTING_NAMES: Mapping[str, str] = {
    "accessibility": "screen_reader",
    "api_base": "base_url",
    "api_key_cmd": "api_key_command",
    "api_url": "base_url",
    "autosuggest": "suggest",
    "autosuggestions": "suggest",
    "bell": "notify",
    "browse": "search",
    "browsing": "search",
    "budget": "max_cost",
    "color_scheme": "theme",
    "colors": "theme",
    "cost_limit": "max_cost",
    "dark": "theme",
    "default_model": "model",
    "default_system": "system",
    "editing_mode": "edit_mode",
    "endpoint": "base_url",
    "highlight_theme": "code_theme",
    "host": "base_url",
    "instructions": "system",
    "keybindings": "edit_mode",
    "keymap": "edit_mode",
    "keys": "edit_mode",
    "light_theme": "theme",
    "line_width": "width",
    "live_search": "search",
    "max_budget": "max_cost",
    "max_width": "width",
    "model_id": "model",
    "model_name": "model",
    "notification": "notify",
    "notifications": "notify",
    "openai_api_base": "base_url",
    "prompt": "system",
    "pygments_style": "code_theme",
    "read_timeout": "timeout",
    "render_markdown": "markdown",
    "request_timeout": "timeout",
    "save_session": "save",
    "save_sessions": "save",
    "search_mode": "search",
    "spending_limit": "max_cost",
    "streaming": "stream",
    "suggestions": "suggest",
    "syntax_theme": "code_theme",
    "system_message": "system",
    "system_prompt": "system",
    "url": "base_url",
    "vi": "edit_mode",
    "vi_mode": "edit_mode",
    "vim": "edit_mode",
    "vim_mode": "edit_mode",
    "web": "search",
    "web_search": "search",
    "word_wrap": "width",
    "wrap": "width",
}
"""Names that other programs have for the settings."""

PARAMETER_NAMES: Mapping[str, str] = {
    "effort": "reasoning_effort",
    "json_mode": "response_format",
    "json_schema": "response_format",
    "max_completion": "max_completion_tokens",
    "max_length": "max_completion_tokens",
    "max_output": "max_completion_tokens",
    "max_output_tokens": "max_completion_tokens",
    "max_tokens_to_sample": "max_completion_tokens",
    "maxtokens": "max_completion_tokens",
    "num_predict": "max_completion_tokens",
    "reasoning": "reasoning_effort",
    "response_schema": "response_format",
    "stop_sequences": "stop",
    "temp": "temperature",
    "thinking": "reasoning_effort",
    "thinking_budget": "reasoning_effort",
}
"""Names that programs and other endpoints have for the API's request parameters."""

SEARCH_OPTION_NAMES: Mapping[str, str] = {
    "accounts": "allowed_x_handles",
    "allowed_handles": "allowed_x_handles",
    "allowed_websites": "allowed_domains",
    "allowedxhandles": "allowed_x_handles",
    "blocked_domains": "excluded_domains",
    "domains": "allowed_domains",
    "end_date": "to_date",
    "excluded_handles": "excluded_x_handles",
    "excluded_websites": "excluded_domains",
    "excludedxhandles": "excluded_x_handles",
    "handles": "allowed_x_handles",
    "images": "enable_image_search",
    "included_x_handles": "allowed_x_handles",
    "since": "from_date",
    "sites": "allowed_domains",
    "start_date": "from_date",
    "until": "to_date",
    "videos": "enable_video_understanding",
    "websites": "allowed_domains",
    "x_handles": "allowed_x_handles",
}
"""Names that other programs and older requests have for the options of the search tools."""

_KEY_ADVICE = "The API key comes from XAI_API_KEY, api_key_command, or grokchat --login (in the chat /login)."

ANSWERS: Mapping[str, str] = {
    **dict.fromkeys(("api_key", "apikey", "api_token", "key", "token", "xai_api_key"), _KEY_ADVICE),
    "verbosity": "The API has no such parameter; ask for brief replies in a system message.",
}
"""Names with nothing here that could be set, and what to do instead."""

API_KEY_NAMES = frozenset(name for name, answer in ANSWERS.items() if answer == _KEY_ADVICE) - {"key", "token"}
"""Names that only an API key has: none is sent as a request parameter."""


def normalize(name: str) -> str:
    """Return the form of a name in these tables."""
    return name.lower().replace("-", "_")
