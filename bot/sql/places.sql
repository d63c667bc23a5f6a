-- alone: everything about one place waits for everything else about it
select pg_advisory_xact_lock(hashtextextended(%(channel)s || '/' || %(account)s || '/' || %(key)s, 1));

-- one_person: and everything about somebody who is new to us for everything else about them
select pg_advisory_xact_lock(hashtextextended(%(channel)s || '/' || %(account)s || '/' || %(external_id)s, 2));

-- find: a place by its name on the platform
select id, channel, account, key, conversation_id as conversation, audience, details
from place where channel = %(channel)s and account = %(account)s and key = %(key)s;

-- of_customer: where a conversation's customer is
select id, channel, account, key, conversation_id as conversation, audience, details
from place where conversation_id = %(id)s and audience = 'customer'
order by id desc limit 1;

-- back: somebody writes: things can be sent there, and the adapter may have more to remember
update place set gone = null, details = details || %(details)s::jsonb
where id = %(place)s and (gone is not null or not details @> %(details)s::jsonb);

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

-- versions: of a message by the platform's name for it, all of them in order; a long one has several pieces. One leads
-- to the next version of its piece, the first one also to the next piece; each is asked for by itself (`limit`), so that
-- no plan reads the whole conversation
with recursive version as (
    select 1 as number, seq as first, seq, text, deleted_at from message
    where conversation_id = %(id)s and channel = %(channel)s and author = 'customer' and external_id = %(external_id)s
    union all
    select m.*
    from version v
    cross join lateral (
        (select v.number, v.first, seq, text, deleted_at from message
         where conversation_id = %(id)s and edits = v.seq
         limit 1)
        union all
        (select v.number + 1, seq, seq, text, deleted_at from message
         where v.seq = v.first and conversation_id = %(id)s and channel = %(channel)s and author = 'customer'
           and external_id = %(external_id)s || '/' || (v.number + 1)
         limit 1)) m
)
select number as piece, first, seq, text, deleted_at is not null as deleted from version order by number, seq;

-- button: one that was offered, by the message's number and its place in it
select b ->> 'payload' as payload from message m, jsonb_array_elements(m.buttons) with ordinality as o (b, place)
where m.conversation_id = %(id)s and m.seq = %(seq)s and o.place = %(place)s::int + 1;

-- named: the button of the newest choice that a text names, by its number from 1 or its words
select m.seq, o.place::int - 1 as place
from message m, jsonb_array_elements(m.buttons) with ordinality as o (b, place)
where m.conversation_id = %(id)s and (o.place::text = %(text)s or lower(o.b ->> 'title') = lower(%(text)s))
  and m.seq = (select max(seq) from message where conversation_id = %(id)s and buttons <> '[]')
limit 1;

-- take_back: messages that the customer does not want to have said
update message set deleted_at = now()
where conversation_id = %(id)s and seq = any(%(seqs)s) and deleted_at is null
returning seq;
