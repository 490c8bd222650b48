import { id, ZeroAddress, ZeroHash } from 'ethers';

/** Who plays in a job; names as hex. */
export interface Cast {
  readonly jobId: string;
  readonly requester: string;
  readonly executor: string;
  readonly alice: string;
  readonly bob: string;
  readonly settler: string;
}

export type Emit = (
  name: string,
  values: readonly unknown[],
) => { readonly address: string; readonly topics: readonly string[]; readonly data: string };

/** Constraints of the model's slices. */
export const WEIGHTS = [30_000, 12_000, 7_000] as const;
export const STAGES = 5;

const FEE_BPS = 250n;
const TIP = 77n;
const EXECUTION = 50_000n;
const BOND = 100_000n;
const HIGHEST = 5_000n;
const PROOFS_END = 2 ** 39;

/** What a job emits, stage by stage: posted, traced, bid on, settled, finalized. */
export function jobStages(
  { jobId, requester, executor, alice, bob, settler }: Cast,
  modelId: string,
  unitPrice: bigint,
  emit: Emit,
): ReturnType<Emit>[][] {
  const weight = WEIGHTS.reduce<bigint>((sum, one) => sum + BigInt(one), 0n);
  const escrow = weight * HIGHEST + BigInt(WEIGHTS.length) * TIP + EXECUTION;
  const offer = {
    minUnitPrice: 1_000,
    maxUnitPrice: HIGHEST,
    rampSeconds: 100,
    bidWindow: 10,
    proveSeconds: 60,
    minUndercutBps: 100,
    collateralBps: 20_000,
    settleTip: TIP,
  };
  const request = {
    requester,
    nonce: 1,
    modelId,
    inputs: [id('input')],
    inputDigest: id('inputs'),
    required: 0,
    audits: 0,
    contestable: 0,
    offer,
    execution: { minPrice: 50_000, maxPrice: 90_000, rampSeconds: 60, commitSeconds: 120 },
    jobSeconds: 1_000,
    challengeSeconds: 0,
    maxFeeBps: 500,
    validUntil: PROOFS_END,
    outputCommitmentOnly: true,
    admission: { hook: ZeroAddress, data: ZeroHash },
  };
  const share = (mask: bigint) => {
    const own = WEIGHTS.reduce<bigint>((sum, one, i) => sum + ((mask >> BigInt(i)) & 1n) * BigInt(one), 0n);
    const count = BigInt(WEIGHTS.filter((_, i) => ((mask >> BigInt(i)) & 1n) === 1n).length);
    const price = own * unitPrice;
    return { collateral: own * HIGHEST * 2n, price, fee: (price * FEE_BPS) / 10_000n, tip: count * TIP };
  };
  const holds = [
    [alice, 0b011n],
    [bob, 0b100n],
  ] as const;
  const paid = holds.reduce((sum, [, mask]) => sum + share(mask).price + share(mask).tip, 0n);
  const nobody = `0x${'00'.repeat(20)}`;
  return [
    [emit('JobPosted', [jobId, requester, modelId, request, 0b111, escrow, FEE_BPS, PROOFS_END])],
    [
      emit('ExecutionClaimed', [jobId, executor, EXECUTION, BOND, PROOFS_END]),
      emit('TraceCommitted', [
        jobId,
        executor,
        id('trace'),
        id('digest'),
        PROOFS_END,
        Array.from({ length: WEIGHTS.length + 1 }, (_, i) => id(`tensor ${i}`)),
      ]),
    ],
    holds.map(([prover, mask]) =>
      emit('BidPlaced', [
        jobId,
        prover,
        0,
        mask,
        unitPrice,
        share(mask).collateral,
        PROOFS_END,
        PROOFS_END,
        nobody,
      ]),
    ),
    holds.map(([prover, mask]) => {
      const { price, fee, tip, collateral } = share(mask);
      return emit('SlicesSettled', [jobId, prover, mask, unitPrice, price, fee, 0, tip, collateral, settler]);
    }),
    [emit('JobFinalized', [jobId, executor, EXECUTION, escrow - paid - EXECUTION, BOND])],
  ];
}
