-- cards: hand-overs that have a card in Slack or are to get one, with all that it shows; one of them, or all that
-- changed within a day
with wanted as (
    select h.conversation_id, h.episode from handoff h where h.ended_at is null
    union
    select p.conversation_id, p.episode from place p join conversation c on c.id = p.conversation_id
    where p.channel = 'slack' and p.account = %(account)s and p.audience = 'agents' and not p.details ? 'over'
      and c.last_at > now() - interval '1 day'
)
select c.id as conversation, w.episode, c.channel, c.language, u.name as customer,
       case when c.episode = w.episode then c.state else 'closed' end as state, c.state_at as since,
       h.id as handoff, h.reason, h.rule, coalesce(h.urgency, 0) as urgency, coalesce(h.routed_to, 'agent') as routed_to,
       h.at as waiting_since, extract(epoch from now() - h.at)::float as waited, h.ended_at is null as open,
       a.name as owner, m.mood, case when c.episode = w.episode then c.heat else 0 end as heat,
       s.lines, s.edits, e.outcome, coalesce(k.promises, '[]') as promises,
       p.id as place, p.key, p.gone, p.details, p.at as reserved_at,
       coalesce(r.written, '[]') as written, coalesce(f.felt, '[]') as felt,
       exists (
           select from message x
           join delivery d on d.conversation_id = x.conversation_id and d.seq = x.seq
           join place q on q.id = d.place_id
           where x.conversation_id = c.id and x.episode = w.episode and x.external_id like 'agent:%%/slack:%%'
             and q.audience = 'customer' and d.status in ('queued', 'sending'))
       or exists (
           select from message x join attachment b on b.conversation_id = x.conversation_id and b.seq = x.seq
           where x.conversation_id = c.id and x.episode = w.episode and x.author = 'agent' and b.status = 'waiting')
       as unsettled
from wanted w
join conversation c on c.id = w.conversation_id
join customer u on u.id = c.customer_id
left join agent a on a.id = c.owner_id and c.episode = w.episode
left join place p on p.conversation_id = c.id and p.episode = w.episode and p.audience = 'agents'
    and p.channel = 'slack' and p.account = %(account)s
left join lateral (
    select * from handoff where conversation_id = c.id and episode = w.episode order by id desc limit 1) h on true
left join lateral (
    select mood from message
    where conversation_id = c.id and episode = w.episode and author = 'customer' and mood is not null and payload is null
    order by seq desc limit 1) m on true
left join summary s on s.conversation_id = c.id and s.episode = w.episode
left join lateral (
    select data ->> 'outcome' as outcome from event
    where conversation_id = c.id and kind = 'closed' and (data ->> 'episode')::int = w.episode
    order by at desc limit 1) e on true
left join lateral (
    select jsonb_agg(jsonb_build_object('text', p.text, 'due_at', p.due_at, 'kept', p.kept_at is not null,
                                        'by', coalesce(b.name, p.owner)) order by p.due_at) as promises
    from (select * from promise where conversation_id = c.id order by due_at desc limit 5) p
    left join agent b on p.owner = 'agent:' || b.id) k on true
left join lateral (
    -- what was written in the thread for the customer and came to an end that is not shown there yet, with the files that
    -- could not be sent; "nothing" says that it had nothing else
    select jsonb_agg(jsonb_build_object('seq', x.seq, 'ts', split_part(x.external_id, '/slack:', 2),
                                        'status', y.status, 'problem', d.problem, 'refused', b.refused) order by x.seq) as written
    from message x
    left join lateral (
        select d.status, d.problem from delivery d join place q on q.id = d.place_id
        where d.conversation_id = x.conversation_id and d.seq = x.seq and q.audience = 'customer'
        order by d.status = 'sent' desc, d.at desc limit 1) d on true
    cross join lateral (
        select count(*) filter (where f.status = 'waiting') as waiting, count(*) filter (where f.status = 'stored') as stored,
               coalesce(jsonb_agg(jsonb_build_object('name', f.name, 'problem', f.problem) order by f.ordinal)
                        filter (where f.status = 'refused'), '[]') as refused
        from attachment f where f.conversation_id = x.conversation_id and f.seq = x.seq) b
    cross join lateral (
        select case when x.text = '' and b.stored = 0 then 'nothing' else coalesce(d.status, 'sent') end as status) y
    where x.conversation_id = c.id and x.episode = w.episode and x.author = 'agent'
      and x.external_id like 'agent:%%/slack:%%' and b.waiting = 0 and y.status in ('sent', 'failed', 'nothing')
      and p.details -> 'ticks' -> x.seq::text ->> 'status' is distinct from y.status) r on true
