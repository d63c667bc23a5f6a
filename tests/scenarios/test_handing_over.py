"""A person takes over, knows the story, and gives it back."""

import time
from datetime import datetime, timedelta

import psycopg

from bot.business import load_business
from tests.scenarios.stack import PROJECT, Customer, Events, Stack, eventually


def _hand_over(customer: Customer) -> None:
    customer.say("My floor lamp FJ-204817 flickers, mail me at jo.berg@example.com")
    customer.say("I want to talk to a real person please")
    customer.wait_for("waiting")


def test_a_person_demanded_in_the_first_message_is_not_discussed(stack: Stack) -> None:
    """P24, P25, P26: no consent asked, no question put, into the queue at once."""
    agent = stack.agent()
    customer = stack.customer()
    answer = customer.say("let me talk to a human being")
    assert customer.state == "waiting"
    assert "?" not in answer
    row = next(row for row in agent.queue() if row["id"] == customer.conversation)
    assert row["reason"] == "person_demanded"


def test_a_legal_threat_goes_to_a_lead_at_once(stack: Stack) -> None:
    """P13: no consent, to a lead, urgent; an agent cannot take it."""
    agent, lead = stack.agent(), stack.agent(role="lead")
    customer = stack.customer()
    customer.say("I will sue you, my lawyer is filing a claim in court tomorrow")
    assert customer.state == "waiting"
    row = next(row for row in lead.queue() if row["id"] == customer.conversation)
    assert (row["reason"], row["routed_to"]) == ("legal", "lead")
    assert row["urgency"] >= 90
    refused = agent.do(customer.conversation, "claim")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "for_lead")
    assert lead.do(customer.conversation, "claim").status_code == 200


def test_a_day_is_meant_by_the_customers_clock(stack: Stack) -> None:
    """Two customers whose days never agree write "today"; an unknown zone keeps nobody out."""
    agent, days = stack.agent(), []
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Mars/Phobos"):
        customer = stack.customer(time_zone=zone)
        customer.say("let me talk to a human being today")
        customer.wait_for("waiting")
        days.append(agent.summary(customer.conversation)["date"]["text"])
    assert days[0] > days[1]
    assert days[0] >= days[2] >= days[1]


def test_somebody_in_despair_is_told_where_help_is(stack: Stack) -> None:
    """P9, P13: no small talk and no article; where somebody listens now, and a lead at once."""
    lead, customer = stack.agent(role="lead"), stack.customer()
    answer = customer.say("honestly I just want to kill myself")
    assert "116 123" in answer and "Certainly" not in answer
    assert [message["author"] for message in customer.messages()] == ["customer", "bot"]
    row = next(row for row in lead.queue() if row["id"] == customer.conversation)
    assert (row["reason"], row["routed_to"], row["urgency"]) == ("self_harm", "lead", 100)


def test_the_agent_has_the_story_and_the_customer_gets_the_answers(stack: Stack) -> None:
    """P27: the summary holds facts with evidence; replies arrive live; the bot says that it is back."""
    agent, customer = stack.agent(), stack.customer()
    live = Events(customer.http, "/chat/events?after=0")
    _hand_over(customer)
    summary = agent.summary(customer.conversation)
    assert summary["order"] == {
        "topic": "order", "label": "Order", "text": "FJ-204817", "evidence": [1], "edited_by": None,
    }  # fmt: skip
    assert "jo.berg@example.com" in summary["contact"]["text"]
    assert "flickers" in summary["situation"]["text"]
    assert summary["amount"]["text"] == "not stated"
    assert agent.do(customer.conversation, "claim").status_code == 200
    assert agent.write(customer.conversation, "Hello, I have read it all. A new lamp is on its way.").status_code == 202
    eventually(lambda: any(data.get("agent") == agent.name for name, data, _ in live.received if name == "message"))
    customer.post("thank you, my phone is +47 912 34 567 in case")
    eventually(lambda: "912" in agent.summary(customer.conversation)["contact"]["text"])
    time.sleep(0.5)
    assert customer.messages()[-1]["author"] == "customer"
    assert agent.do(customer.conversation, "hand-back", {"note": "sent a lamp"}).status_code == 200
    assert customer.state == "bot"
    assert "/help/" in customer.say("how much does delivery cost?")
    assert all("sent a lamp" not in message["text"] for message in customer.messages())
    live.close()


