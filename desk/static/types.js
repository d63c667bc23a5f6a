// The shapes the desk reads and sends, as the HTTP reference describes them. Types only, no code.

/** @typedef {'waiting'|'agent'|'bot'|'closed'} State */
/**
 * @typedef {'calm'|'worried'|'disappointed'|'frustrated'|'angry'|'abusive'|'threatening_legal'|'threatening_physical'} MoodKind
 */

/**
 * @typedef {object} Mood
 * @property {MoodKind} kind
 * @property {number} strength 0 to 1
 * @property {{start: number, end: number, text: string, cue: string}[]} [evidence]
 */

/** @typedef {{id: string|number, name: string}} Person */
/** @typedef {'agent'|'lead'|'admin'} Role */
/** @typedef {Person & {role: Role, status: 'online'|'away'}} Agent */
/** @typedef {{id: number, name: string, role: Role, here: boolean}} Colleague */

/**
 * One line of the queue.
 * @typedef {object} Row
 * @property {string} id
 * @property {State} state
 * @property {string} channel
 * @property {string|null} account which of our bots or mailboxes; null on the website
 * @property {boolean} unverified nobody vouches for who writes
 * @property {string|null} address that a platform names them by
 * @property {string|null} unreachable why nothing reaches the customer any more
 * @property {{id: string|number, name: string|null}} customer
 * @property {string} language
 * @property {string|null} reason
 * @property {string|null} reason_text
 * @property {number} urgency 0 to 100
 * @property {'agent'|'lead'|null} routed_to
 * @property {boolean} alarm a lead is asked for while somebody who is none has it
 * @property {string|null} waiting_since ISO time
 * @property {Person|null} owner
 * @property {Mood|null} mood
 * @property {number} heat 0 to 1
 * @property {string|null} preview
 * @property {string|null} last_at ISO time
 * @property {string|number|null} handoff id of the handoff it waits for
 */

/**
 * @typedef {object} Handoff
 * @property {string|number} id
 * @property {string} reason
 * @property {string} reason_text
 * @property {string|null} rule
 * @property {Record<string, unknown>} numbers what the rule weighed
 * @property {'agent'|'lead'|null} routed_to
 * @property {string} at ISO time
 */

/** @typedef {Omit<Row, 'handoff'> & {epoch: number, episode: number, handoff: Handoff|null}} Conversation */

/**
 * @typedef {object} Message
 * @property {number} seq
 * @property {'customer'|'bot'|'agent'|'system'|'note'} author
 * @property {Person|null} agent
 * @property {string} text
 * @property {{title: string, payload: string}[]|null} buttons
 * @property {string} at ISO time
 * @property {Mood|null} mood
 * @property {string|null} intent
 * @property {number|null} edits the earlier message that this is another version of
 * @property {boolean} deleted the customer took it back
 * @property {Delivery|null} delivery null where written is delivered
 * @property {FileItem[]} files
 */

/**
 * @typedef {object} Delivery
 * @property {'queued'|'sending'|'sent'|'failed'|'dropped'} status
 * @property {string|null} problem
 * @property {number} tries
 */

/**
 * @typedef {object} FileItem a file of a message
 * @property {string} id
 * @property {string} name
 * @property {string} media_type
 * @property {number|null} size bytes
 * @property {'waiting'|'stored'|'refused'} status
 * @property {string|null} problem
 * @property {string|null} url once it is stored
 */

/** @typedef {{id: string, name: string, media_type: string, size: number, url: string}} Attached an uploaded file */
/** @typedef {{megabytes: number, endings: string[], most: number}} FileLimits what may be sent */

/**
 * @typedef {object} Episode an earlier conversation
 * @property {string} conversation
 * @property {number} episode
 * @property {string} at ISO time
 * @property {string} state
 * @property {string|null} reason_text
 * @property {string|null} outcome
 * @property {string|null} case_number
 */

/**
 * @typedef {object} Complaint
 * @property {string} case_number
 * @property {string|null} cause
 * @property {string|null} product
 * @property {string|null} order_number
 * @property {string|null} wanted_remedy
 * @property {string|null} chosen_remedy
 * @property {string} status
 * @property {string} at ISO time
 */

/**
 * @typedef {object} Customer
 * @property {string|number} id
 * @property {string|null} name
 * @property {string|null} email
 * @property {string|null} phone
 * @property {string|null} language
 * @property {string[]} flags
 * @property {string|null} since ISO time
 * @property {Episode[]} history
 * @property {Complaint[]} complaints
 */

/**
 * @typedef {{id: string, name: string|null, email: string|null, phone: string|null, channels: string[], conversations: number, created_at: string}} Alike somebody who may be the same customer
 */

/**
 * @typedef {{topic: string, label: string, text: string, evidence: number[], edited_by: string|null}} SummaryLine
 */
/** @typedef {{lines: SummaryLine[], updated_at: string|null}} Summary */
/**
 * @typedef {object} Promised what the customer was promised
 * @property {number} id
 * @property {string} text
 * @property {string|null} case_number
 * @property {string} by
 * @property {number|null} agent_id null when the bot promised it
 * @property {string} due_at ISO time
 * @property {boolean} kept
 */

/**
 * @typedef {object} OpenPromise one of the list of those that are not kept yet
 * @property {number} id
 * @property {string} text
 * @property {string} conversation
 * @property {{id: string, name: string|null}} customer
 * @property {string|null} case_number
 * @property {string|null} order_number
 * @property {string} by
 * @property {number|null} agent_id null when the bot promised it
 * @property {string} due_at ISO time
 */

/**
 * @typedef {{conversation: Conversation, messages: Message[], customer: Customer, summary: Summary|null, promises: Promised[]}} Detail
 */
/** @typedef {{id: string|number, title: string, text: string, fields: string[]}} CannedReply */
/**
 * @typedef {{id: string, title: string, category: string, url: string, excerpt: string, score: number}} Article
 */
/**
 * @typedef {{rule: string, start: number, end: number, text: string, suggestion: string|null}} Finding offsets count characters
 */

/**
 * @typedef {object} Change a live event
 * @property {string} conversation
 * @property {string} kind
 * @property {State|null} state
 * @property {string|number|null} handoff
 * @property {string|null} reason_text
 * @property {'agent'|'lead'|null} routed_to
 * @property {string|null} from who passed it on
 * @property {number|null} to the agent who has it then
 * @property {string} at ISO time
 */

/**
 * A reply or note on its way to the server.
 * @typedef {object} Pending
 * @property {string} client_id made here, so that a retry never sends twice
 * @property {string} conversation
 * @property {'reply'|'note'} kind
 * @property {string} text
 * @property {Attached[]} files
 * @property {string} at ISO time
 * @property {number} after highest seq known when it was written
 * @property {number|null} seq given by the server
 * @property {'sending'|'failed'} status
 * @property {string|null} error
 */

export {};
