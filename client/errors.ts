import { SliceproofError } from '../protocol/errors.ts';

/** What goes wrong for a requester. */
export class ClientError extends SliceproofError {}
