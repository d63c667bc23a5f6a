-- alone: everything about one place waits for everything else about it
select pg_advisory_xact_lock(hashtextextended(%(channel)s || '/' || %(account)s || '/' || %(key)s, 1));

-- find: a place by its name on the platform
select id, channel, account, key, conversation_id as conversation, audience, details
from place where channel = %(channel)s and account = %(account)s and key = %(key)s;

-- of_customer: where a conversation's customer is
select id, channel, account, key, conversation_id as conversation, audience, details
from place where conversation_id = %(id)s and audience = 'customer'
order by id desc limit 1;

-- back: somebody writes from where nothing could be sent any more
update place set gone = null where id = %(place)s and gone is not null;

-- add: a place where a conversation goes on from now on
insert into place (channel, account, key, conversation_id, audience, details)
values (%(channel)s, %(account)s, %(key)s, %(id)s, %(audience)s, %(details)s::jsonb)
returning id, channel, account, key, conversation_id as conversation, audience, details;

-- identity: the customer that somebody on the platform is
select customer_id from identity
where channel = %(channel)s and account = %(account)s and external_id = %(external_id)s;

-- identify: somebody on the platform is this customer
insert into identity (channel, account, external_id, customer_id, name, email, verified)
select %(channel)s, %(account)s, %(external_id)s, c.customer_id, %(name)s, %(email)s, %(verified)s
from conversation c where c.id = %(id)s
on conflict (channel, account, external_id) do update
set name = excluded.name, email = excluded.email, verified = excluded.verified;

-- message: a message by the platform's name for it
select seq from message where conversation_id = %(id)s and channel = %(channel)s and external_id = %(external_id)s;

-- button: one that was offered, by the message's number and its place in it
select b ->> 'payload' as payload from message m, jsonb_array_elements(m.buttons) with ordinality as o (b, place)
where m.conversation_id = %(id)s and m.seq = %(seq)s and o.place = %(place)s::int + 1;

-- withdraw: the customer took a message back
update message set deleted_at = now()
where conversation_id = %(id)s and channel = %(channel)s and external_id = %(external_id)s and deleted_at is null
returning seq;

-- attach: a file that came with a message, to be fetched
insert into attachment (conversation_id, seq, ordinal, name, media_type, size, source)
values (%(id)s, %(seq)s, %(ordinal)s, %(name)s, %(media_type)s, %(size)s, %(source)s::jsonb)
on conflict do nothing;
