-- Gaps: what customers ask and no article answers. They are found like articles, and then nothing is offered.

create table gap_question (
    language text not null,
    topic text not null,
    ordinal int not null,
    text text not null,
    features bytea not null,              -- float16, see the encoder
    encoder text not null,                -- which encoder made them: another one makes them anew
    primary key (language, topic, ordinal)
);

-- Articles are compared by all features of a text, not by its unit vector alone.
delete from article_vector;
alter table article_vector rename column vector to features;
