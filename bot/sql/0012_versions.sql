-- An edited message leads to its next version without a look at all the others of a long conversation.

create index message_edits on message (conversation_id, edits) where edits is not null;
