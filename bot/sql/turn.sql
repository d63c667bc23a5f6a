-- inbox: customer messages no turn has taken yet, oldest first, as the customer last wanted them
select m.seq, m.text, m.payload, m.at
from message m
where m.conversation_id = %(id)s and m.seq > %(handled_seq)s and m.author = 'customer' and m.deleted_at is null
  and not exists (
      select from message e
      where e.conversation_id = m.conversation_id and e.edits in (m.seq, m.edits) and e.seq > m.seq)
order by m.seq;

-- past: the last turns that Rasa may see, oldest first
select loop_before, events
from tracker_turn
where conversation_id = %(id)s and turn > greatest(%(tracker_from)s, %(turn)s - %(remembered)s)
order by turn;

-- surroundings: what the dialogue is told besides the conversation itself
select
    (select count(*) from agent a where a.password_hash <> '' and (a.status = 'online' and exists (
        select from agent_session s
        where s.agent_id = a.id and s.seen_at > now() - interval '10 minutes' and s.expires_at > now())
        or exists (select from agent_link l where l.agent_id = a.id and l.seen_at > now() - interval '10 minutes'))
    ) as agents_online,
    coalesce((select array_agg(distinct k.cause) from complaint k
        where k.customer_id = %(customer_id)s and k.status <> 'solved'
          and (k.conversation_id, k.episode) <> (%(id)s, %(episode)s)), '{}') as prior_causes,
    p.by as promised_by, p.due_at as promised_until,
    r.case_number as agreed_case, r.chosen_remedy as agreed_remedy, r.due_at as agreed_until,
    (select t.at from typing t where t.conversation_id = %(id)s) as typing_at
from conversation c
-- the first due of what agents of ours promised and have not done yet: since this matter was handed to them, or
-- before it and still to come
left join lateral (
    select a.name as by, p.due_at
    from promise p join agent a on p.owner = 'agent:' || a.id and a.password_hash <> ''
    where p.conversation_id = c.id and p.kept_at is null and (p.due_at > now() or p.at >= (
        select min(h.at) from handoff h where h.conversation_id = c.id and h.episode = c.episode))
    order by p.due_at limit 1) p on true
-- the last remedy that the bot promised, unless it is done or the case is closed
left join lateral (
    select k.case_number, k.chosen_remedy, p.due_at
    from promise p join complaint k using (case_number)
    where p.conversation_id = c.id and p.owner = 'bot' and p.kept_at is null and k.status = 'promised'
    order by p.at desc limit 1) r on true
where c.id = %(id)s;

-- listening: whether more came in or is being written
select c.inbound_seq, (select t.at from typing t where t.conversation_id = c.id) as typing_at
from conversation c where c.id = %(id)s;

-- understood: what a turn made of one message
update message
set mood = %(mood)s::jsonb, intent = %(intent)s, entities = %(entities)s::jsonb
where conversation_id = %(id)s and seq = %(seq)s;

-- handled: the turn is done; the state it leaves
update conversation
set handled_seq = greatest(handled_seq, %(handled_seq)s), turn = %(turn)s, heat = %(heat)s,
    memory = %(memory)s::jsonb, slots = %(slots)s::jsonb
where id = %(id)s;

-- noted: a message that a person will answer was read; the dialogue stays as it is
update conversation
set handled_seq = greatest(handled_seq, %(handled_seq)s), heat = %(heat)s, memory = %(memory)s::jsonb
where id = %(id)s;

-- last_said: the template of what the bot said last, and when
select wording, at from message where conversation_id = %(id)s and author = 'bot' order by seq desc limit 1;

-- passed: messages that say nothing are done with
update conversation set handled_seq = greatest(handled_seq, %(handled_seq)s) where id = %(id)s;

-- skipped: what came in is left to a person
update conversation set handled_seq = inbound_seq where id = %(id)s;

-- save_turn: Rasa's events of one turn; older ones than anybody looks at go
with gone as (
    delete from tracker_turn where conversation_id = %(id)s and turn < %(turn)s - 20
)
insert into tracker_turn (conversation_id, turn, loop_before, events)
values (%(id)s, %(turn)s, %(loop_before)s, %(events)s::jsonb);

-- record_complaint: a complaint, once; repeated with more facts it is filled up
insert into complaint (case_number, conversation_id, customer_id, episode, cause, text, order_number, product,
    wanted_remedy, amount)
values (%(case_number)s, %(id)s, %(customer_id)s, %(episode)s, %(cause)s, %(text)s, %(order_number)s,
    %(product)s, %(wanted_remedy)s, %(amount)s::jsonb)
on conflict (case_number) do update
set order_number = coalesce(excluded.order_number, complaint.order_number),
    product = coalesce(excluded.product, complaint.product),
    wanted_remedy = coalesce(excluded.wanted_remedy, complaint.wanted_remedy),
    amount = coalesce(excluded.amount, complaint.amount);

-- choose_remedy: the way out the customer chose
update complaint set chosen_remedy = %(remedy)s, status = 'promised'
where case_number = %(case_number)s and conversation_id = %(id)s
returning case_number;

-- promise: something somebody will do by a stated time (P18)
insert into promise (conversation_id, case_number, text, owner, due_at)
values (%(id)s, %(case_number)s, %(text)s, %(owner)s, %(due_at)s)
returning id;

-- customer: facts the customer gave about themselves; what is known already stays unless corrected
update customer
set name = coalesce(%(name)s, name), email = coalesce(%(email)s, email), phone = coalesce(%(phone)s, phone)
where id = %(customer_id)s;

-- flag: something the next person should be prepared for (P12)
update customer set flags = array(select distinct unnest(flags || %(flag)s::text)) where id = %(customer_id)s;

-- lost: conversations whose messages wait although no drain is on the queue for them
select c.id from conversation c
where c.handled_seq < c.inbound_seq
  and c.last_at < now() - interval '5 seconds'
  and not exists (
      select from procrastinate_jobs j
      where j.task_name = 'drain' and j.lock = c.id::text and j.status in ('todo', 'doing'))
limit 200
for update of c skip locked;
