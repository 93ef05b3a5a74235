"""Planning over a wire that fails, with a key that must not show, for money that is counted."""

from __future__ import annotations

import json
import re
import time

import pytest

from longvid_core.errors import BadInput, Interrupted, OverBudget, RenderFailed
from longvid_core.planning.endpoint import shown_address
from longvid_core.planning.language_models import known, language_model, modes_of
from longvid_core.planning.wire import read
from tests.fake_openai import CutOff, Drip, Error, FakeOpenAI, Hang, Raw, Refusal, Reset, plan, plan_for, segment

from .conftest import TEXT, Asking

KEY = "sk-planted-4711"


def squeezed(words: str) -> str:
    return re.sub(r"\s+", "", words)


def good(**first: object) -> dict[str, object]:
    """A plan for TEXT in two segments, the first one changed."""
    return plan({**segment([1, 2]), **first}, segment([3, 4]))


# ---- trouble on the wire -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        Error(500, "oops"),
        Error(503, "busy"),
        Error(429, "slow down"),
        Reset(),
        Raw('{"choices": [', 9000),
        Raw("<html>"),
        Raw("{}"),
    ],
    ids=["500", "503", "429", "reset", "truncated", "html", "empty"],
)
def test_trouble_that_passes_is_waited_out(planning: Asking, model: FakeOpenAI, trouble: object) -> None:
    model.replies = [trouble, trouble]  # type: ignore[list-item]
    planning()
    assert model.calls == 3
    assert sum("asking again" in said for said in planning.told) == 2


def test_a_server_says_how_long_to_wait(planning: Asking, model: FakeOpenAI) -> None:
    model.replies = [Error(429, "slow down", headers={"Retry-After": "0.4"})]
    began = time.monotonic()
    planning()
    assert time.monotonic() - began >= 0.4
    assert "asking again in 0.4 s" in planning.told[0]


def test_trouble_that_stays_ends_with_exit_code_3(planning: Asking, model: FakeOpenAI) -> None:
    model.otherwise = Error(500, "oops")
    with pytest.raises(RenderFailed, match="answered 500: oops"):
        planning()
    assert model.calls == 3


@pytest.mark.parametrize("trouble", [Hang(), Drip(0.1)], ids=["nothing", "a byte now and then"])
def test_a_server_that_hangs_is_given_up(planning: Asking, model: FakeOpenAI, trouble: object) -> None:
    planning.planner = {"timeout_s": 1}
    planning.settings = {"retry": {"attempts": 2, "first_wait_s": 0.01}}
    model.otherwise = trouble  # type: ignore[assignment]
    with pytest.raises(RenderFailed, match=r"did not answer within 1 s"):
        planning()
    assert model.calls == 2


@pytest.mark.parametrize(("status", "way_out"), [(401, "keys.planner"), (402, "credit"), (403, "keys.planner")])
def test_a_refused_key_is_final(planning: Asking, model: FakeOpenAI, status: int, way_out: str) -> None:
    model.otherwise = Error(status, "no")
    with pytest.raises(RenderFailed, match=way_out) as failure:
        planning()
    assert failure.value.exit_code == 3
    assert model.calls == 1


def test_a_model_that_does_not_exist_is_named(planning: Asking, model: FakeOpenAI) -> None:
    model.otherwise = Error(404, "The model does not exist", code="model_not_found")
    with pytest.raises(RenderFailed, match="test-1"):
        planning()
    assert model.calls == 1


@pytest.mark.parametrize(
    ("reply", "said", "calls"),
    [
        (Refusal("I cannot help with herons."), "I cannot help with herons", 1),
        (CutOff(), "cut off after 500 tokens", 1),
        ("no plan", "did not answer in the form asked for", 3),
    ],
    ids=["refusal", "cut off", "no form"],
)
def test_a_no_is_final_and_paid_once_until_it_is_asked_again(
    planning: Asking, model: FakeOpenAI, reply: object, said: str, calls: int
) -> None:
    planning.planner = {"mode": "tools"}
    model.otherwise = reply  # type: ignore[assignment]
    for _ in range(2):
        with pytest.raises(RenderFailed, match=said) as failure:
            planning()
        assert failure.value.exit_code == 3
        assert any("--replan" in way for way in failure.value.way_out)
        assert model.calls == calls, "the same question has the same answer"
    model.otherwise = good()
    assert len(planning(replan=True).segments) == 2
    assert len(planning().segments) == 2, "and the newest answer counts"
    assert model.calls == calls + 1


