-- admit: a visitor's token opens one conversation for some days
insert into visitor (token_hash, conversation_id, expires_at)
values (%(token_hash)s, %(id)s, now() + make_interval(days => %(days)s));

-- recognise: the conversation that a token opens
select conversation_id, expires_at < now() as expired from visitor where token_hash = %(token_hash)s;

-- sweep: forget tokens that are over, and chats that were opened and never written in
with gone as (delete from visitor where expires_at < now() returning conversation_id),
     empty as (
        delete from conversation
        where id in (
            select id from conversation
            where last_seq = 0 and created_at < now() - interval '2 days' limit 500)
        returning customer_id)
delete from customer u using empty where u.id = empty.customer_id;

-- messages: what the visitor may see, from a number on. A message of an agent's whose files are being fetched is held
-- back, and so is all after it but the visitor's own: "after" is where to go on from. One of which no file could be had,
-- and that says nothing else, is left out
with held as (
    select min(g.seq) as seq from attachment g join message n on n.conversation_id = g.conversation_id and n.seq = g.seq
    where g.conversation_id = %(id)s and g.status = 'waiting' and n.author = 'agent'
)
select m.seq, least(m.seq, held.seq - 1) as after, m.author, m.text, m.buttons, m.at, m.external_id, a.name as agent,
       (select jsonb_agg(jsonb_build_object(
            'id', f.id, 'name', f.name, 'media_type', f.media_type, 'size', f.size) order by f.ordinal)
        from attachment f
        where f.conversation_id = m.conversation_id and f.seq = m.seq and f.status = 'stored') as files
from held cross join message m left join agent a on a.id = m.agent_id
where m.conversation_id = %(id)s and m.seq > %(after)s and m.author <> 'note'
  and (m.author = 'customer' or held.seq is null or m.seq < held.seq)
  and (m.author <> 'agent' or m.text <> '' or exists (
      select from attachment g where g.conversation_id = m.conversation_id and g.seq = m.seq and g.status = 'stored'))
order by m.seq
limit %(limit)s;

-- state: who has the conversation, and in which language
select c.state, c.language, a.name as agent from conversation c left join agent a on a.id = c.owner_id where c.id = %(id)s;

-- typing: the visitor is writing
insert into typing (conversation_id, at) values (%(id)s, now())
on conflict (conversation_id) do update set at = now();
