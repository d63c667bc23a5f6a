"""Demands for a person that need no weighing."""

from pathlib import Path

import pytest

from bot.nlu.intent_rules import IntentRules, RulesError, read_rules

RULES = Path(__file__).parents[2] / "bot/nlu/intent_rules_en.yml"

DEMANDS = """
operator!!
transfer me
human pls
agent
rep
real person
speak to someone
is there anybody there I can talk to
connect me with support staff
stop the robot
AGENT AGENT AGENT
I want to talk to a person
can I talk to a human
Could I speak to somebody, please?
let me speak with a real agent
put me through to a supervisor
get me your manager
give me a human
I need a human
i wanna speak 2 a human
Let me talk to a person NOW!!!
please connect me to an agent
Would it be possible to speak to a member of your team?
is it possible to talk with a human being here
hello?? any human there
any real people here
anyone there I can chat with?
I'd like to speak to someone about my order
I would rather talk to a person
I don't want to talk to a bot
This is useless. Human please.
ok, this doesn't help, get me an agent
Hello, my name is Jonas. Could I talk to a person about a sofa order?
can someone from your team talk to me
can an agent take over
can a human help me
who can I talk to about this
who can I actually speak to
how do I get hold of a live agent
how can i reach a human
what do I have to type to get a human here
I demand to speak to your superior
no bot, a person please
not a bot, a human
escalate this
escalate
representative
customer service rep
customer support agent
live agent
live chat
human agent
human being please
supervisor
manager!
advisor please
operater
talk to a hunan
agnet please
transfer me to a human
transfer me to customer service
hand me over to a colleague
pass me on to someone else
switch me to an operator
forward me to an advisor
put a human on
put me on with a person
I insist on speaking with a manager
need to talk to somebody
want to speak to a representative
speak to a manager
talk to agent
chat with a person
i need to speak to a real person urgently
Can I please just speak to a real human being?
may I talk with a specialist about this
I need a person, not a bot
no more bots
skip the bot
enough of this bot
I want a human!
I want your manager
find me a human
get a human
bring me a real person
get me somebody human
can you connect me to someone
could you put me through to someone please
could you get me a person
will you let me talk to an agent
is a human available
are there any humans here
is there a person I can speak to
is there a real person there
isn't there a person I could write with
Is there any way to talk to a human?
any chance to speak to someone?
I've had enough, I want to talk to someone
I have been waiting for three weeks and I want to talk to a person
My lamp is broken. Can I speak to someone?
Thanks, but I'd like to talk to a human
Sorry but can i talk to someone real
i'm trying to reach a human
I am asking to be connected to a person
why can't I talk to a human
human
HUMAN
human!!!!
person
a person
a real human
live person
someone else please
connect me
connect me to a human right now
please transfer
let me chat to one of your people
take me to the support team
I must speak to someone in charge
let me speak to the person in charge
I want to be transferred to an agent
I want to be put through to a person
can I be connected to a human
can I have a human please
can i get a real person
can we speak to an agent
could I have a word with your manager
I need human support
I need human help
human support please
real human support
help from a human
pls connect to real agent sir
i want speak with operator
want talk human
give me real person
give me someone real
I refuse to talk to a machine
I won't talk to a bot
agent pls
agent please!!
Agent.
hi agent
hello, human please
speak with a human agent about my return
i said human
Please, I need to speak to somebody today
can I speak to customer service
let me speak to customer support
could I chat with your support team
I'd prefer speaking to a person
talk 2 human
connect to agent
connect me to live support
i want to speak to an actual employee
call an agent
is a colleague of yours around
when will a real person answer me
can i reach anyone at your company
do you have real people there
I am not talking to a machine
Right, I've had it. Put somebody on who knows what they're doing.
I want somebody from your company to contact me
I'd like to continue with a human
is there staff I can write to
I want an answer from a human
may i have the manager
how about you get me a human
I'd be grateful for a word with a colleague of yours
I want someone else
I need somebody who understands my problem
I really need to talk to some one about my order
can u put me on 2 a human
lemme talk to ur boss
could you ask a colleague to join
can your colleague help me instead
I want to be handed to a person
I would like to get in contact with a person
please contact me with an agent
I want to chat live with somebody
why am I not talking to a person
where are the humans
where is the human
how to contact a human
How can I get through to somebody real?
is there no human in this chat?
a human please, not a machine
enough bots
useless bot get me a real agent
my order is late and I want to speak with a supervisor about it
the lamp is broken can i speak to someone
Is there anyone in your team who I could speak to about an invoice?
I want a phone call with a person
have a human call me please
I want to talk to a woman
does anyone there speak German? I'd like to talk to them
REAL PERSON!!!
I'd really like to talk to one of your employees
please, a person.
this chat is useless i want an agent
can someone human please help me
may I be put through to the manager
let me speak w someone
I need to escalate this to your manager
Isn't there anyone I could speak to?
speak to representative
agent now
Please transfer this chat to a human.
I don't want to chat with a bot, I want to chat with a human
I'd like a human to look into this
need a human asap!!
is a manager available
connect me with a person who can solve this
please let me talk to somebody from the warehouse
talk to support agent
why cant i speak to a human?
you are not helping me let me talk to a human
I've asked twice already for a human
im so tired of this, can i talk to a real human pls
since you can't help, I want to speak to your boss
Who can help me there, a real person I mean? Let me speak to them
i want to complain to a manager
Is it possible to be connected with live support?
need someone to speak with
Hand me over please
human please, my order is wrong
let me talk to a supervisor please, this is the third time
need to talk with a person about a missing parcel
Can you put me through to your sales department
Yes, a human would be great
get your manager
may I please speak to a supervisor
any agent online?
forget the bot, connect me to a human
how can i talk to a real human being
speak to human
i need an operator
connect me to your team
Please let me speak to a human representative immediately.
stop. human.
huamn please
costumer servce rep please
staff pls
press 0
who's your human
I'd like to be rung by a person
thanks but I'd rather deal with a person
are you a bot? then give me somebody real
dial 0 for a human
Cheers, but could I have a proper person now
give me a call from a real agent
can you get a colleague on here
lemme speak 2 ur manager
I'm done with this thing, human
swap me over to a real one
May I speak with the person in charge of complaints?
is a human around today?
anybody human in there?
You're not understanding me. Who can I speak to instead?
where do I click to reach an agent
Is there a number I can call to speak to a person?
I expect a call from your manager today
have the manager phone me on 91 23 45 67
I wanna complain to your boss
someone competent please
can I be put in touch with a colleague of yours
me want talk real human
kan jeg snakke med et menneske
It would be easier to explain to a human
this is too complicated for a bot, can somebody take over?
chat to an advisor
speak with supervisor NOW
I WANT TO SPEAK TO SOMEONE
can I speak with a lady from customer care
transfer this to your team
hand this over to a human please
I request escalation
requesting a live agent
agent agent agent
connect with executive
please provide me with a human agent
surely someone at your place can talk to me
may I have a word with whoever runs the place
Hi! Thanks for the info, but can I talk to a real person?
no offence but I'd rather talk to somebody with a heartbeat
I don't want a bot
Good evening. Would somebody human be so kind as to ring me?
is there a supervisor about? need a chat with them
money back or manager, your choice
hi bot, bye bot, human please
could you fetch your line manager?
any humans?
someone needs to call me today about this, a real person
can you arrange for a person to phone me back
please ask a colleague to get in touch with me
hello. thanks for trying. can I have a human now
so you're a bot? then connect me with a real one
If you can't help then transfer me to someone who can
think it's best if I talk to someone
can i pls talk w a rep
can I chat with an agent?
can I speak to the owner
I want the director
what do I press for an operator
how do I get out of this bot and to a person
human. human. human.
reeeal person
custmer servic agent
i wnat to talk to a hooman
i need sm1 to talk to
just have one of your lot call me
I'm deaf so no phone, but I want to chat with a person
I can't explain this to a computer, give me a human
no. agent.
wrong answer again. supervisor please
I've been going round in circles, hand me to a colleague
Is the supervisor available? I wish to speak to them.
manager available?
are any of your colleagues free to chat
I'd prefer if a person dealt with this
would rather have a human, sorry
have someone real read this and answer me
escalate to human
take me to your leader
speak to customer services
put me through to sales please
I must insist on a person
not until I speak to a manager
hey is there a person i could speak to
could I get some human help with this refund
I'd like the opportunity to speak with a manager
agent asap
pls transfr me to an agent
I want 2 speak 2 sum1
Put me onto your manager
can your manager ring me
pay me back or let me speak to your boss
Why do I have to talk to a bot? I want a human
what a joke, where are the real people
do I really have to beg for a human
thanks, not helpful, get me a person
hello good day kindly connect me to customer care agent
I need speak with manager please
me need agent
give human
gimme your supervisor
switch to human
agent mode
talk to customer support
I'd rather speak to somebody at the shop
I'd like my case handled by a human
could a person check this please
escalate now
how can I escalate this
I am asking you to transfer me
I told you I want a person
for the third time: a person
human > bot, switch pls
is the manager in? I'd like a word
refund me or get me a manager
transfer me to sales
connect me with technical support
Would you be able to put me in touch with one of your colleagues?
I wonder if I could talk to one of your agents.
I'd be most obliged if somebody from your office could contact me.
is it possible that I talk with one worker
how hard can it be to get a human on here
can a member of staff take a look at my case
I'd rather not discuss this with a machine
who do I speak to about a wrong invoice?
I want that a human answers me
can we skip this and go straight to a human
only a human can solve this
human assistance required
someone from your end needs to step in
let's get a human involved
I'd like to raise this with a manager
are any of your colleagues free for a chat
is there a colleague around who could help me
when will I be connected to a human
am I going to get a human at some point?
may i know how to talk with customer executive
unless a human answers I'm not continuing
no no no, a PERSON
can I please talk to Ingrid in customer service
not interested in talking to a bot
I'd appreciate it if one of your staff could look into this personally.
I would kindly ask to be contacted by one of your employees regarding my invoice
My case is 3 weeks old. Let me speak to whoever is handling it.
shut up and connect me
leave the bot
wake your supervisor
see if your manager's free, will you
AI can't answer this, human needed
it would be best if I spoke to a person
I think I'd better talk to somebody
I've been looking for a way to talk to a human
so there is no way to talk to a human?
all I want is a human
would it kill you to get me a human
this should be handled by a person
is there someone who knows more about this than you
can one of your designers talk to me about colours
how do I join the queue for an agent
show this to your supervisor
i need a manger
superviser!
cna i speak to a agent
lemme talk 2 sumbody
i hav asked for a reel person, let me speek wiht one
0
"""

