import { challengesOf, type Statement, type Submission } from './challenges.ts';
import { SettlementError } from './errors.ts';
import { assertOnCurve, weightedSum, type G1Point } from './g1.ts';
import type { Groth16Proof } from './points.ts';

/**
 * What the submitter adds up for a whole batch: every circuit once, ascending, with Σ r_i·C_i of its proofs; and
 * Σ r_i·K_i of all that have lookups, if any has.
 */
export interface Aggregate {
  readonly circuits: readonly bigint[];
  readonly c: readonly G1Point[];
  readonly k?: G1Point;
}

/**
 * Adds up the points C of proofs per circuit, and all K, for one pairing check on chain. Every proof has to be verified
 * before: one that doesn't hold makes the chain refuse all.
 * @param statements and `proofs`: one each a proof, in the order in which the chain will see them
 * @throws SettlementError SETTLEMENT_COUNT_MISMATCH, SETTLEMENT_POINT_INVALID
 */
export function aggregateProofs(
  submission: Submission,
  statements: readonly Statement[],
  proofs: readonly Groth16Proof[],
): Aggregate {
  if (statements.length !== proofs.length) {
    throw new SettlementError(
      'SETTLEMENT_COUNT_MISMATCH',
      `expected a statement a proof, got ${statements.length} for ${proofs.length} proofs`,
    );
  }
  const challenges = challengesOf(submission, statements, proofs);
  const circuits = [...new Set(statements.map(({ circuit }) => circuit))].sort((a, b) => (a < b ? -1 : 1));
  const c = circuits.map((circuit) => {
    const own = proofs.map((_, i) => i).filter((i) => statements[i].circuit === circuit);
    return weightedSum(
      own.map((i) => proofs[i].c),
      own.map((i) => challenges[i]),
    );
  });
  const lookups = proofs.flatMap(({ lookups }, i) => (lookups ? [{ ...lookups, r: challenges[i] }] : []));
  if (lookups.length === 0) return { circuits, c };
  lookups.forEach(({ d }) => assertOnCurve(d));
  const k = weightedSum(
    lookups.map(({ k }) => k),
    lookups.map(({ r }) => r),
  );
  return { circuits, c, k };
}
