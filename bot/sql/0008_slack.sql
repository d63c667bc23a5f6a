-- Slack: the workspaces that installed an app of ours, and installations that were begun.

create table slack_workspace (
    account text not null,                -- which of our apps, as business.yml names it
    team text not null,
    name text not null,
    token bytea not null,                 -- of its bot, encrypted with WARMLINE_KEY
    bot_user text,
    scopes text not null default '',
    at timestamptz not null default now(),
    primary key (account, team)
);

create table slack_installing (
    state bytea primary key,              -- a hash of what the browser carries
    account text not null,
    until timestamptz not null
);