OTHERS = """
can a person carry it alone
which agent delivers
human rights
representative sample
I don't want to talk to a person
is your support agent training free
are you a person
are you a real person?
am I talking to a human
am I talking to a real person or a bot
is this a real person
do I have to talk to someone to cancel
do I need to speak to an agent to return it
I spoke to an agent yesterday
I talked to a person who promised a refund
the agent hung up on me
your agent was rude
the rep told me it would arrive on Monday
the manager of the store refused my return
one person or two to assemble it?
how many people does the sofa seat
is it safe for people with epilepsy
can one person lift the table
the delivery person left it outside
the operator of the crane broke the lamp
does the sensor react to humans and pets
does it detect a person in the room
human-sized lamp
is there a discount for real estate agents
do you have a job as a support agent
I am a real person
I'm an agent for a travel company
how do I become a sales representative
no need to talk to anyone, thanks
I'd rather not talk to a person
please don't transfer me
please don't connect me to an agent
without talking to a human, can I return it
I never want to talk to your staff again
can I return it without speaking to anyone
my manager ordered the lamp
someone stole my parcel
can somebody tell me where my order is
can someone call me back
somebody signed for it
is somebody at the shop on Saturday
do you have staff in Bergen
is the staff discount still valid
talk to you later
nobody talked to me
who delivers, an agent or the post
can I transfer the warranty to another person
can I transfer my account to someone else
I want to transfer the order to another person
can I give it to another person
can another person sign for the parcel
I need someone to carry it upstairs
I need two people to lift it
do I need a person to install it
I want a lamp for one person
bring it to a person on the second floor
customer service was terrible
what are the opening hours of customer service
contact me by mail
stop the delivery
stop the order
turn off the lamp
how do I turn off the robot vacuum
how do I connect my phone to the lamp
connect to wifi
transfer the money to my account
does the lamp switch off when people leave
put it through the letterbox
is the sales rep in Oslo
I would like to be a customer service agent
are humans allowed to sit on it
speaking to an agent on Monday I was told to wait
I have a person at home on Friday
I like people
the personal data you keep
people say the lamp flickers
agent orange
the secret agent lamp
the person on the phone said I should write here
what does the representative need to know
can your people install it
can someone help me choose a lamp
get me a lamp for two people
give me my money
yes
no
nobody
I told the agent and the manager everything already
talk about bad service
can people return things after 30 days
is there a person's name on the parcel
how do humans perceive warm light
person responsible for data protection
human error on my side, sorry
Do I get a human if I phone the number?
are your agents humans or bots
which of your staff decides about refunds
I've already spoken to a manager
the human I spoke to was lovely
no agent has answered my mail in three weeks
the manager wrote to me on Friday, any news?
a real person answered my email, thank you
thanks, the agent sorted it
no person needed
I don't need a person, just the article
I'd rather not be transferred
not an agent, just tell me the price
I like talking to the bot better than to people
is it a bot or an agent
are you the manager
can I speak Norwegian here
can we talk about the lamp
let's talk about the delivery
can the speaker talk to my phone
speak louder
I want to transfer money
can you connect two lamps to one plug
how do I connect the lamp with an app
give me a discount
I need a lamp for a person with poor sight
do I need an agent for customs
I want a sofa for four people
Can someone collect it on Friday?
will somebody be at the warehouse tomorrow
is someone on my case
can another person collect my order
who will contact me about the delivery
how many agents work there
do humans pack the parcels
support for the shelf is missing
is there support for the app
I represent a company and need an invoice
I work as a customer service agent myself
stop the subscription
can I turn off the robot voice on the speaker
no more emails please
not a person in sight in your shop on Saturday
I was promised that a person would call me
want to speak english
can I have an agent's discount
let me speak my mind: awful service
is it true that I can talk to a human after nine
I asked for a person last time and nobody came
I want the person who packed this to be fired
how do people hang this up
which person signed for my parcel
I already have an agent helping me
I don't need to speak to anyone
please no manager
I'm not asking for a human
can you help me
I need help
I want support for my broken lamp
please help
is this customer service
what's your customer service number
I want to know who the manager is
do you hire people
I want a desk for my boss
is it for one person please
bed for one person now in stock?
can I ask someone to pick up my order
let my wife pick it up
ask the driver to call me
can the driver call me before he comes
I want somebody to come and fix it
send someone to fix the lamp
give it to someone else
I want someone to explain why it broke
I want another
another please
can I talk to you
I'd like to speak English
I don't need an agent
maybe later a person
could a person stand on the stool
I can't get the speaker to connect to my phone
put the lamp on the desk
let me check the number
can I get a bigger one
can I have the armchair in blue
I want the lamp that a person on your site recommended
is there someone at home to receive it, that's my question
transfer it to the other order
forward the invoice to my manager
give the parcel to the neighbour
the support arm of the lamp is bent
the person in the photo is tall
I spoke to support yesterday
your support never answers
tell the driver to wait
I wish your staff were friendlier
the woman on the phone said call again
should I talk to a person about this or can you do it
a table for six people please
no agent please, we can carry on here
nobody put me through to anyone, I just sat there for an hour
my colleague steals my lunch, how would you deal with him
can I get someone's opinion on the colour
your colleague Maria was so helpful, please tell her
is it a human or a bot that answers?
could I leave a tip for the agent
please give your manager my compliments
please thank the driver for me
I want to praise one of your employees
the rep was rude to me on the phone
your people kept me on hold for an hour
I asked to speak to a manager last week and was cut off
I spoke with three agents and none of them knew
who am I chatting with, a person or a program
are you human
do you employ real people in the chat
more staff on Saturdays would be nice
it would be great to have a live chat in the app
no, I don't want to talk to anyone
don't transfer me, we're nearly there
nah not an agent
never mind the call, I found it
thanks, the lady on the phone sorted it
thanks for connecting me earlier
how many people work for you
who is the boss of fjordlys
where do your staff sit
do you have Norwegian speaking staff in the shop
has a person looked at my case yet
has anyone answered my complaint
what did your colleague write in my case
I've talked to four people and it's still broken
I was passed from agent to agent and nothing happened
can a person stand on this stool
is one person enough to put the bed together
can the driver call me before coming
can my neighbour take the parcel
I need someone to install the lamp
can a colleague of mine use my account
send the invoice to my manager please
I am an operator at a power plant and need a bright lamp
a desk for a human resources office
the personal assistant lamp please
do I get to talk to a person if I become premium
how long is the wait for an agent usually
what is your phone number
the operator in the video mounts it upside down
your delivery people left the gate open
it was a real pleasure talking to your agent
tell your manager she has a great team
can I give feedback about an agent
where do I nominate your employee for an award
speaking to your team was a pleasure
what a nice person I had on the phone
Your manager called me and sorted it all out, brilliant
give Maria a raise, she's the best agent
the person in the shop was unfriendly
your operators never pick up
they kept transferring me from one person to another
the supervisor refused to talk to me
you put me on hold and then nobody spoke to me
he said he would transfer me to a manager and then the line went dead
is there a human behind this
am I speaking with staff or a computer
was that written by a person
are you an operator or software
a button for calling a person would be a nice addition
please hire more operators
your bot should hand over to people faster
no I don't want a human
not a person, you'll do
I don't want to be connected
rather not speak to somebody
forget it, I'll ask the manager in the shop
leave it, I'll speak to someone tomorrow
thank you, I spoke to a person already
cheers to the agent who fixed it
who's the manager of the Oslo shop
how many agents do you have
are your support people based in Norway
what hours can I reach a person
do you have any humans in Bergen or is it online only
has my complaint reached a manager
when will the agent write to me again
is the person who has my case on holiday
I've spoken with your team five times and still no refund
still waiting for the agent to ring
is it a one person job
my wife talked to a person in your shop about the table
can the carpenter call me before
will the driver speak to my neighbour
I need a desk for two employees
can employees of my company get a rebate
could I get a human sized mirror
get me a new one
give me a free one then
I enjoyed speaking with a real person for once
it was great to talk to a person and not a bot
I'm happy I could talk to a real person yesterday
you have great people
the people in your shop are great
great team
is a person writing this
a real person?
you should let us talk to a person more easily
I didn't want to talk to a person
I don't need somebody
I'd rather you did it than a person
does it cost extra to talk to a person
can two people use one account
how old must a person be to buy
can you give the parcel to a person at reception
let the driver talk to my concierge
I need a lamp for staff rooms
I want to give a gift to a colleague
my boss wants to speak about the discount
your support told me to reset it
I've been in touch with your team
someone at your company opened my parcel
nobody helps me
they never put me through
I was supposed to get a call from a manager
has the supervisor called
do you know when the manager replies
where is your customer service
thanks to the team
I want to thank the person who packed it
do you need a sales representative
do I get to talk to a person as a premium member
until when can I talk to an agent
can I speak to a person on Sundays
which hours can I talk to your support
can the delivery team call me half an hour before
can a human see this chat
do you have real people there or is it all AI
who do I talk to about a job
what do i turn to when something went wrong
every time must I call new person and tell all from start
I managed to connect the lamp
I'd like to complain about a member of staff
put me on the waiting list for the blue one
let me talk it over with my husband first
can you put me through to the tax office
a chair for a heavy person please
I need to speak to my wife before I decide
"""

