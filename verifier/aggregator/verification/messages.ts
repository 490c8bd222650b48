import type { ProofJson } from '../../../groth16/formats/proof.ts';
import type { VerifyingKeyJson } from '../../../groth16/formats/verifying-key.ts';
import type { Verdict } from '../../../groth16/verify/verify.ts';

/** What is to be checked. */
export interface Check {
  /** Names the key; a thread keeps the keys that it has seen. */
  readonly keyId: string;
  readonly key: VerifyingKeyJson;
  readonly signals: readonly bigint[];
  readonly proof: ProofJson;
}

/** To a verification thread. */
export interface CheckMessage extends Check {
  readonly id: number;
}

/** From a verification thread. `failed`: the key can't be used, or the thread is broken. */
export type OutcomeMessage =
  | { readonly id: number; readonly verdict: Verdict }
  | { readonly id: number; readonly failed: { readonly code: string; readonly message: string } };
