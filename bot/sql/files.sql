-- waiting: files of an account that are to be fetched now
select f.id, f.conversation_id, f.seq, f.name, f.media_type, f.size, f.source, f.tries,
       m.deleted_at is not null as withdrawn, m.at < now() - interval '1 day' as overdue
from attachment f
join place p on p.id = f.place_id
join message m on m.conversation_id = f.conversation_id and m.seq = f.seq
where p.channel = %(channel)s and p.account = %(account)s
  and f.status = 'waiting' and f.not_before <= clock_timestamp()
order by f.not_before
limit %(limit)s;

-- expect: a file that came with a message at a place, to be fetched
insert into attachment (conversation_id, place_id, seq, ordinal, name, media_type, size, source)
values (%(id)s, %(place)s, %(seq)s, %(ordinal)s, %(name)s, %(media_type)s, %(size)s, %(source)s::jsonb)
on conflict do nothing;

-- put_off: to be fetched later
update attachment
set tries = tries + 1, problem = %(problem)s, not_before = clock_timestamp() + make_interval(secs => %(seconds)s)
where id = %(id)s and status = 'waiting';

-- store: here it is; where it came from is of no use any more. One that was given up stays away: its message has gone
update attachment
set status = 'stored', name = %(name)s, media_type = %(media_type)s, size = length(%(data)s::bytea),
    data = %(data)s, problem = null, source = null
where id = %(id)s and status = 'waiting'
returning id;

-- refuse: it will never be here
update attachment set status = 'refused', problem = %(problem)s, source = null
where id = %(id)s and status = 'waiting'
returning id;

-- give_up: files of agents' messages, for which customers have waited long enough
update attachment f set status = 'refused', problem = %(problem)s, source = null
from message m
where m.conversation_id = f.conversation_id and m.seq = f.seq and m.author = 'agent'
  and f.status = 'waiting' and f.at < now() - interval '2 minutes'
returning f.id, f.conversation_id, f.seq;

-- upload: by an agent, to go out with what they write next
insert into attachment (conversation_id, agent_id, name, media_type, size, status, data)
values (%(conversation)s, %(agent)s, %(name)s, %(media_type)s, length(%(data)s::bytea), 'stored', %(data)s)
returning id, name, media_type, size;

-- attach: files that an agent uploaded, with their message
update attachment f
set seq = %(seq)s, ordinal = named.ordinal
from unnest(%(files)s::uuid[]) with ordinality as named (id, ordinal)
where f.id = named.id and f.conversation_id = %(conversation)s and f.agent_id = %(agent)s and f.seq is null
returning f.id;

-- read: one file of a conversation, unless its message was deleted; a visitor sees what a customer may see
select f.name, f.media_type, f.data from attachment f
left join message m on m.conversation_id = f.conversation_id and m.seq = f.seq
where f.id = %(id)s and f.conversation_id = %(conversation)s and f.status = 'stored' and m.deleted_at is null
  and (not %(sent)s or m.author in ('customer', 'agent'));

-- sweep: uploads that were never sent
delete from attachment where seq is null and at < now() - interval '1 day';
