import type { Readings } from '../../protocol/database/readings.ts';
import { useExecutionCancellation, type Plugin } from 'graphql-yoga';
import { Reads } from './reads.ts';

/**
 * Gives every request what it reads with: a query's statements end with its time or when its client leaves, a subscription's when
 * its client leaves.
 */
export function readingPlugins(readings: Readings, milliseconds: number): readonly Plugin[] {
  const reads: Plugin<{ request: Request }> = {
    onExecute({ args, extendContext }) {
      const left = leaving((args.contextValue as { request: Request }).request);
      const signal = AbortSignal.any([left, AbortSignal.timeout(milliseconds)]);
      extendContext({ reads: new Reads(readings, signal) } as object);
    },
    onSubscribe({ args, extendContext }) {
      const left = leaving((args.contextValue as { request: Request }).request);
      extendContext({ reads: new Reads(readings, left) } as object);
    },
  };
  return [reads, useExecutionCancellation()];
}

/** Aborts when the client leaves. Yoga's own signal looks like one and isn't, which Node's functions don't take. */
function leaving({ signal }: Request): AbortSignal {
  const left = new AbortController();
  if (signal.aborted) left.abort();
  else signal.addEventListener('abort', () => left.abort(), { once: true });
  return left.signal;
}
