/** What the indexer answered instead of data. */
export class AskError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/**
 * Asks the indexer that serves this page.
 * @throws AskError UNREACHABLE, BUSY, or the code of the first refusal
 */
export async function ask<Data>(
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
  signal?: AbortSignal,
): Promise<Data> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query, variables }),
    credentials: 'omit',
    signal: signal ?? null,
  }).catch((cause: unknown) => {
    if (signal?.aborted) throw cause;
    throw new AskError('UNREACHABLE', 'The indexer does not answer.');
  });
  const answer = (await response.json().catch(() => undefined)) as Answer<Data> | undefined;
  if (answer === undefined || (answer.data === undefined && answer.errors === undefined)) {
    throw new AskError('BUSY', `The indexer answered with status ${response.status}.`);
  }
  const [first] = answer.errors ?? [];
  if (first !== undefined || !answer.data) {
    throw new AskError(first?.extensions?.code ?? 'REFUSED', first?.message ?? 'There was no answer.');
  }
  return answer.data;
}
