import { ChainError } from './errors.ts';

/** True when the request never got a proper answer, as the provider of `connect` says it: the chain is away, not of another opinion. */
export function isOutage(error: unknown): boolean {
  for (let part: unknown = error, depth = 0; part instanceof Error && depth < 5; part = part.cause, depth++) {
    if (part instanceof ChainError && part.code === 'CHAIN_UNREACHABLE') return true;
  }
  return false;
}
