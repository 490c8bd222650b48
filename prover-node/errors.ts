import { SliceproofError } from '../protocol/errors.ts';

/** What goes wrong in a node. Codes: `NODE_*`. */
export class NodeError extends SliceproofError {}
