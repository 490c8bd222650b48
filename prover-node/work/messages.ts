import type { CircuitMode } from '../../slicer/circuit/mode.ts';
import type { CheckedWitness, CompiledCircuit, WitnessRequest } from './workshop.ts';

/** What the workshop's thread can be asked for. Programs are bytes, so that nothing but data crosses. */
export type Task =
  | { readonly kind: 'compile'; readonly program: Uint8Array; readonly mode: CircuitMode }
  | ({ readonly kind: 'witness' } & WitnessRequest)
  | { readonly kind: 'evaluate'; readonly program: Uint8Array; readonly inputs: readonly Float64Array[] };

/** What it answers to each kind. */
export interface Answers {
  readonly compile: CompiledCircuit;
  readonly witness: CheckedWitness;
  readonly evaluate: readonly Float64Array[];
}

export interface Request {
  readonly id: number;
  readonly task: Task;
}

/** An error loses its class on the way between threads: what matters of it is sent as data. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly retryable: boolean;
}

export type Reply =
  | { readonly id: number; readonly answer: Answers[keyof Answers] }
  | { readonly id: number; readonly failure: Failure };
