-- vouched: those who are known elsewhere by an address that a platform vouched for, the oldest first
select channel, account, external_id, customer_id from identity
where verified and lower(email) = lower(%(email)s) and (channel, account, external_id) <> (%(channel)s, %(account)s, %(external_id)s)
order by at;

-- both: two customers, held until the end of the transaction
select id from customer where id in (%(kept)s, %(other)s) order by id for update;

-- conversations: of both, held until the end of the transaction
select id, customer_id from conversation where customer_id in (%(kept)s, %(other)s) order by id for no key update;

-- move: what was the other's is the kept one's
with conversations as (
    update conversation set customer_id = %(kept)s where customer_id = %(other)s
), complaints as (
    update complaint set customer_id = %(kept)s where customer_id = %(other)s
), identities as (
    update identity set customer_id = %(kept)s where customer_id = %(other)s
)
update customer k
set name = coalesce(k.name, o.name), email = coalesce(k.email, o.email), phone = coalesce(k.phone, o.phone),
    flags = array(select distinct unnest(k.flags || o.flags)), created_at = least(k.created_at, o.created_at)
from customer o
where k.id = %(kept)s and o.id = %(other)s;

-- gone: the other one, who is nobody now
delete from customer where id = %(other)s;

-- alike: customers who share an address or a number with one, or whose own is asked for
select u.id, u.name, u.email, u.phone, u.created_at,
       array(select distinct c.channel from conversation c where c.customer_id = u.id order by 1) as channels,
       (select count(*) from conversation c where c.customer_id = u.id and c.last_seq > 0) as conversations
from customer u
left join customer me on me.id = %(id)s
where u.id <> %(id)s and case
    when %(query)s = '' then lower(u.email) = lower(me.email)
        or regexp_replace(u.phone, '\D', '', 'g') = regexp_replace(me.phone, '\D', '', 'g')
    else lower(u.email) = lower(%(query)s) or lower(u.name) = lower(%(query)s)
        or (length(regexp_replace(%(query)s, '\D', '', 'g')) >= 6
            and regexp_replace(u.phone, '\D', '', 'g') = regexp_replace(%(query)s, '\D', '', 'g'))
        or exists (select from complaint k where k.customer_id = u.id and lower(k.case_number) = lower(%(query)s))
    end
order by u.created_at desc
limit 20;
