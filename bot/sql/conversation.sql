-- lock: the conversation's row, held until the end of the transaction; names are looked up after a wait for the
-- lock, which a join would do before it; foreign keys of others may refer to the row meanwhile
select c.*,
       (select u.name from customer u where u.id = c.customer_id) as customer_name,
       (select a.name from agent a where a.id = c.owner_id) as owner_name
from conversation c
where c.id = %(id)s
for no key update;

-- create: a new conversation, of a new customer unless it is one we know
with u as (
    insert into customer (language) select %(language)s where %(customer)s::uuid is null returning id
)
insert into conversation (customer_id, channel, language, time_zone, unverified)
select coalesce(%(customer)s::uuid, (select id from u)), %(channel)s, %(language)s, %(time_zone)s, %(unverified)s
returning id;

-- speak: the language that the customer is answered in
with c as (
    update conversation set language = %(language)s, language_chosen = %(chosen)s
    where id = %(id)s
    returning customer_id
)
update customer set language = %(language)s where id = (select customer_id from c);

-- seen: a message that came in before under the same external id
select seq from message
where conversation_id = %(id)s and channel = %(channel)s and external_id = %(external_id)s;

-- offered: the title of a button that is on offer: one of the newest, or an older one that says by itself what
-- it is about; an old "yes" must not answer a new question
select b.title
from message m, jsonb_to_recordset(m.buttons) as b (title text, payload text)
where m.conversation_id = %(id)s and b.payload = %(payload)s
  and (b.payload like '%%{%%' or m.seq = (
      select max(seq) from message where conversation_id = %(id)s and buttons <> '[]' and author = m.author))
order by m.seq desc
limit 1;

-- add_message: the next message of a locked conversation, and its way to every place that is to see it
with next as (
    update conversation
    set last_seq = last_seq + 1,
        inbound_seq = case when %(author)s = 'customer' then last_seq + 1 else inbound_seq end,
        last_at = now()
    where id = %(id)s
    returning last_seq, episode
), added as (
    insert into message
        (conversation_id, seq, episode, author, agent_id, channel, external_id, text, payload, buttons,
         wording, article, edits)
    select %(id)s, next.last_seq, next.episode, %(author)s, %(agent_id)s, %(channel)s, %(external_id)s,
           %(text)s, %(payload)s, %(buttons)s::jsonb, %(wording)s, %(article)s, %(edits)s::bigint
    from next
    returning seq, episode
), sent as (
    insert into delivery (place_id, conversation_id, seq, status, problem)
    select p.id, p.conversation_id, added.seq, case when p.gone is null then 'queued' else 'failed' end, p.gone
    from place p, added
    where p.conversation_id = %(id)s and p.id is distinct from %(written_at)s::bigint
      and case p.audience when 'agents' then p.gone is null and p.episode = added.episode
          else %(author)s in ('bot', 'agent', 'system') end
)
select seq from added;

-- drop_unsent: what the bot was about to say when a person took over
update delivery d
set status = 'dropped', problem = 'A person took over first.', at = clock_timestamp()
from place p, message m
where d.conversation_id = %(id)s and d.status = 'queued'
  and p.id = d.place_id and p.audience = 'customer'
  and m.conversation_id = d.conversation_id and m.seq = d.seq and m.author = 'bot';

-- move: to another state or owner; every such change raises the epoch
update conversation
set state = %(state)s, owner_id = %(owner_id)s, epoch = epoch + 1, state_at = now()
where id = %(id)s;

-- move_on: what no turn has taken belongs to the new episode
update message set episode = %(episode)s where conversation_id = %(id)s and seq > %(handled_seq)s;

-- owner_is_here: whether the owner took it, or was seen, within the last ten minutes
select state_at > now() - interval '10 minutes' or exists (
    select from agent_session
    where agent_id = owner_id and expires_at > now() and seen_at > now() - interval '10 minutes') or exists (
    select from agent_link where agent_id = owner_id and seen_at > now() - interval '10 minutes') as here
from conversation where id = %(id)s;

-- fresh_start: counters and dialogue begin anew, facts of the customer stay
update conversation
set memory = '{}', tracker_from = turn, slots = %(slots)s::jsonb, heat = 0,
    episode = episode + %(episodes)s
where id = %(id)s;

-- open_handoff: somebody is asked to take over
insert into handoff (conversation_id, episode, reason, rule, numbers, routed_to, urgency)
values (%(id)s, %(episode)s, %(reason)s, %(rule)s, %(numbers)s::jsonb, %(routed_to)s, %(urgency)s)
returning id;

-- raise_handoff: the open hand-over became more urgent
update handoff
set reason = %(reason)s, rule = %(rule)s, numbers = %(numbers)s::jsonb, routed_to = %(routed_to)s,
    urgency = %(urgency)s
where conversation_id = %(id)s and ended_at is null
  and (urgency, routed_to = 'lead') < (%(urgency)s, %(routed_to)s = 'lead')
returning id;

-- open_alarm: a lead is to know of a conversation that somebody has without a hand-over
insert into handoff
    (conversation_id, episode, reason, rule, numbers, routed_to, urgency, claimed_at, claimed_by)
select id, episode, %(reason)s, %(rule)s, %(numbers)s::jsonb, %(routed_to)s, %(urgency)s, now(), owner_id
from conversation where id = %(id)s and owner_id is not null
on conflict (conversation_id) where ended_at is null do nothing
returning id;

-- current_handoff: the open hand-over of a conversation
select * from handoff where conversation_id = %(id)s and ended_at is null;

-- claim_handoff: somebody took over
update handoff set claimed_at = now(), claimed_by = %(agent_id)s
where conversation_id = %(id)s and ended_at is null and claimed_at is null;

-- pass_handoff: a colleague has it now
update handoff set claimed_at = coalesce(claimed_at, now()), claimed_by = %(agent_id)s
where conversation_id = %(id)s and ended_at is null;

-- end_handoff: handed back or closed
update handoff set ended_at = now() where conversation_id = %(id)s and ended_at is null;

-- settle_complaints: the outcome of this episode's complaints
update complaint set status = %(status)s
where conversation_id = %(id)s and episode = %(episode)s and status in ('open', 'promised');

-- keep_promises: a solved matter leaves none open
update promise set kept_at = now()
where kept_at is null and (case_number in (
    select case_number from complaint where conversation_id = %(id)s and episode = %(episode)s)
    or case_number is null and conversation_id = %(id)s);

-- promise: what an agent will have done by a stated time (P18), with the case it belongs to, if there is one
insert into promise (conversation_id, case_number, text, owner, due_at)
select c.id, (select k.case_number from complaint k
              where k.conversation_id = c.id and k.episode = c.episode and k.status in ('open', 'promised')
              order by k.at desc limit 1), %(text)s, %(owner)s, %(due_at)s
from conversation c where c.id = %(id)s
returning id, case_number;

-- find_promise: whose it is, and whether it is kept
select owner, kept_at from promise where id = %(promise)s and conversation_id = %(id)s;

-- keep_promise: it is done
update promise set kept_at = now() where id = %(promise)s;

-- record: one line of the ledger
insert into event (conversation_id, kind, actor, data)
values (%(id)s, %(kind)s, %(actor)s, %(data)s::jsonb);
