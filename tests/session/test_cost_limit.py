"""`max_cost`: the cost of a session and its next request against the limit."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from chat_process import Chat, chat_env
from command_sessions import session_of
from fake_api import Answer, FakeApi, reply_frames
from fake_responses import RESPONSE_USAGE, message, response_frames, web_search
from support import err, paragraph, run_cli, sessions

from grokchat import messages
from grokchat.api.catalog import read_catalog
from grokchat.config.settings import Layer, Settings
from grokchat.session.cost_limit import CostCheck, check_cost
from grokchat.session.overrides import without_raised_cost_limit

PRICED = {"id": "grok-4.7", "prompt_text_token_price": 20_000, "completion_text_token_price": 60_000}
DEAR = {**PRICED, "id": "grok-dear", "prompt_text_token_price": 2_000_000}
MODELS = {"data": [PRICED, DEAR]}
CENT = 100_000_000

terminals = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX thing")


def paid(cost: int | None, **details: Any) -> dict[str, Any]:
    """Return the usage of a reply with this cost in ticks."""
    reported = {} if cost is None else {"cost_in_usd_ticks": cost}
    return {"prompt_tokens": 1000, "completion_tokens": 20, "total_tokens": 1020, **reported, **details}


def costing(cost: int | None, **more: Any) -> FakeApi:
    """Return an API whose replies cost this many ticks each."""
    models = more.pop("models", Answer.json(200, MODELS))
    return FakeApi(Answer([reply_frames("A reply.", usage=paid(cost))]), models=models)


# -- the bill ----------------------------------------------------------------------------------------------------------


def asked(usage: dict[str, Any] | None = None, models: dict[str, Any] | None = None) -> Any:
    """Return a session with one message and its reply."""
    session = session_of("x" * 400)
    session.add_message(
        messages.body("assistant", "y"), reply_fields={} if usage is None else {"usage": usage, "response_id": "r"}
    )
    session.catalog = read_catalog(models or {})
    return session


def test_the_next_request_is_estimated_with_the_added_messages():
    session = asked(paid(CENT), MODELS)
    settings = Settings(max_cost=0.02)
    short, long = (check_cost(session, settings, [messages.body("user", "z" * size)]) for size in (4, 4 * 10_000))
    assert (short.spent_ticks, short.limit_ticks) == (CENT, 2 * CENT)
    assert long.next_ticks - short.next_ticks == pytest.approx(10_000 * 20_000, rel=0.01)
    assert not short.is_over_limit
    assert long.is_over_limit


def test_cached_tokens_cost_the_cached_price():
    cached = {**PRICED, "cached_prompt_text_token_price": 5000}
    session = asked(paid(CENT, prompt_tokens_details={"cached_tokens": 900}), {"data": [cached]})
    assert (
        check_cost(session, Settings(max_cost=1)).next_ticks
        < check_cost(asked(paid(CENT), MODELS), Settings(max_cost=1)).next_ticks
    )


def test_another_model_has_its_own_prices():
    session = asked(paid(CENT), MODELS)
    here, there = (
        check_cost(session, Settings(model=model, max_cost=1)).next_ticks for model in ("grok-4.7", "grok-dear")
    )
    assert there == 100 * here


@pytest.mark.parametrize(
    ("cost", "models", "expected"),
    [
        (CENT, MODELS, ""),
        (CENT, {}, "The API lists no price for grok-4.7, so max_cost counts the cost of replies only."),
        (None, MODELS, "The API reports no costs, so max_cost uses its prices."),
        (None, {}, "The API reports neither costs nor a price for grok-4.7, so max_cost has no effect."),
    ],
)
def test_unknown_costs_are_reported(cost, models, expected):
    assert check_cost(asked(paid(cost), models), Settings(max_cost=1)).unknown_costs == expected


REPORTED = {"usage": paid(CENT), "response_id": "r"}
UNREPORTED = {"usage": paid(None), "response_id": "r"}
TOKENLESS = {"usage": {"prompt_tokens": "many"}, "response_id": "r"}
USAGELESS = {"response_id": "r"}
ESTIMATED = 1000 * 20_000 + 20 * 60_000


@pytest.mark.parametrize(
    ("replies", "spent", "estimated", "said"),
    [
        ([REPORTED], CENT, 0, ""),
        ([REPORTED, UNREPORTED], CENT, ESTIMATED, ""),
        ([UNREPORTED, REPORTED, UNREPORTED], CENT, 2 * ESTIMATED, ""),
        ([UNREPORTED], None, ESTIMATED, "uses its prices"),
        ([REPORTED, TOKENLESS], CENT, 0, "the cost of some replies"),
        ([REPORTED, USAGELESS], CENT, 0, "the cost of some replies"),
        ([USAGELESS], None, 0, "checks the next request only"),
        ([TOKENLESS, UNREPORTED], None, ESTIMATED, "checks the next request only"),
        ([{}], 0, 0, ""),  # written by the user
        ([{"model": "grok-dear", **UNREPORTED}], None, 1000 * 2_000_000 + 20 * 60_000, "uses its prices"),
        ([{"model": "unknown", **UNREPORTED}], None, 0, "checks the next request only"),
    ],
)
def test_a_reply_without_a_cost_is_estimated_or_said_to_be_unknown(replies, spent, estimated, said):
    session = session_of("x" * 400)
    for fields in replies:
        session.add_message(messages.body("assistant", "y"), reply_fields=fields)
    session.catalog = read_catalog(MODELS)
    check = check_cost(session, Settings(max_cost=1))
    assert (check.spent_ticks, check.estimated_ticks) == (spent, estimated)
    assert said in check.unknown_costs
    assert bool(said) == bool(check.unknown_costs)
    limit = (spent or 0) + estimated + (check.next_ticks or 0)
    assert check_cost(session, Settings(max_cost=(limit - 1000) / 10**10)).is_over_limit
    assert not check_cost(session, Settings(max_cost=(limit + 1000) / 10**10)).is_over_limit


# -- searches ----------------------------------------------------------------------------------------------------------

STEPS = {"input_tokens": 3000, "output_tokens": 20, "context_details": {"input_tokens": 2000}}
SEARCHED = {"usage": {**STEPS, "server_side_tool_usage_details": {"web_search_calls": 2}}, "response_id": "r"}
PAID_SEARCH = {**SEARCHED, "usage": {**SEARCHED["usage"], "cost_in_usd_ticks": CENT}}
BILLED_ON_TOP = "Searches are billed on top of tokens; max_cost counts them once the API reports their cost."


def search_check(*replies: dict[str, Any], search: str = "all", max_cost: float = 10.0) -> CostCheck:
    session = session_of("x" * 400)
    for fields in replies:
        session.add_message(messages.body("assistant", "y"), reply_fields=fields)
    session.catalog = read_catalog(MODELS)
    return check_cost(session, Settings(max_cost=max_cost, search=search))


def test_a_search_without_a_cost_counts_at_least_its_tokens_and_is_named():
    """Calls are billed by themselves, at prices that the API does not list."""
    check = search_check(PAID_SEARCH, SEARCHED, search="off")
    assert (check.spent_ticks, check.estimated_ticks) == (CENT, 3000 * 20_000 + 20 * 60_000)
    assert check.unknown_costs == "The API did not report the cost of some searches; max_cost counts only their tokens."
    assert check.problem == ""


def test_before_a_search_it_is_said_that_searches_are_billed_on_top():
    check = search_check(PAID_SEARCH)
    assert (check.problem, check.warning) == ("", BILLED_ON_TOP)
    assert "before its reply and searches" in check.summary
    assert "searches" not in search_check(PAID_SEARCH, search="off").summary
    assert search_check(PAID_SEARCH, search="off").warning == ""


@pytest.mark.parametrize(
    ("replies", "unknown"),
    [
        ([], ""),
        ([PAID_SEARCH], ""),
        ([SEARCHED], "what they cost"),
        ([PAID_SEARCH, SEARCHED], "what they cost"),
        ([UNREPORTED], "any cost"),
        ([REPORTED, UNREPORTED], ""),
        ([REPORTED, USAGELESS], "the cost of some replies"),  # as of a search that was stopped
    ],
)
def test_a_search_at_an_unknown_cost_does_not_pass_silently(replies, unknown):
    """Without a search, what is unknown is only said."""
    check = search_check(*replies)
    assert unknown in check.problem
    assert bool(check.problem) == bool(unknown)
    assert bool(check.warning) != bool(unknown)
    assert search_check(*replies, search="off").problem == ""
    assert "this session has cost" in search_check(*replies, REPORTED, max_cost=0.000001).problem


def test_the_price_step_looks_at_the_sum_of_the_steps():
    """It is not documented which figure counts, so the larger does."""
    entry = {**PRICED, "prompt_text_token_price_long_context": 40_000, "long_context_threshold": 2500}
    session = session_of("x")
    session.add_message(messages.body("assistant", "y"), reply_fields=SEARCHED)
    session.catalog = read_catalog({"data": [entry]})
    assert check_cost(session, Settings(max_cost=1)).estimated_ticks == 3000 * 40_000 + 20 * 60_000


LONG = {**PRICED, "cached_prompt_text_token_price": 5000, "prompt_text_token_price_long_context": 40_000,
        "completion_text_token_price_long_context": 120_000, "long_context_threshold": 2000}  # fmt: skip


@pytest.mark.parametrize("long_cached", [{}, 0, None, -1, "10000", True], ids=repr)
def test_cached_tokens_above_the_step_are_never_free(long_cached):
    """Without a price of their own there, the short one of cached tokens holds."""
    entry = LONG if long_cached == {} else {**LONG, "cached_prompt_text_token_price_long_context": long_cached}
    usage = paid(CENT, prompt_tokens=4000, prompt_tokens_details={"cached_tokens": 4000})
    assert check_cost(asked(usage, {"data": [entry]}), Settings(max_cost=1)).next_ticks >= 4000 * 5000


def test_a_one_shot_knows_the_price_of_cached_tokens_above_the_step(home):
    usage = paid(CENT, prompt_tokens=1_000_000, prompt_tokens_details={"cached_tokens": 1_000_000})
    entry = {**LONG, "cached_prompt_text_token_price_long_context": 0}
    with FakeApi(Answer([reply_frames("A.", usage=usage)]), models=Answer.json(200, {"data": [entry]})) as api:
        assert run_cli(home, api, "--max-cost", "0.05", "one")[0] == 0
        code, environment = run_cli(home, api, "-c", "--max-cost", "0.05", "two")
        assert code == 2
        assert "the next request costs about $0.50" in paragraph(environment)
        assert len(api.requests) == 1


def test_a_new_session_has_cost_nothing():
    assert check_cost(session_of("1"), Settings(max_cost=1)).spent_ticks == 0


@pytest.mark.parametrize(
    ("below", "saved", "kept"),
    [(0.0, 5.0, True), (1.0, 0.5, True), (1.0, 1.0, True), (1.0, 5.0, False), (1.0, 0.0, False)],
)
def test_a_session_file_cannot_raise_the_limit(below, saved, kept):
    """Only the user may raise the limit."""
    layer = Layer("session", {"max_cost": saved, "timeout": 5.0}, {"seed": 1})
    expected = layer if kept else Layer("session", {"timeout": 5.0}, {"seed": 1})
    assert without_raised_cost_limit(layer, [Layer("file", {"max_cost": below})]) == expected


# -- one shot ----------------------------------------------------------------------------------------------------------


def test_a_one_shot_refuses_to_exceed_the_limit(home):
    with costing(150 * CENT) as api:
        assert run_cli(home, api, "--max-cost", "2", "one")[0] == 0
        assert run_cli(home, api, "-c", "--max-cost", "2", "two")[0] == 0
        code, environment = run_cli(home, api, "-c", "--max-cost", "2", "three")
        assert code == 2
        assert "Nothing was sent: this session has cost $3.00" in paragraph(environment)
        assert len(api.requests) == 2
        assert "three" not in sessions(home)[0].read_text(encoding="utf-8")
        assert run_cli(home, api, "-c", "--max-cost", "0", "three")[0] == 0


def test_a_one_shot_checks_the_price_of_its_prompt(home):
    with costing(CENT) as api:
        code, environment = run_cli(home, api, "--max-cost", "0.01", "-m", "grok-dear", "x" * 4000)
        assert code == 2
        assert "the next request costs about $0.20" in paragraph(environment)
        assert api.requests == []
        assert run_cli(home, api, "--max-cost", "0.01", "x" * 400)[0] == 0


def test_a_one_shot_reports_unknown_prices(home):
    with costing(CENT, models=Answer.json(404, {"error": "No handler found on route."})) as api:
        code, environment = run_cli(home, api, "--max-cost", "1", "hello")
        assert code == 0
        assert "The API lists no price for grok-4.7" in err(environment)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_one_shot_sends_nothing_if_the_prices_cannot_be_loaded(home, status):
    """The limit could not be kept, although the API has prices."""
    with costing(CENT, models=Answer.json(status, {"error": "Busy."})) as api:
        code, environment = run_cli(home, api, "--max-cost", "1", "hello")
        assert code == 3
        assert "Nothing was sent: max_cost needs the API's prices" in paragraph(environment)
        assert api.requests == []
        assert run_cli(home, api, "--max-cost", "0", "hello")[0] == 0


@pytest.mark.parametrize("value", ["-1", "nan", "inf", "much", ""])
def test_an_invalid_amount_is_an_error(home, value):
    code, environment = run_cli(home, None, f"--max-cost={value}", "hello")
    assert code == 2
    assert "US dollars, 0 or more" in paragraph(environment)


def searching(cost: int | None, *, is_reported: bool = True) -> FakeApi:
    """Return an API whose searches cost this many ticks each."""
    usage = {**RESPONSE_USAGE, "cost_in_usd_ticks": cost or 0} if is_reported else None
    answer = Answer([response_frames(web_search("q"), message("Found."), usage=usage)])
    return FakeApi(answer, models=Answer.json(200, MODELS))


def let_search(home) -> None:
    """Let every request of this home search."""
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text('search = "web"\n', encoding="utf-8")


def test_a_one_shot_counts_what_its_searches_cost(home):
    let_search(home)
    with searching(150 * CENT) as api:
        code, environment = run_cli(home, api, "--max-cost", "1", "one")
        assert code == 0
        assert BILLED_ON_TOP in " ".join(err(environment).split())
        code, environment = run_cli(home, api, "-c", "--max-cost", "1", "two")
        assert code == 2
        assert "this session has cost $1.50" in paragraph(environment)
        assert "before its reply and searches" in paragraph(environment)
        assert len(api.requests) == 1


@pytest.mark.parametrize(("is_reported", "unknown"), [(True, "what they cost"), (False, "any cost")])
def test_a_one_shot_does_not_search_again_at_an_unknown_cost(home, is_reported, unknown):
    """max_cost does not fail open: the first reply shows that the API does not report what it bills."""
    let_search(home)
    with searching(None, is_reported=is_reported) as api:
        assert run_cli(home, api, "--max-cost", "1", "one")[0] == 0
        code, environment = run_cli(home, api, "-c", "--max-cost", "1", "two")
        assert code == 2
        assert f"Nothing was sent: searches are billed on top of tokens, and the API has not reported {unknown}" in (
            paragraph(environment)
        )
        assert "--max-cost 0 sends without the check" in paragraph(environment)
        assert len(api.requests) == 1
        assert run_cli(home, api, "-c", "--max-cost", "0", "two")[0] == 0


# -- in the chat -------------------------------------------------------------------------------------------------------

ASKS = "Send it?"


@terminals
def test_the_chat_asks_before_a_request_that_exceeds_the_limit(home):
    with costing(150 * CENT) as api, Chat("--max-cost", "1", env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("one\r")
        chat.wait_for("A reply.")
        chat.wait_for_prompt()
        chat.type("two\r")
        chat.wait_for(ASKS)
        assert "This session has cost $1.50" in chat.text()
        chat.type("n\r")
        chat.wait_for("Not sent, and not added to the session. Up brings the line back.")
        chat.type("/retry\r")
        chat.wait_for(lambda text: text.count(ASKS) == 2)
        chat.type("\x03")
        chat.wait_for("restored #2")
        chat.type("three\r")
        chat.wait_for(lambda text: text.count(ASKS) == 3)
        chat.type("a\r")
        chat.wait_for(lambda text: text.count("A reply.") == 2)
        chat.wait_for_prompt()
        chat.type("four\r")
        chat.wait_for(lambda text: text.count("A reply.") == 3)
        assert chat.leave() == 0
    assert [message["content"] for message in api.requests[-1].messages if message["role"] == "user"] == [
        "one",
        "three",
        "four",
    ]
    assert len(api.requests) == 3


@terminals
def test_the_chat_says_that_searches_are_billed_on_top_and_asks_if_their_cost_is_not_reported(home):
    let_search(home)
    with searching(None) as api, Chat("--max-cost", "1", env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("one\r")
        chat.wait_for("Found.")
        chat.wait_for("1 X search, 10 posts")
        assert "Searches are billed on top of tokens" in chat.text()
        chat.type("two\r")
        chat.wait_for("[N]o")
        assert "the API has not reported what they cost" in " ".join(chat.text().split())
        chat.type("a\r")
        chat.wait_for(lambda text: text.count("Found.") == 2)
        chat.wait_for_prompt()
        chat.type("three\r")
        chat.wait_for(lambda text: text.count("Found.") == 3)
        assert chat.leave() == 0


@terminals
def test_the_chat_asks_if_the_prices_cannot_be_loaded_and_loads_them_again(home):
    with costing(CENT, models=Answer.json(503, {})) as api, Chat("--max-cost", "1", env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("one\r")
        chat.wait_for("prices could not be loaded")
        assert api.requests == []
        chat.type("y\r")
        chat.wait_for("A reply.")
        chat.wait_for_prompt()
        chat.type("two\r")
        chat.wait_for(lambda text: text.count("prices could not be loaded") == 2)
        chat.type("n\r")
        chat.wait_for("Not sent")
        api.models = Answer.json(200, MODELS)
        chat.type("three\r")
        chat.wait_for(lambda text: text.count("A reply.") == 2)
        assert chat.leave() == 0
    assert len(api.requests) == 2


@terminals
def test_a_message_awaiting_confirmation_is_reported_on_leaving_and_not_saved(home, tmp_path):
    (tmp_path / "note.txt").write_text("a note", encoding="utf-8")
    with costing(150 * CENT) as api, Chat("--max-cost", "1", "one", env=chat_env(home, api)) as chat:
        chat.wait_for("A reply.")
        chat.type(f"/file {tmp_path / 'note.txt'}\r")
        chat.wait_for("attached to your next message: ")
        chat.type("two\r")
        chat.wait_for(ASKS)
        chat.type("\x04")
        assert chat.end() == 0
        assert "not done: two" in chat.text()
        assert "attached and not sent: note.txt" in chat.text()
    assert "two" not in sessions(home)[0].read_text(encoding="utf-8")
