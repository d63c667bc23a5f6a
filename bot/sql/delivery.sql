-- open: where something of an account waits, and from when on the first of it may go. What another courier is sending,
-- it may still be sending until we have led for some time
select distinct on (d.place_id) d.place_id, d.not_before <= clock_timestamp()
       and (d.status = 'queued' or d.term = %(term)s or %(settled)s) and not exists (
           select from attachment f
           where f.conversation_id = d.conversation_id and f.seq = d.seq and f.status = 'waiting'
             and (m.author = 'agent' or p.audience = 'agents' and f.at > clock_timestamp() - interval '30 seconds')) as due
from delivery d
join place p on p.id = d.place_id
join message m on m.conversation_id = d.conversation_id and m.seq = d.seq
where p.channel = %(channel)s and p.account = %(account)s and d.status in ('queued', 'sending')
order by d.place_id, d.seq;

-- take: the first message that waits in a place, if its time has come, and if wanted what may join it: all that waits
-- behind it from the same author. "again" says that an earlier try left open whether it arrived; then it is the same
-- ones as at that try. An agent's message goes when its files are here; so does a customer's to agents, unless these
-- take long to fetch
with awaited as (
    select f.seq from place p
    join attachment f on f.conversation_id = p.conversation_id and f.status = 'waiting'
    join message m on m.conversation_id = f.conversation_id and m.seq = f.seq
    where p.id = %(place)s
      and (m.author = 'agent' or p.audience = 'agents' and f.at > clock_timestamp() - interval '30 seconds')
), first as (
    select d.place_id, d.seq, d.status, m.author = 'agent' as agents, m.agent_id,
           d.not_before <= clock_timestamp() and (d.status = 'queued' or d.term = %(term)s or %(settled)s)
           and d.seq not in (select seq from awaited) as due
    from delivery d join message m on m.conversation_id = d.conversation_id and m.seq = d.seq
    where d.place_id = %(place)s and d.status in ('queued', 'sending')
    order by d.seq limit 1
    for update of d
), others as (
    select d.seq, bool_and(
        d.status = first.status and (m.author = 'agent') = first.agents
        and m.agent_id is not distinct from first.agent_id and d.seq not in (select seq from awaited)
    ) over (order by d.seq) as joins
    from delivery d join message m on m.conversation_id = d.conversation_id and m.seq = d.seq, first
    where d.place_id = first.place_id and d.status in ('queued', 'sending') and d.seq > first.seq
), taken as (
    update delivery d
    set status = 'sending', tries = d.tries + 1, term = %(term)s, at = clock_timestamp()
    from first
    where d.place_id = first.place_id and first.due and d.status in ('queued', 'sending')
      and (d.seq = first.seq or %(joined)s and d.seq in (select seq from others where joins))
    returning d.*, first.status = 'sending' as again
)
select t.place_id, t.seq, t.tries, t.sent, t.again, m.at < now() - interval '1 day' as overdue,
       p.channel, p.account, p.key, p.conversation_id, p.audience, p.details,
       m.author, m.text, m.buttons, a.name as agent, c.language
from taken t
join place p on p.id = t.place_id
join message m on m.conversation_id = t.conversation_id and m.seq = t.seq
join conversation c on c.id = t.conversation_id
left join agent a on a.id = m.agent_id
order by t.seq;

-- files: what goes out with a message, without the bytes
select f.id, f.name, f.media_type, octet_length(f.data) as size
from attachment f join message m on m.conversation_id = f.conversation_id and m.seq = f.seq
where f.conversation_id = %(id)s and f.seq = any(%(seqs)s) and f.status = 'stored' and m.deleted_at is null
order by f.seq, f.ordinal;

-- file: the bytes of one
select data from attachment where id = %(id)s;

-- part_sent: one more part of it has arrived
update delivery set sent = sent || %(part)s::text where place_id = %(place)s and seq = any(%(seqs)s);

-- sent: all of it has arrived
update delivery set status = 'sent', problem = null, at = clock_timestamp() where place_id = %(place)s and seq = any(%(seqs)s);

-- put_off: to be tried again; "queued" when it certainly did not arrive
update delivery
set status = %(status)s, problem = %(problem)s, at = clock_timestamp(),
    not_before = clock_timestamp() + make_interval(secs => %(seconds)s)
where place_id = %(place)s and seq = any(%(seqs)s);

-- taken_over: the bot's words wait no longer where a person has the conversation by now and none of them has arrived
update delivery d
set status = 'dropped', problem = 'A person took over first.', at = clock_timestamp()
from place p, message m, conversation c
where d.place_id = %(place)s and d.seq = any(%(seqs)s) and d.status = %(status)s and d.sent = '{}'
  and p.id = d.place_id and p.audience = 'customer'
  and m.conversation_id = d.conversation_id and m.seq = d.seq and m.author = 'bot'
  and c.id = d.conversation_id and c.state = 'agent';

-- failed: it will never arrive
update delivery set status = 'failed', problem = %(problem)s, at = clock_timestamp()
where place_id = %(place)s and seq = any(%(seqs)s);

-- came_back: what the platform had taken, by its id of it, was not delivered after all
update delivery set status = 'failed', problem = %(problem)s, at = clock_timestamp()
where place_id = %(place)s and %(part)s = any(sent) and status = 'sent'
returning seq;

-- gone: nothing will ever arrive in this place, nor what else waits for it
with place as (
    update place set gone = %(problem)s where id = %(place)s
)
update delivery set status = 'failed', problem = %(problem)s, at = clock_timestamp()
where place_id = %(place)s and status in ('queued', 'sending');

-- retry: an agent wants it tried once more
with back as (
    update delivery d
    set status = 'queued', tries = 0, not_before = now(), problem = null, at = clock_timestamp()
    from place p
    where d.conversation_id = %(id)s and d.seq = %(seq)s and d.status = 'failed'
      and p.id = d.place_id and p.audience = 'customer'
    returning d.place_id
)
update place set gone = null from back where id = back.place_id
returning id;
