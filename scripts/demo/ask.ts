import pRetry from 'p-retry';

/**
 * Asks a service of the demo. A connection that the service closes just as it is used again, for being idle, is no answer: asked
 * once more on a new one.
 */
export function ask(url: string, init?: RequestInit): Promise<Response> {
  return pRetry(() => fetch(url, init), {
    retries: 5,
    minTimeout: 200,
    // What fetch throws when no answer came.
    shouldRetry: ({ error }) => error instanceof TypeError,
  });
}
