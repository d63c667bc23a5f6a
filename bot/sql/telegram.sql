-- language: of a place's conversation
select c.language from place p join conversation c on c.id = p.conversation_id
where p.channel = 'telegram' and p.account = %(account)s and p.key = %(key)s;

-- phone: the customer's own number, which Telegram vouches for
update customer set phone = %(phone)s where id = (select customer_id from conversation where id = %(id)s);

-- started: by which link somebody came; nothing when we know that already
update place set details = details || jsonb_build_object('start', %(parameter)s::text)
where id = %(place)s and details ->> 'start' is distinct from %(parameter)s
returning id;

-- gone: nothing can be sent there any more, or (null) it can again; nothing when we know that already
update place set gone = %(problem)s
where channel = 'telegram' and account = %(account)s and key = %(key)s and gone is distinct from %(problem)s
returning conversation_id;

-- move: a group goes on under another name, unless somebody wrote there before we heard of it
update place p set key = %(new)s
where channel = 'telegram' and account = %(account)s and key = %(old)s
  and not exists (
      select from place o where o.channel = 'telegram' and o.account = %(account)s and o.key = %(new)s);

-- written: when a message of ours was written
select at from message where conversation_id = %(id)s and seq = %(seq)s;

-- known: the numbers of all messages of one bot that we know of from around a time on, in one chat if one is named;
-- and whether they were there before it
select split_part(m.external_id, ':', 2)::bigint as number, m.at < %(at)s as before
from place p
join conversation c on c.id = p.conversation_id and c.last_at > %(at)s::timestamptz - interval '1 hour'
join message m on m.conversation_id = c.id and m.at > %(at)s::timestamptz - interval '1 hour'
where p.channel = 'telegram' and p.account = %(account)s and (%(key)s::text is null or p.key = %(key)s)
  and m.channel = 'telegram' and m.external_id ~ '^-?[0-9]+:[0-9]+$'
union all
select s.number::bigint, d.at < %(at)s
from place p
join delivery d on d.place_id = p.id and d.at > %(at)s::timestamptz - interval '1 hour'
cross join unnest(d.sent) as s (number)
where p.channel = 'telegram' and p.account = %(account)s and (%(key)s::text is null or p.key = %(key)s)
  and s.number ~ '^[0-9]+$';
