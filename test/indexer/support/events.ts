/** Server-sent events of a GraphQL subscription, one after the other. */
export interface Subscription<Data> {
  next(): Promise<Data>;
  close(): void;
}

export async function subscribe<Data>(
  url: string,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Subscription<Data>> {
  const abort = new AbortController();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query, variables }),
    signal: abort.signal,
  });
  // Read from now on: of a response that nobody reads or keeps, undici ends the body when it is collected.
  const messages = messagesOf(response.body!.getReader());
  return {
    async next() {
      const { value, done } = await messages.next();
      if (done === true) throw new Error('the subscription ended');
      const { data, errors } = JSON.parse(value) as { data: Data; errors?: unknown };
      if (errors !== undefined) throw new Error(JSON.stringify(errors));
      return data;
    },
    close: () => abort.abort(),
  };
}

async function* messagesOf(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): AsyncGenerator<string, void, undefined> {
  let text = '';
  const decoder = new TextDecoder();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trim());
      if (lines.includes('event: next')) yield data.join('');
    }
  }
}