TALKED_OF = """
I had a chat with an agent who said I'd get 20 percent off
your representative promised me a discount
your supervisor is a liar
I'd like to thank a member of staff
I want to complain about one of your agents
can we sort it out without a person
I no longer need a person
support told me to ask here
I spoke to your manager. She was very friendly.
"""

STILL_WANTED = """
I spoke to an agent yesterday, can I have him back
your colleague told me to wait. Give me somebody else.
I don't need a bot, a person would do
let me talk to a person
"""


@pytest.fixture(scope="module")
def rules() -> IntentRules:
    return read_rules(RULES)


@pytest.mark.parametrize("text", DEMANDS.strip().splitlines())
def test_a_clear_demand_for_a_person_is_found(rules: IntentRules, text: str) -> None:
    """Short, odd, loud or polite, alone or in a clause of its own."""
    assert rules.find(text) == "ask_person"


@pytest.mark.parametrize("text", OTHERS.strip().splitlines())
def test_people_who_are_only_mentioned_are_no_demand(rules: IntentRules, text: str) -> None:
    """Questions about people, wishes for none, and who did what are left to be weighed."""
    assert rules.find(text) is None


@pytest.mark.parametrize("text", TALKED_OF.strip().splitlines())
def test_people_who_are_talked_of_are_not_asked_for_whatever_the_models_say(rules: IntentRules, text: str) -> None:
    """Who did what, thanks, complaints and wishes for none refute a demand."""
    assert rules.find(text) is None
    assert rules.refuted(text) == {"ask_person"}


