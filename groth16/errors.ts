import { SliceproofError } from '../protocol/errors.ts';

/** What the proof system refuses: a circuit's file, a key, a witness or a ceremony that is not what it should be. */
export class Groth16Error extends SliceproofError {}