# ---- modes and parameters ----------------------------------------------------------------------------------------------------


def test_a_mode_the_server_refuses_is_stepped_down_once_and_remembered(planning: Asking, model: FakeOpenAI) -> None:
    model.replies = [Error(400, "response_format json_schema is not supported", param="response_format")]
    planning()
    assert "response_format" in model.requests[0] and "tools" in model.requests[1]
    assert any("does not take json_schema; asking in tools" in said for said in planning.told)
    planning("Another film. It is short.")
    assert model.calls == 3 and "tools" in model.requests[2]


@pytest.mark.parametrize("mode", ["tools", "json_schema", "json", "md_json"])
def test_every_mode_plans(planning: Asking, model: FakeOpenAI, mode: str) -> None:
    planning.planner = {"mode": mode}
    fence = "```json\n{}\n```"
    model.otherwise = lambda request: fence.format(json.dumps(plan_for(request))) if mode == "md_json" else plan_for(request)
    assert len(planning().segments) == 4
    assert model.calls == 1


def test_a_server_that_takes_the_form_and_ignores_it_is_told_in_words(planning: Asking, model: FakeOpenAI) -> None:
    model.otherwise = lambda request: (
        "Sure!" if "response_format" in request else f"```json\n{json.dumps(plan_for(request))}\n```"
    )
    assert len(planning().segments) == 4
    assert model.calls == 4, "asked, asked again twice, and asked in words"
    assert any("does not keep to it; asking in md_json" in said for said in planning.told)
    planning("Another film. It is short.")
    assert model.calls == 5, "which is remembered"


_PLAN = '{"title": "{a}", "n": [1]}'


@pytest.mark.parametrize(
    "message",
    [
        {"content": f"Sure!\n```json\n{_PLAN}\n```\nHope {{that}} helps."},
        {"content": f'<think>Maybe {{"title": "no, I will take another title"}}</think>\n{_PLAN}'},
        {"content": f"\ufeff{_PLAN}"},
        {"content": [{"type": "thinking", "thinking": "{}"}, {"type": "text", "text": _PLAN}]},
        {"content": None, "tool_calls": [{"id": "7", "function": {"name": "other", "arguments": _PLAN}}]},
        {"content": "", "tool_calls": [{"function": {"arguments": json.loads(_PLAN)}}, {"function": {"arguments": "{}"}}]},
    ],
)
def test_the_form_is_found_wherever_a_server_puts_it(message: dict[str, object]) -> None:
    assert json.loads(read(message, None)[1]["content"]) == json.loads(_PLAN)
    (call,) = read(message, "PlanAnswer")[1]["tool_calls"]
    assert call["function"]["name"] == "PlanAnswer" and json.loads(call["function"]["arguments"]) == json.loads(_PLAN)


@pytest.mark.parametrize("around", ["{}", "<think>a {{}} or so</think>\n{}", "<think>so</think>\n```json\n{}\n```\n"])
def test_a_plan_may_quote_what_ends_thoughts(around: str) -> None:
    """Whatever the person's text holds is content."""
    form = json.dumps({"text": "He types </think> and {", "cast": {"name": "Ann"}})
    assert json.loads(read({"content": around.format(form)}, None)[1]["content"]) == json.loads(form)


@pytest.mark.parametrize("words", ["No.", "", '{"a": [{"b": 1}, {"c": 2}', '{"a": {"b": 1},}', "{" * 5000, '{"a":' * 99999])
def test_what_holds_no_form_stays_as_it_is(words: str) -> None:
    assert read({"content": words}, None) == (words, {"role": "assistant", "content": words})
    assert "tool_calls" not in read({"content": words}, "PlanAnswer")[1]


def test_what_a_server_says_beside_the_answer_may_be_nonsense(planning: Asking, model: FakeOpenAI) -> None:
    message = {"content": json.dumps(plan(segment([1, 2, 3, 4])))}
    model.replies = [Raw(json.dumps({"choices": [{"message": message}], "usage": ["many"], "id": "half a \ud83d"}))]
    assert len(planning().segments) == 1
    model.replies = [Raw(body) for body in ('{"choices": [{"message": "hello"}]}', "7", '{"error": {"message": "overloaded"}}')]
    with pytest.raises(RenderFailed, match="answered with an error: overloaded"):
        planning(replan=True)


