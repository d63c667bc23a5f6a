-- The first release: conversations, hand-overs, articles, agents.
-- One concept a table; names are those of docs/glossary.md.

create table agent (
    id bigint generated always as identity primary key,
    name text not null,
    password_hash text not null,
    role text not null check (role in ('agent', 'lead', 'admin')),
    languages text[] not null default '{en}',
    status text not null default 'away' check (status in ('online', 'away')),
    created_at timestamptz not null default now()
);
create unique index agent_name on agent (lower(name));

create table agent_session (
    token_hash bytea primary key,
    agent_id bigint not null references agent on delete cascade,
    csrf text not null,
    seen_at timestamptz not null default now(),
    expires_at timestamptz not null
);

create table customer (
    id uuid primary key default gen_random_uuid(),
    name text,
    email text,
    phone text,
    language text not null default 'en',
    flags text[] not null default '{}',  -- what the next person should be prepared for (P8, P12)
    created_at timestamptz not null default now()
);

create table conversation (
    id uuid primary key default gen_random_uuid(),
    customer_id uuid not null references customer,
    channel text not null,
    language text not null default 'en',
    state text not null default 'bot' check (state in ('bot', 'waiting', 'agent', 'closed')),
    owner_id bigint references agent,
    epoch int not null default 0,         -- raised by every change of owner or state
    episode int not null default 1,       -- raised when a closed conversation is reopened
    last_seq bigint not null default 0,   -- number of the newest message
    inbound_seq bigint not null default 0,-- number of the newest customer message
    handled_seq bigint not null default 0,-- newest customer message that a turn has taken
    turn int not null default 0,          -- turns so far
    tracker_from int not null default 0,  -- Rasa sees only turns after this one: what came before a person had it
    heat real not null default 0,         -- 0..1, see bot/heat.py
    memory jsonb not null default '{}',   -- what decide() counts over this episode, see bot/escalation.py
    slots jsonb not null default '{}',    -- Rasa's slots after the last turn
    created_at timestamptz not null default now(),
    last_at timestamptz not null default now(),
    state_at timestamptz not null default now(),
    check ((state = 'agent') = (owner_id is not null))
);
create index conversation_queue on conversation (state, last_at desc);
create index conversation_customer on conversation (customer_id);
create index conversation_empty on conversation (created_at) where last_seq = 0;
-- The sweep for what a lost job left behind looks only at these.
create index conversation_unhandled on conversation (id) where handled_seq < inbound_seq;

create table message (
    conversation_id uuid not null references conversation on delete cascade,
    seq bigint not null,
    episode int not null,
    author text not null check (author in ('customer', 'bot', 'agent', 'system', 'note')),
    agent_id bigint references agent,
    channel text not null,
    external_id text,                     -- the channel's or client's id: a second arrival is a no-op
    text text not null,
    payload text,                         -- of a pressed button
    buttons jsonb not null default '[]',
    wording text,                         -- template a bot's message came from
    article text,                         -- article it answers from (P22)
    mood jsonb,                           -- {"kind", "strength", "evidence"} of the turn it belongs to
    intent text,
    entities jsonb not null default '[]',
    at timestamptz not null default clock_timestamp(),
    primary key (conversation_id, seq),
    unique (conversation_id, channel, external_id)
);

-- Rasa's events, one row a turn, so that a turn loads a bounded number of turns.
create table tracker_turn (
    conversation_id uuid not null references conversation on delete cascade,
    turn int not null,
    loop_before text,                     -- form that was active when the turn began
    events jsonb not null,
    primary key (conversation_id, turn)
);

-- Everything that happened, with its numbers: audit, decision ledger and the desk's live stream.
create table event (
    txid xid8 not null default pg_current_xact_id(),
    id bigint generated always as identity,
    conversation_id uuid references conversation on delete cascade,
    kind text not null,
    actor text not null,                  -- customer, bot, system or agent:ID
    data jsonb not null default '{}',
    at timestamptz not null default clock_timestamp(),
    primary key (txid, id)
);
create index event_conversation on event (conversation_id, kind, at);

create table handoff (
    id bigint generated always as identity primary key,
    conversation_id uuid not null references conversation on delete cascade,
    episode int not null,
    reason text not null,
    rule text not null,                   -- the sentence of the rule that fired
    numbers jsonb not null default '{}',
    routed_to text not null check (routed_to in ('agent', 'lead')),
    urgency int not null check (urgency between 0 and 100),
    at timestamptz not null default now(),
    claimed_at timestamptz,
    claimed_by bigint references agent,
    ended_at timestamptz
);
create unique index handoff_open on handoff (conversation_id) where ended_at is null;
create index handoff_conversation on handoff (conversation_id, id desc);

create table summary (
    conversation_id uuid primary key references conversation on delete cascade,
    episode int not null,
    lines jsonb not null,
    edits jsonb not null default '{}',    -- topic → {"text", "by", "at"}: an agent's words win
    updated_at timestamptz not null default now()
);

create table complaint (
    case_number text primary key,
    conversation_id uuid not null references conversation on delete cascade,
    customer_id uuid not null references customer,
    episode int not null,
    cause text not null,
    text text not null,
    order_number text,
    product text,
    wanted_remedy text,
    chosen_remedy text,
    amount jsonb,
    status text not null default 'open' check (status in ('open', 'promised', 'solved', 'unsolved')),
    at timestamptz not null default now()
);
create index complaint_customer on complaint (customer_id);
create index complaint_conversation on complaint (conversation_id);

create table promise (
    id bigint generated always as identity primary key,
    conversation_id uuid not null references conversation on delete cascade,
    case_number text references complaint on delete cascade,
    text text not null,
    owner text not null,                  -- bot, or agent:ID
    due_at timestamptz not null,
    kept_at timestamptz,
    at timestamptz not null default now()
);
create index promise_conversation on promise (conversation_id);
create index promise_case on promise (case_number);

create table article (
    language text not null,
    id text not null,
    title text not null,
    category text not null,
    body text not null,
    phrasings text[] not null,
    steps text[] not null default '{}',
    follow_up text,
    hash text not null,                   -- of the file it came from
    updated_at timestamptz not null default now(),
    primary key (language, id)
);

create table article_vector (
    language text not null,
    article_id text not null,
    ordinal int not null,
    text text not null,
    vector bytea not null,                -- float32, unit length
    encoder text not null,                -- which encoder made it: another one makes them anew
    primary key (language, article_id, ordinal),
    foreign key (language, article_id) references article on delete cascade
);

-- Website visitors. Only the hash of a token is kept: a copy of the table opens no conversation.
create table visitor (
    token_hash bytea primary key,
    conversation_id uuid not null references conversation on delete cascade,
    expires_at timestamptz not null
);
create index visitor_expiry on visitor (expires_at);
create index visitor_conversation on visitor (conversation_id);

-- Who is writing just now (P2); losing it in a crash is harmless.
create unlogged table typing (
    conversation_id uuid primary key,
    at timestamptz not null
);

-- Fixed-window counters for limits on what comes in; losing them in a crash is harmless.
create unlogged table rate (
    key text not null,
    since timestamptz not null,
    count int not null,
    primary key (key, since)
);