left join lateral (
    -- what the customer wrote in heat, and where the thread shows it
    select jsonb_agg(jsonb_build_object('seq', x.seq, 'kind', x.mood ->> 'kind', 'id', d.sent[1]) order by x.seq) as felt
    from message x join delivery d on d.conversation_id = x.conversation_id and d.seq = x.seq and d.place_id = p.id
    where x.conversation_id = c.id and x.episode = w.episode and x.author = 'customer' and d.status = 'sent'
      and x.mood ->> 'kind' = any(%(moods)s) and x.seq > coalesce((p.details ->> 'felt')::bigint, 0)) f on true
where %(id)s::uuid is null or (c.id = %(id)s and w.episode = %(episode)s)
order by (h.ended_at is null) desc, c.last_at desc
limit 500;

-- reserve: a card is about to be posted; nothing when somebody was first
insert into place (channel, account, key, conversation_id, audience, episode, gone, details)
values ('slack', %(account)s, %(key)s, %(id)s, 'agents', %(episode)s, 'It is being posted.', %(details)s::jsonb)
on conflict do nothing
returning id;

-- give_up: a card is not to be posted any more
delete from place where id = %(place)s;

-- posted: the thread is there from now on
update place set key = %(key)s, gone = null, details = details || %(details)s::jsonb where id = %(place)s;

-- story: what was said before the thread was there is to be seen in it
insert into delivery (place_id, conversation_id, seq)
select %(place)s, m.conversation_id, m.seq from message m
where m.conversation_id = %(id)s and m.episode = %(episode)s and m.deleted_at is null
  and not coalesce(m.external_id, '') like 'agent:%%/slack:%%'
order by m.seq desc limit %(most)s
on conflict (place_id, seq) do update
set status = 'queued', tries = 0, not_before = now(), problem = null, at = clock_timestamp()
where delivery.status = 'failed';

-- remember: what the card has to know
update place set details = details || %(details)s::jsonb where id = %(place)s;

-- back: the thread can be reached again
update place set gone = null where id = %(place)s and gone is not null;

-- thread: the conversation that a thread shows
select id, channel, account, key, conversation_id as conversation, audience, details, episode
from place where channel = 'slack' and account = %(account)s and key = %(key)s and audience = 'agents';

-- pending: whether a thread may be that of a card which is being posted: it began after that, by Slack's clock, and in
-- the last two minutes
select exists (
    select from place where channel = 'slack' and account = %(account)s and audience = 'agents' and key like 'new:%%'
      and details ->> 'where' = %(where)s
      and to_timestamp(%(began)s) > greatest(at - interval '1 minute', now() - interval '2 minutes')
) as found;

-- shown: up to where the thread shows what was said
select max(d.seq) as seq
from delivery d join place p on p.id = d.place_id
where p.channel = 'slack' and p.account = %(account)s and p.audience = 'agents'
  and p.conversation_id = %(id)s and p.episode = %(episode)s and d.status = 'sent';

-- written: what an agent wrote in a thread, by Slack's name for it
select seq, author from message
where conversation_id = %(id)s and external_id like 'agent:%%/slack:' || %(ts)s;
