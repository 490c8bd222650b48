import { SliceproofError } from '../protocol/errors.ts';

/** What goes wrong in a node. Codes: `NODE_*`. */
export class NodeError extends SliceproofError {}

/** A trace that can't be proved, and why. */
export function traceFalse(slice: number, reason: string): NodeError {
  return new NodeError('NODE_TRACE_FALSE', `slice ${slice} can't be proved: ${reason}`, {
    hint: 'The executor committed to a false trace; it loses its bond when the job expires.',
  });
}
