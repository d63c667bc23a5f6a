-- known: the agent that somebody is, unless they are locked out or have another address now
select a.id, a.name, a.role, l.email is not null and l.checked_at < now() - interval '1 day' as stale
from agent_link l join agent a on a.id = l.agent_id
where l.team = %(team)s and l.user_id = %(user)s and a.password_hash <> ''
  and (l.email is null or lower(l.email) = lower(a.email) and l.checked_at > now() - interval '25 hours');

-- seen: they did something just now
update agent_link set seen_at = now() where team = %(team)s and user_id = %(user)s;

-- match: by an address that the platform verified; what was linked by a code stays
with matched as (
    insert into agent_link (team, user_id, agent_id, email)
    select %(team)s, %(user)s, a.id, lower(%(email)s) from agent a
    where lower(a.email) = lower(%(email)s) and a.password_hash <> ''
    on conflict (team, user_id) do update
    set agent_id = excluded.agent_id, email = excluded.email, checked_at = now()
    where agent_link.email is not null
    returning agent_id
), noted as (
    insert into event (kind, actor, data)
    select 'linked', 'agent:' || agent_id, jsonb_build_object('team', %(team)s::text, 'user', %(user)s::text, 'by', 'email')
    from matched
)
select a.id, a.name, a.role from matched join agent a on a.id = matched.agent_id;

-- forget: matched by an address that is not theirs any more
delete from agent_link where team = %(team)s and user_id = %(user)s and email is not null;

-- link: with a code, which is used up
with code as (
    delete from agent_code where code_hash = %(code)s and expires_at > now() returning agent_id
), linked as (
    insert into agent_link (team, user_id, agent_id)
    select %(team)s, %(user)s, a.id from code join agent a on a.id = code.agent_id where a.password_hash <> ''
    on conflict (team, user_id) do update
    set agent_id = excluded.agent_id, email = null, checked_at = now(), seen_at = now()
    returning agent_id
), noted as (
    insert into event (kind, actor, data)
    select 'linked', 'agent:' || agent_id, jsonb_build_object('team', %(team)s::text, 'user', %(user)s::text, 'by', 'code')
    from linked
)
select a.id, a.name, a.role from linked join agent a on a.id = linked.agent_id;

-- linked_by: how an agent is known elsewhere
select case when l.email is null then 'code' else 'email' end as how
from agent_link l join agent a on a.id = l.agent_id
where a.id = %(id)s and (l.email is null or lower(l.email) = lower(a.email))
order by l.email is null desc limit 1;

-- new_code: one at a time
with gone as (delete from agent_code where agent_id = %(id)s or expires_at < now())
insert into agent_code (code_hash, agent_id, expires_at)
values (%(code)s, %(id)s, now() + make_interval(mins => %(minutes)s));

-- account: one that can log in, by name
select id from agent where lower(name) = lower(%(name)s) and password_hash <> '';
