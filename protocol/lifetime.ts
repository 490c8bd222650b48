/** The life of a service: what waits for something outside stops waiting when it ends. */
export interface Lifetime {
  /** Aborts when the service has ended, or when its start is given up. */
  readonly signal: AbortSignal;
  /** From now on only {@link end} ends it: a service that works stops in its own order. */
  started(): void;
  end(): void;
}

/** @param giveUp gives up the start */
export function openLifetime(giveUp?: AbortSignal): Lifetime {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  if (giveUp?.aborted) end();
  giveUp?.addEventListener('abort', end, { once: true });
  const started = (): void => giveUp?.removeEventListener('abort', end);
  return {
    signal: ending.signal,
    started,
    end() {
      started();
      end();
    },
  };
}