def test_the_bot_knows_what_an_agent_has_promised(stack: Stack) -> None:
    """P18: who has it and until when, also after the agent gave the conversation back; no longer once it is done."""
    agent, customer = stack.agent("Olga"), stack.customer()
    _hand_over(customer)
    agent.do(customer.conversation, "claim")
    began = datetime.now(load_business(PROJECT).zone)
    due = began + timedelta(days=1)  # by the clock on the wall
    body = {"text": "Call the driver", "due_at": f"{due:%Y-%m-%dT12:00}"}
    assert agent.do(customer.conversation, "promises", body).status_code == 201
    agent.do(customer.conversation, "hand-back")
    answer = customer.say("what is the status of my case?")
    midnight = datetime.now(began.tzinfo).date() != began.date()
    assert agent.name in answer and ("tomorrow at 12:00" in answer or (midnight and "today at 12:00" in answer))
    assert "driver" not in answer  # how agents put it is for agents
    for question in ("when will I hear about my lamp?", f"what did {agent.name} promise me?", "any news?"):
        assert agent.name in customer.say(question)
    with psycopg.connect(stack.database, autocommit=True) as connection:
        connection.execute("update promise set due_at = now() where conversation_id = %s", [customer.conversation])
    assert "sorry" in customer.say("what is the status of my case?")
    assert customer.offers("/affirm")
    customer.press("/deny")
    [promise] = agent.open(customer.conversation)["promises"]
    assert agent.do(customer.conversation, f"promises/{promise['id']}/kept").status_code == 204
    assert agent.name not in customer.say("what is the status of my case?")


def test_two_agents_never_own_one_conversation(stack: Stack) -> None:
    """The second is told who does, and can neither write nor close; a note is always possible (P30)."""
    first, second, customer = stack.agent(), stack.agent(), stack.customer()
    _hand_over(customer)
    assert first.do(customer.conversation, "claim").status_code == 200
    for answer in (
        second.do(customer.conversation, "claim"),
        second.write(customer.conversation, "me too"),
        second.do(customer.conversation, "close", {"outcome": "solved"}),
        second.do(customer.conversation, "hand-back"),
    ):
        assert answer.status_code == 409
        assert answer.json()["error"]["code"] == "owned"
        assert first.name in answer.json()["error"]["message"]
    assert second.do(customer.conversation, "notes", {"client_id": "n1", "text": "I know this one"}).status_code == 202


def test_the_bot_is_silent_once_a_person_has_taken_over(stack: Stack) -> None:
    """The reply that was being prepared is dropped, and the ledger says so."""
    agent, customer = stack.agent(), stack.customer()
    customer.say("hello")
    before = len(customer.messages())
    customer.post("I am so angry with you people, this is a disgrace, my parcel never came!!")
    assert agent.do(customer.conversation, "claim").status_code == 200  # while the bot still listens (P2)
    time.sleep(3)
    later = customer.messages()[before:]
    assert [message["author"] for message in later] == ["customer", "system"]


def test_a_closed_conversation_reopens_with_its_history(stack: Stack) -> None:
    """P8, P26: a new message is a new episode with fresh counters; the old one is remembered."""
    agent, customer = stack.agent(), stack.customer()
    _hand_over(customer)
    agent.write(customer.conversation, "Done, I sent you a new one.")
    assert agent.do(customer.conversation, "close", {"outcome": "solved", "note": "new lamp"}).status_code == 200
    assert customer.state == "closed"
    customer.say("hello, one more thing")
    assert customer.state == "bot"
    shown = agent.open(customer.conversation)
    assert shown["conversation"]["episode"] == 2
    assert shown["customer"]["history"][0]["outcome"] == "solved"


def test_out_of_hours_the_message_is_kept_and_the_opening_named(closed_stack: Stack) -> None:
    """P25, P28: nobody is promised now; the conversation waits in the queue."""
    customer = closed_stack.customer()
    answer = customer.say("I need a human")
    assert customer.state == "waiting"
    assert "9:00" in answer
    agent = closed_stack.agent()
    assert any(row["id"] == customer.conversation for row in agent.queue())


def test_a_threat_while_waiting_makes_it_urgent(stack: Stack) -> None:
    """P13: the queue follows what the customer writes while waiting; the summary too."""
    lead, customer = stack.agent(role="lead"), stack.customer()
    _hand_over(customer)
    customer.post("if nobody answers I will come to your office and break your legs")
    eventually(lambda: lead.open(customer.conversation)["conversation"]["reason"] == "safety")
    assert lead.open(customer.conversation)["conversation"]["routed_to"] == "lead"


