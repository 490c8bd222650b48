import type { Readings } from '../../protocol/database/readings.ts';
import { useExecutionCancellation, type Plugin } from 'graphql-yoga';
import { Reads } from './reads.ts';

/**
 * Gives every request what it reads with: a query's statements end with its time or when its client leaves, a subscription's when
 * its client leaves.
 */
export function readingPlugins(readings: Readings, milliseconds: number): readonly Plugin[] {
  const reads: Plugin<object> = {
    onExecute({ args, extendContext }) {
      const left = leaving(args.contextValue);
      const signal = AbortSignal.any([left, AbortSignal.timeout(milliseconds)]);
      extendContext({ reads: new Reads(readings, signal) } as object);
    },
    onSubscribe({ args, extendContext }) {
      const left = leaving(args.contextValue);
      extendContext({ reads: new Reads(readings, left) } as object);
    },
  };
  return [reads, useExecutionCancellation()];
}

/** What a request came with: over HTTP a `request`, over a socket a signal that its client wants no more of it. */
interface Asked {
  readonly request?: Request;
  readonly left?: AbortSignal;
}

/** Aborts when the client leaves. Yoga's own signal looks like one and isn't, which Node's functions don't take. */
function leaving(asked: Asked): AbortSignal {
  if (asked.left !== undefined) return asked.left;
  const { signal } = asked.request!;
  const left = new AbortController();
  if (signal.aborted) left.abort();
  else signal.addEventListener('abort', () => left.abort(), { once: true });
  return left.signal;
}
