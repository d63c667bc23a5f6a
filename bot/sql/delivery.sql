-- open: where something of an account waits, and from when on the first of it may go
select distinct on (d.place_id) d.place_id, d.not_before <= clock_timestamp() and not (
           p.audience = 'agents' and exists (
               select from attachment f where f.conversation_id = d.conversation_id and f.seq = d.seq
                 and f.status = 'waiting' and f.at > clock_timestamp() - interval '30 seconds')) as due
from delivery d join place p on p.id = d.place_id
where p.channel = %(channel)s and p.account = %(account)s and d.status in ('queued', 'sending')
order by d.place_id, d.seq;

-- take: the first message that waits in a place, if its time has come; "again" says that an earlier try left open
-- whether it arrived. Agents get a customer's message with its files, unless these take long to fetch
with first as (
    select place_id, seq, status from delivery
    where place_id = %(place)s and status in ('queued', 'sending')
    order by seq limit 1
    for update
), taken as (
    update delivery d
    set status = 'sending', tries = d.tries + 1, at = clock_timestamp()
    from first
    where d.place_id = first.place_id and d.seq = first.seq and d.not_before <= clock_timestamp()
      and not exists (
          select from attachment f join place p on p.id = d.place_id
          where p.audience = 'agents' and f.conversation_id = d.conversation_id and f.seq = d.seq
            and f.status = 'waiting' and f.at > clock_timestamp() - interval '30 seconds')
    returning d.*, first.status = 'sending' as again
)
select t.place_id, t.seq, t.tries, t.sent, t.again, m.at < now() - interval '1 day' as overdue,
       p.channel, p.account, p.key, p.conversation_id, p.audience, p.details,
       m.author, m.text, m.buttons, a.name as agent, c.language
from taken t
join place p on p.id = t.place_id
join message m on m.conversation_id = t.conversation_id and m.seq = t.seq
join conversation c on c.id = t.conversation_id
left join agent a on a.id = m.agent_id;

-- files: what goes out with a message
select name, media_type, data from attachment
where conversation_id = %(id)s and seq = %(seq)s and status = 'stored'
order by ordinal;

-- part_sent: one more part of it has arrived
update delivery set sent = sent || %(part)s::text where place_id = %(place)s and seq = %(seq)s;

-- sent: all of it has arrived
update delivery set status = 'sent', problem = null, at = clock_timestamp() where place_id = %(place)s and seq = %(seq)s;

-- put_off: to be tried again; "queued" when it certainly did not arrive
update delivery
set status = %(status)s, problem = %(problem)s, at = clock_timestamp(),
    not_before = clock_timestamp() + make_interval(secs => %(seconds)s)
where place_id = %(place)s and seq = %(seq)s;

-- failed: it will never arrive
update delivery set status = 'failed', problem = %(problem)s, at = clock_timestamp()
where place_id = %(place)s and seq = %(seq)s;

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
