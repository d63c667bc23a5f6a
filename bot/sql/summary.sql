-- messages: this episode's messages, oldest first; a very long conversation counts by its newest
select * from (
    select seq, author, text, intent, mood, entities, article, buttons <> '[]' as asks
    from message
    where conversation_id = %(id)s and episode = %(episode)s and author in ('customer', 'bot', 'agent')
    order by seq desc
    limit 200
) newest order by seq;

-- customer: whom it is about
select name, email, phone, flags from customer where id = %(customer_id)s;

-- complaints: recorded in this episode
select case_number, cause, chosen_remedy from complaint
where conversation_id = %(id)s and episode = %(episode)s order by at;

-- promises: made to this customer and not kept yet
select p.text, p.due_at from promise p
join conversation c on c.id = p.conversation_id
where c.customer_id = %(customer_id)s and p.kept_at is null order by p.due_at;

-- titles: of the articles that were sent
select id, title from article where language = %(language)s and id = any(%(ids)s);

-- reason: of the newest hand-over of this episode
select reason from handoff where conversation_id = %(id)s and episode = %(episode)s order by id desc limit 1;

-- save: the lines as just drawn up; an agent's edits stay
insert into summary (conversation_id, episode, lines) values (%(id)s, %(episode)s, %(lines)s::jsonb)
on conflict (conversation_id) do update
set lines = excluded.lines, updated_at = now(),
    edits = case when summary.episode = excluded.episode then summary.edits else '{}' end,
    episode = excluded.episode;

-- edit: an agent's words for one line
update summary
set edits = edits || jsonb_build_object(%(topic)s::text, jsonb_build_object('text', %(text)s::text, 'by', %(by)s::text)),
    updated_at = now()
where conversation_id = %(id)s and lines @> jsonb_build_array(jsonb_build_object('topic', %(topic)s::text))
returning conversation_id;
