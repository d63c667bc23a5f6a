-- known: what the database holds, to compare with the files
select language, id, hash, (select min(v.encoder) from article_vector v
    where v.language = a.language and v.article_id = a.id) as encoder
from article a;

-- put: an article, new or changed
insert into article (language, id, title, category, body, phrasings, steps, follow_up, hash)
values (%(language)s, %(id)s, %(title)s, %(category)s, %(body)s, %(phrasings)s, %(steps)s, %(follow_up)s, %(hash)s)
on conflict (language, id) do update
set title = excluded.title, category = excluded.category, body = excluded.body, phrasings = excluded.phrasings,
    steps = excluded.steps, follow_up = excluded.follow_up, hash = excluded.hash, updated_at = now();

-- drop_vectors: before new ones are kept
delete from article_vector where language = %(language)s and article_id = %(id)s;

-- put_vector: one text by which an article is found
insert into article_vector (language, article_id, ordinal, text, features, encoder)
values (%(language)s, %(id)s, %(ordinal)s, %(text)s, %(features)s, %(encoder)s);

-- remove: an article whose file is gone
delete from article where language = %(language)s and id = %(id)s;

-- articles: everything of one language
select id, language, title, category, body, phrasings, steps, follow_up, hash from article
where language = %(language)s order by id;

-- vectors: of some articles, in order
select article_id, text, features from article_vector
where language = %(language)s and article_id = any(%(ids)s) order by article_id, ordinal;

-- gaps: everything of one language, in order
select topic, text, features, encoder from gap_question where language = %(language)s order by topic, ordinal;

-- drop_gaps: before the new ones are kept
delete from gap_question where language = %(language)s;

-- put_gap: one question that nothing answers
insert into gap_question (language, topic, ordinal, text, features, encoder)
values (%(language)s, %(topic)s, %(ordinal)s, %(text)s, %(features)s, %(encoder)s);

-- learned: what the search learned from one language, and what has changed since
select encoder, mean, matrix, relevant, margin, changes, learned_at from search_space where language = %(language)s;

-- count_changes: how far it may be out of date
update search_space set changes = changes + %(changes)s where language = %(language)s;

-- forget_learned: made with another encoder than the features now are
delete from search_space where language = %(language)s and encoder <> %(encoder)s;

-- put_learned: in place of the one before
insert into search_space (language, encoder, mean, matrix, relevant, margin)
values (%(language)s, %(encoder)s, %(mean)s, %(matrix)s, %(relevant)s, %(margin)s)
on conflict (language) do update
set encoder = excluded.encoder, mean = excluded.mean, matrix = excluded.matrix, relevant = excluded.relevant,
    margin = excluded.margin, changes = 0, learned_at = clock_timestamp();
