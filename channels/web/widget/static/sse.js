/** Server-sent events from a fetch body; `EventSource` cannot carry the Authorization header. */

/** @typedef {{event: string, id: string, data: string}} ServerEvent */

/**
 * A parser that may be fed chunks cut anywhere, also inside a line end.
 * @param {(event: ServerEvent) => void} emit
 * @returns {(chunk: string) => void}
 */
export function createParser(emit) {
  let rest = '';
  let event = '';
  let id = '';
  /** @type {string[]} */
  let data = [];

  /** @param {string} line */
  function take(line) {
    if (line === '') {
      if (data.length) emit({ event: event || 'message', id, data: data.join('\n') });
      event = '';
      data = [];
      return;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    else if (field === 'id') id = value;
  }

  return (chunk) => {
    const text = rest + chunk;
    // A carriage return at the very end may be half of a line end: it waits for the next chunk.
    const end = text.endsWith('\r') ? text.length - 1 : text.length;
    const lines = text.slice(0, end).split(/\r\n|\r|\n/);
    rest = lines.pop() + text.slice(end);
    lines.forEach(take);
  };
}

/**
 * Reads a response to its end.
 * @param {Response} response
 * @param {(event: ServerEvent) => void} emit
 * @param {() => void} heard called for every chunk, also for those without an event
 */
export async function readEvents(response, emit, heard) {
  const parse = createParser(emit);
  const decoder = new TextDecoder();
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    parse(decoder.decode(value, { stream: true }));
  }
}
