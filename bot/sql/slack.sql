-- begin: an installation was begun; those that were never finished are forgotten
with old as (
    delete from slack_installing where until < now()
)
insert into slack_installing (state, account, until)
values (%(state)s, %(account)s, now() + make_interval(secs => %(seconds)s));

-- finish: an installation comes back, once
delete from slack_installing where state = %(state)s and account = %(account)s and until > now() returning state;

-- install: a workspace has the app; what was said there may go on
insert into slack_workspace (account, team, name, token, bot_user, scopes)
values (%(account)s, %(team)s, %(name)s, %(token)s, %(bot_user)s, %(scopes)s)
on conflict (account, team) do update
set name = excluded.name, token = excluded.token, bot_user = excluded.bot_user, scopes = excluded.scopes, at = now();

-- token: of a workspace
select token from slack_workspace where account = %(account)s and team = %(team)s;

-- workspaces: that have the app
select team, name, token from slack_workspace where account = %(account)s order by name, team;

-- uninstall: the app was removed, unless it was installed again since
delete from slack_workspace where account = %(account)s and team = %(team)s and at < to_timestamp(%(at)s);

-- installed_since: whether that was so
select 1 from slack_workspace where account = %(account)s and team = %(team)s and at >= to_timestamp(%(at)s);

-- gone: nothing can be sent any more to the places whose names begin so, nor what waits for them; the customers' conversations
with lost as (
    update place set gone = %(problem)s
    where channel = 'slack' and account = %(account)s and starts_with(key, %(start)s) and gone is null
    returning id, conversation_id, audience
), failed as (
    update delivery set status = 'failed', problem = %(problem)s, at = clock_timestamp()
    from lost where place_id = lost.id and status in ('queued', 'sending')
)
select distinct conversation_id as id from lost where audience = 'customer';

-- back: the app can send again to all customers of a workspace; agents' threads come back with their cards
update place set gone = null
where channel = 'slack' and account = %(account)s and starts_with(key, %(start)s) and gone is not null
  and audience = 'customer';

-- written: what a message from here says, by Slack's name for it
select text from message where conversation_id = %(id)s and channel = 'slack' and external_id = %(external_id)s;

-- language: in which somebody is answered, if they are known
select u.language from identity i join customer u on u.id = i.customer_id
where i.channel = 'slack' and i.account = %(account)s and i.external_id = %(external_id)s;

-- cases: complaints of somebody, the newest first, each with what they were promised by the bot and is not done yet;
-- how agents put theirs down is for agents
select k.case_number, k.text, k.status, k.at,
       coalesce((select jsonb_agg(jsonb_build_object('text', p.text, 'due', extract(epoch from p.due_at)::bigint)
                                  order by p.due_at)
                 from promise p where p.case_number = k.case_number and p.kept_at is null and p.owner = 'bot'), '[]') as promises
from identity i join complaint k on k.customer_id = i.customer_id
where i.channel = 'slack' and i.account = %(account)s and i.external_id = %(external_id)s
order by k.at desc limit 10;
