-- What the search learned from all articles of a language: kept, so that a process that starts need not learn it anew.

create table search_space (
    language text primary key,
    encoder text not null,
    mean bytea not null,                  -- float32
    matrix bytea not null,                -- float32, shape (length of mean, directions)
    relevant real not null,
    margin real not null,
    changes int not null default 0,       -- of articles and gaps since: many of them make it learn anew
    learned_at timestamptz not null default clock_timestamp()
);