def test_a_threat_while_an_agent_has_it_alarms_the_leads(stack: Stack) -> None:
    """P13: whether it was handed over or taken from the bot; the owner stays the owner and sees why, a lead sees it
    first, live, and the ledger has it once."""
    agent, other, lead = stack.agent(), stack.agent(), stack.agent(role="lead")
    handed, taken, waiting = stack.customer(), stack.customer(), stack.customer()
    _hand_over(handed)
    taken.say("hello")
    waiting.say("I will sue you, my lawyer is filing a claim in court tomorrow")
    waiting.wait_for("waiting")
    for customer in (handed, taken):
        assert agent.do(customer.conversation, "claim").status_code == 200
    events = Events(lead.http, "/desk/api/events")
    eventually(lambda: "hello" in events.names())
    handed.post("if you do not pay I will come to your office and break your legs")
    taken.post("fine, then my lawyer will sue you in court")
    alarmed = {handed.conversation: "safety", taken.conversation: "legal"}

    def raised() -> dict[str, tuple[str, str]]:
        seen = [data for name, data, _ in events.received if name == "change" and data["kind"] == "raised"]
        assert len(seen) <= len(alarmed)
        return {one["conversation"]: (one["reason_text"], one["routed_to"]) for one in seen}

    eventually(lambda: set(raised()) == set(alarmed))
    assert set(raised().values()) == {("Threat of violence", "lead"), ("Legal threat", "lead")}
    assert [row["id"] for row in lead.queue()[:2]] == list(alarmed), "before all that wait"
    assert [row["id"] for row in lead.queue("agent")[:2]] == list(alarmed)
    assert not alarmed.keys() & {row["id"] for row in other.queue()}
    for conversation in alarmed:
        shown = agent.open(conversation)["conversation"]
        assert (shown["state"], shown["owner"]["name"], shown["alarm"]) == ("agent", agent.name, True)
        assert shown["handoff"]["rule"].endswith("also while a colleague has it")
        assert agent.write(conversation, "I hear you. Let us look at it.").status_code == 202
    handed.post("I said I will come and break your legs")
    eventually(lambda: agent.open(handed.conversation)["messages"][-1]["mood"] is not None)
    assert len(raised()) == 2
    events.close()
    assert agent.do(handed.conversation, "close", {"outcome": "unsolved"}).status_code == 200
    assert handed.conversation not in {row["id"] for row in lead.queue()}


def test_the_desk_stream_resumes_without_a_gap(stack: Stack) -> None:
    """What happened while the connection was down is in the stream that resumes, once."""
    agent, customer = stack.agent(), stack.customer()
    stream = Events(agent.http, "/desk/api/events")
    eventually(lambda: "hello" in stream.names())
    customer.say("hello")
    eventually(lambda: _kinds(stream, customer))
    last = eventually(lambda: stream.received[-1][2])
    stream.close()
    customer.say("I want a person")
    customer.wait_for("waiting")
    resumed = Events(agent.http, "/desk/api/events", headers={"last-event-id": str(last)})
    eventually(lambda: "handed_off" in _kinds(resumed, customer))
    assert _kinds(resumed, customer).count("handed_off") == 1
    resumed.close()


def test_an_edited_line_of_the_summary_stays(stack: Stack) -> None:
    """P27: an agent's words win over what is drawn up anew."""
    agent, customer = stack.agent(), stack.customer()
    _hand_over(customer)
    path = f"/desk/api/conversations/{customer.conversation}/summary"
    answer = agent.http.patch(path, json={"topic": "wanted_remedy", "text": "A new lamp by Friday"})
    assert answer.status_code == 200
    customer.post("are you there? my order was FJ-204817")
    eventually(lambda: len(agent.summary(customer.conversation)["order"]["evidence"]) == 2)
    line = agent.summary(customer.conversation)["wanted_remedy"]
    assert (line["text"], line["edited_by"]) == ("A new lamp by Friday", agent.name)


def _kinds(stream: Events, customer: Customer) -> list[str]:
    return [
        data["kind"]
        for name, data, _ in list(stream.received)
        if name == "change" and data["conversation"] == customer.conversation
    ]
