-- list: conversations in one state, the most urgent and longest waiting first; the limit comes before all that
-- is looked up for each. An alarm: a lead is asked for, and somebody who is none has it (P13)
with listed as (
    select c.*, h.id as handoff_id, h.reason, h.rule, h.numbers, h.routed_to, h.urgency, h.at as handoff_at,
           a.name as owner_name, x.alarm,
           row_number() over (
               order by x.alarm desc, case when c.state in ('waiting', 'agent') then h.urgency end desc nulls last,
                        case when c.state = 'waiting' then h.at end nulls last, c.last_at desc) as place
    from conversation c
    left join handoff h on h.conversation_id = c.id and h.ended_at is null
    left join agent a on a.id = c.owner_id
    cross join lateral (select coalesce(h.routed_to = 'lead' and a.role = 'agent', false) as alarm) x
    where (%(id)s::uuid is null or c.id = %(id)s) and (%(state)s::text is null or c.state = %(state)s)
      and (%(id)s::uuid is not null or c.last_seq > 0) and (x.alarm or not %(alarms)s)
    order by place
    limit %(limit)s
)
select l.*, u.name as customer_name, m.mood, p.text as preview, w.account, w.gone, w.address
from listed l
join customer u on u.id = l.customer_id
left join lateral (
    select mood from message where conversation_id = l.id and author = 'customer' and mood is not null and payload is null
    order by seq desc limit 1) m on true
left join lateral (
    select left(coalesce(nullif(c.text, ''), (
        select string_agg(f.name, ', ' order by f.ordinal) from attachment f
        where f.conversation_id = c.conversation_id and f.seq = c.seq)), 160) as text
    from message c where c.conversation_id = l.id and c.author = 'customer' and c.payload is null and c.deleted_at is null
    order by c.seq desc limit 1) p on true
left join lateral (
    select account, gone, details ->> 'address' as address from place
    where conversation_id = l.id and audience = 'customer'
    order by id desc limit 1) w on true
order by l.place;

-- messages: everything, notes included, with its files unless it was deleted, and how far it has come where the
-- customer is elsewhere
select m.seq, m.author, m.agent_id, a.name as agent_name, m.text, m.buttons, m.at, m.mood, m.intent, m.article,
       m.edits, m.deleted_at is not null as deleted, d.status as delivery, d.problem, d.tries,
       (select coalesce(jsonb_agg(jsonb_build_object(
                   'id', f.id, 'name', f.name, 'media_type', f.media_type, 'size', f.size, 'status', f.status,
                   'problem', f.problem) order by f.ordinal), '[]')
        from attachment f
        where f.conversation_id = m.conversation_id and f.seq = m.seq and m.deleted_at is null) as files
from message m
left join agent a on a.id = m.agent_id
left join lateral (
    select d.status, d.problem, d.tries from delivery d join place p on p.id = d.place_id
    where d.conversation_id = m.conversation_id and d.seq = m.seq and p.audience = 'customer'
    order by p.id desc limit 1) d on true
where m.conversation_id = %(id)s and m.seq > %(after)s
order by m.seq;

-- customer: whom the agent talks with
select id, name, email, phone, language, flags, created_at from customer where id = %(customer_id)s;

-- history: earlier conversations and episodes of this customer
select e.conversation_id, (e.data ->> 'episode')::int as episode, e.at, e.data ->> 'outcome' as outcome,
       (select h.reason from handoff h where h.conversation_id = e.conversation_id and h.episode = (e.data ->> 'episode')::int
        order by h.id desc limit 1) as reason,
       (select k.case_number from complaint k where k.conversation_id = e.conversation_id and k.episode = (e.data ->> 'episode')::int
        order by k.at desc limit 1) as case_number
from event e
join conversation c on c.id = e.conversation_id
where c.customer_id = %(customer_id)s and e.kind = 'closed'
order by e.at desc
limit 20;

-- complaints: of this customer
select case_number, cause, product, order_number, wanted_remedy, chosen_remedy, status, at
from complaint where customer_id = %(customer_id)s order by at desc limit 20;

-- promises: made in this conversation, and by whom
select p.id, p.text, p.case_number, p.due_at, p.kept_at, coalesce(a.name, p.owner) as by, a.id as agent_id
from promise p left join agent a on p.owner = 'agent:' || a.id
where p.conversation_id = %(id)s order by p.due_at;

-- open_promises: not kept yet, the one due first on top: everybody's, or those that are up to this agent, which are
-- the bot's, their own, and those made in conversations that they have
select p.id, p.conversation_id, p.text, p.case_number, p.due_at, coalesce(a.name, p.owner) as by, a.id as agent_id,
       k.order_number, u.id as customer_id, u.name as customer_name
from promise p
join conversation c on c.id = p.conversation_id
join customer u on u.id = c.customer_id
left join complaint k on k.case_number = p.case_number
left join agent a on p.owner = 'agent:' || a.id
where p.kept_at is null
  and (%(all)s or p.owner in ('bot', 'agent:' || %(agent_id)s::bigint) or c.owner_id = %(agent_id)s)
order by p.due_at, p.id
limit %(limit)s;

-- summary: the lines and the agents' edits
select episode, lines, edits, updated_at from summary where conversation_id = %(id)s;

-- edit_customer: corrections by an agent; an empty text clears
update customer
set name = case when %(name)s::text is null then name else nullif(%(name)s, '') end,
    email = case when %(email)s::text is null then email else nullif(%(email)s, '') end,
    phone = case when %(phone)s::text is null then phone else nullif(%(phone)s, '') end
where id = %(id)s
returning id;

-- conversations_of: of one customer
select id from conversation where customer_id = %(id)s;

-- cursor: where the stream of events stands now
select pg_snapshot_xmin(pg_current_snapshot())::text as txid;

-- events: what happened since a cursor, in an order that never changes afterwards: a transaction that is
-- still running when we read gets a higher place than all we return, because we stop before the oldest one
select e.txid::text as txid, e.id, e.conversation_id, e.kind, e.data, e.at
from event e
where (e.txid, e.id) > (%(txid)s::xid8, %(id)s)
  and e.txid < pg_snapshot_xmin(pg_current_snapshot())
  and e.kind = any(%(kinds)s)
order by e.txid, e.id
limit %(limit)s;

-- early: whether there are events that a transaction which is still running keeps from being read
select exists (select from event where txid >= pg_snapshot_xmin(pg_current_snapshot())) as found;