@pytest.mark.parametrize("text", STILL_WANTED.strip().splitlines())
def test_a_request_beside_it_leaves_the_question_open(rules: IntentRules, text: str) -> None:
    """A story about people may go before the demand for one."""
    assert not rules.refuted(text)


def test_somebody_who_may_harm_themselves_gets_a_person(rules: IntentRules) -> None:
    """Such a message is not treated as a threat, and is not left to chance."""
    assert rules.find("honestly I don't want to live any more") == "ask_person"
    assert rules.find("I don't want to live with a broken lamp") is None


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("get me your manager or I'll break his nose", "threat_physical"),
        ("Put me through to a person. I know where you live.", "threat_physical"),
        ("let me speak to a human or I will sue you", "threat_legal"),
        ("get me a human or I'll kill myself", "ask_person"),
        ("get me a human, you idiot", "ask_person"),
    ],
)
def test_a_threat_beside_a_demand_is_the_threat(rules: IntentRules, text: str, intent: str) -> None:
    """What a lead must see at once is not taken for a mere wish; an insult and distress leave it one."""
    assert rules.find(text) == intent


def test_a_file_of_rules_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """A missing file, a broken pattern and a missing part are told apart before any message comes."""
    for content in (None, "filler: a\nparts: {}\nmarks: {}\nrules: {x: {whole: ['(']}}", "parts: {}", "rules: ["):
        file = tmp_path / "rules.yml"
        if content is not None:
            file.write_text(content)
        with pytest.raises(RulesError, match=r"(?s)rules\.yml.*Fix: "):
            read_rules(file)


@pytest.mark.parametrize("word", ["human ", "please ", "support ", "speak to ", "real ", "next available "])
def test_no_row_of_words_takes_long(rules: IntentRules, word: str) -> None:
    """Patterns do not try every grouping of repeated words; a message of them comes back at all."""
    assert rules.find("xyz " + word * (900 // len(word)) + "xyz") is None