def test_a_mode_that_was_chosen_is_not_exchanged(planning: Asking, model: FakeOpenAI) -> None:
    planning.planner = {"mode": "tools"}
    model.otherwise = Error(400, "tools are not supported")
    with pytest.raises(RenderFailed, match="planner.mode"):
        planning()
    assert model.calls == 1


def test_a_parameter_the_model_does_not_take_is_left_out(
    planning: Asking, model: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    from longvid_core.planning import endpoint

    priced = language_model("test-1", model.url, None).model_copy(update={"price": known().models["gpt-6-luna"].price})
    monkeypatch.setattr(endpoint, "language_model", lambda *asked: priced)
    planning.planner = {"temperature": 0.1, "seed": 7}
    model.replies = [Error(400, "Unsupported value: 'temperature' does not support 0.1", param="temperature")]
    planning()
    assert "temperature" not in model.requests[1] and model.requests[1]["seed"] == 7
    assert any("takes no temperature" in said for said in planning.told)
    with planning.ledger() as ledger:
        assert ledger.payments.doubts() == [], "a no costs nothing"


def test_servers_are_known_by_their_addresses() -> None:
    assert modes_of("https://api.openai.com/v1") == ("json_schema", "tools")
    assert modes_of("http://localhost:11434/v1") == ("json_schema", "json", "md_json")
    assert modes_of("https://example.com:11434/v1")[1] == "tools"
    assert language_model("gpt-6-luna", "https://example.com/v1", None).price is None, "somebody else's server has its own prices"


def test_prices_have_a_date_and_a_source() -> None:
    models = known().models
    assert models
    for name, entry in models.items():
        assert entry.price is not None and entry.source and entry.context, name
    assert models["gpt-6-luna"].cost(1_000_000, 0) == 150_000 + 50_000, "long requests cost twice as much to read"


# ---- money, keys, falling back -----------------------------------------------------------------------------------------------


@pytest.fixture
def hosted(monkeypatch: pytest.MonkeyPatch, model: FakeOpenAI) -> None:
    """The server on this machine counts as a hosted one whose price for test-1 is known."""
    from longvid_core.planning import endpoint

    luna = known().models["gpt-6-luna"]
    monkeypatch.setattr(endpoint, "language_model", lambda name, base_url, context: luna)


@pytest.mark.usefixtures("hosted")
def test_tokens_and_cost_are_recorded(planning: Asking, model: FakeOpenAI) -> None:
    model.replies = ["not json", good()]
    planning()
    cost = 2 * (1000 * 0.1 + 500 * 0.5)
    assert planning.spent == cost
    assert [e.micro_usd for e in planning.events if e.event == "spent"] == [cost / 2, cost / 2]  # type: ignore[attr-defined]
    planning()
    assert planning.spent == 0, "the answer was in the store"


@pytest.mark.usefixtures("hosted")
def test_an_answer_that_read_too_little_is_paid_once(planning: Asking, model: FakeOpenAI) -> None:
    model.usage, model.cuts_prompts = (100, 500), True
    with pytest.raises(BadInput, match="read 100 of them"):
        planning()
    assert planning.spent == 100 * 0.1 + 500 * 0.5
    with pytest.raises(BadInput, match="read 100 of them"):
        planning()
    assert planning.spent == 0 and model.calls == 1


@pytest.mark.usefixtures("hosted")
def test_what_a_call_may_have_cost_is_known_whatever_became_of_it(planning: Asking, model: FakeOpenAI) -> None:
    """An answer that is lost on the way, one that does not count its tokens, and a server that was not there."""
    model.replies, model.usage = [Raw('{"choices": [', 9000), Error(503, "later")], None
    planning()
    assert model.calls == 3 and planning.spent > 0
    with planning.ledger() as ledger:
        (paid,), (doubt,) = ledger.spending(), ledger.payments.doubts()
        price = known().models["gpt-6-luna"].price
        assert price is not None and paid["told"] and paid["priced_on"] == price.checked
        assert (doubt["provider"], doubt["item"], doubt["kind"]) == ("openai:test-1", "plan", "lost")
        assert doubt["micro_usd"] > 0 and ledger.journal.held() == []


def test_an_answer_whose_price_nobody_knows_is_written_down(
    planning: Asking, model: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    from longvid_core.planning import endpoint

    monkeypatch.setattr(endpoint, "language_model", lambda *asked: language_model("test-1", "https://a.example", None))
    planning()
    with planning.ledger() as ledger:
        assert [(d["kind"], d["micro_usd"]) for d in ledger.payments.doubts()] == [("unpriced", None)]
        assert ledger.spending() == []


@pytest.mark.usefixtures("hosted")
def test_planning_over_budget_asks_nothing(planning: Asking, model: FakeOpenAI) -> None:
    with pytest.raises(OverBudget):
        planning(budget=0.00001)
    assert model.calls == 0
    planning(budget=1)
    assert model.calls == 1


@pytest.mark.usefixtures("hosted")
def test_planning_keeps_within_what_those_at_work_beside_leave(planning: Asking, model: FakeOpenAI) -> None:
    planning()
    with planning.ledger() as ledger:
        ledger.start_run("beside", "longvid make x", "/")
        ledger.journal.hold("beside", "s00", "google:veo", 400_000, None)
    with pytest.raises(OverBudget, match="spent or promised"):
        planning(replan=True, budget=0.4)
    assert model.calls == 1
    planning(replan=True, budget=0.5)
    assert model.calls == 2


@pytest.mark.usefixtures("hosted")
def test_a_budget_ends_the_asking_again_and_not_the_film(planning: Asking, model: FakeOpenAI) -> None:
    model.usage = (100_000, 50_000)
    model.otherwise = plan(segment([1, 2, 3, 4], complexity=7))
    made = planning(budget=0.03)
    assert model.calls == 1 and planning.spent == 35_000
    assert made.segments[0].complexity == 0.7
    assert "over the budget of $0.03" in planning.warned


def test_a_model_without_a_price_is_refused_where_there_is_a_budget(planning: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    from longvid_core.planning import endpoint

    monkeypatch.setattr(
        endpoint, "language_model", lambda name, base_url, context: language_model(name, "https://a.example", None)
    )
    with pytest.raises(OverBudget, match="price"):
        planning(budget=1)


def test_a_server_of_ones_own_needs_no_key(planning: Asking, model: FakeOpenAI) -> None:
    planning()
    assert model.keys == ["Bearer none"]


def test_a_hosted_model_needs_a_key(planning: Asking, model: FakeOpenAI) -> None:
    planning.planner = {"base_url": "https://llm.example.com/v1"}
    with pytest.raises(BadInput, match="OPENAI_API_KEY"):
        planning()


def test_the_key_is_sent_and_nowhere_written(
    planning: Asking, model: FakeOpenAI, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("LONGVID_KEYS__PLANNER", KEY)
    made = planning()
    assert model.keys == [f"Bearer {KEY}"]
    model.replies = [Error(401, f"Incorrect API key provided: {KEY}.")]
    with pytest.raises(RenderFailed) as failure:
        planning(replan=True)
    assert planning.home is not None
    files = [path for path in planning.home.rglob("*") if path.is_file()]
    assert len(files) > 3
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
    assert KEY not in f"{failure.value}{made.json_value()}{planning.events}{caplog.text}"


def test_an_address_is_shown_without_what_lets_one_in(planning: Asking, model: FakeOpenAI) -> None:
    planning.planner = {"base_url": model.url.replace("//", "//me:sk-planted-word@")}
    made = planning()
    assert made.planned_by == f"openai:test-1 at {model.url}"
    assert "sk-planted" not in f"{made.json_value()}{planning.events}"
    assert shown_address("https://me:word@llm.example.com/v1?token=sk-planted#x") == "https://llm.example.com/v1"


def test_the_rules_stand_in_where_they_are_told_to_and_say_so(planning: Asking, model: FakeOpenAI) -> None:
    planning.settings = {"on_planner_failure": "offline", "retry": {"attempts": 1}}
    model.otherwise = Error(401, "no")
    made = planning()
    assert made.planned_by == "offline, in place of openai:test-1"
    assert "PLANNED OFFLINE" in planning.warned and "401" in planning.warned
    assert squeezed("".join(s.text for s in made.segments)) == squeezed(TEXT)


def test_an_interruption_is_none_of_the_models_failures(
    planning: Asking, model: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    from longvid_core.render.session import Session

    planning.settings = {"on_planner_failure": "offline"}
    model.otherwise = Hang()
    monkeypatch.setattr(
        Session, "interrupted", property(lambda self: lambda: model.calls > 0, lambda self, value: None), raising=False
    )
    with pytest.raises(Interrupted):
        planning()
