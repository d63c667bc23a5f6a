-- Agents in Slack: who they are there, and which episode of a conversation a thread shows.

alter table agent add column email text;  -- by which Slack's users are matched, where Slack has verified it
create unique index agent_email on agent (lower(email));

-- Somebody in a Slack workspace and the agent they are.
create table agent_link (
    team text not null,
    user_id text not null,
    agent_id bigint not null references agent on delete cascade,
    email text,                           -- matched by it; null: linked with a code of ours
    checked_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),  -- when they last did something there
    primary key (team, user_id)
);
create index agent_link_agent on agent_link (agent_id);

-- One-time codes with which agents link themselves. Only the hash is kept.
create table agent_code (
    code_hash bytea primary key,
    agent_id bigint not null references agent on delete cascade,
    expires_at timestamptz not null
);

-- An agents' place shows one episode; a new one gets a place of its own.
alter table place add column episode int;
create unique index place_episode on place (channel, account, conversation_id, episode) where audience = 'agents';
