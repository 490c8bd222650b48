import fc from 'fast-check';

/** A job, and all that its requester and whoever helps it do to a node. Times in seconds, amounts in the asset's units. */
export interface HostileJob {
  readonly seed: number;
  /** `trap`: the registered key of slice 1 is not its proving key's. */
  readonly model: 'honest' | 'trap';
  /** Empty: all. */
  readonly required: readonly number[];
  readonly audits: number;
  readonly offer: {
    readonly minUnitPrice: bigint;
    readonly maxUnitPrice: bigint;
    readonly minExecutionPrice: bigint;
    readonly maxExecutionPrice: bigint;
    readonly rampSeconds: number;
    readonly bidWindow: number;
    readonly proveSeconds: number;
    readonly commitSeconds: number;
    readonly jobSeconds: number;
    readonly minUndercutBps: number;
    readonly collateralBps: number;
    readonly settleTip: bigint;
  };
  /** Share of the job's time in which anybody may challenge; 0: nobody may. */
  readonly challengeShare: number;
  readonly outputCommitmentOnly: boolean;
  readonly admission: 'all' | 'node' | 'others' | 'known';
  /** Whether the input is in the store, is put there later, never, or is not what was committed to. */
  readonly input: 'there' | 'late' | 'missing' | 'false';
  /** The requester brings a trace of its own: a true one, one that is false, one that nobody can have. */
  readonly ownTrace: 'none' | 'true' | 'false' | 'withheld';
  readonly cancel: { readonly from: 'post' | 'trace'; readonly seconds: number } | undefined;
  /** Slices that are challenged, each when so much of the time for it is over; 1: in its last block. */
  readonly challenges: readonly { readonly slice: number; readonly share: number }[];
  /** Another takes the execution and brings no trace. */
  readonly rivalClaims: boolean;
  /** Another takes slices and proves none: first of all, below the node's bid, or as late as it can. */
  readonly rivalBids: readonly { readonly slice: number; readonly when: 'first' | 'below' | 'last' }[];
}

const seconds = (...most: readonly number[]): fc.Arbitrary<number> =>
  fc.oneof(...most.map((max) => fc.integer({ min: 1, max })));
const slice = fc.constantFrom(0, 1);
const unit = 1_000_000n;
/** Of a constraint, of slices of some hundreds. */
const price = 2_000n;

const offer = fc
  .record({
    minUnitPrice: fc.constantFrom(1n, price),
    maxUnitPrice: fc.constantFrom(price, 10n * price, 1000n * price),
    minExecutionPrice: fc.constantFrom(0n, 50n * unit),
    maxExecutionPrice: fc.constantFrom(50n * unit, 500n * unit, 1_000_000n * unit),
    rampSeconds: fc.oneof(fc.constant(0), seconds(20, 120)),
    bidWindow: fc.oneof(fc.constant(0), seconds(10, 60)),
    proveSeconds: seconds(30, 200, 600).map((time) => time + 4),
    commitSeconds: seconds(20, 200, 600, 600),
    minUndercutBps: fc.constantFrom(0, 500, 5000),
    collateralBps: fc.constantFrom(20_000, 60_000),
    settleTip: fc.constantFrom(0n, unit),
    moreSeconds: fc.oneof(fc.constant(0), seconds(60, 600, 900)),
  })
  .map(({ moreSeconds, ...rest }) => ({
    ...rest,
    // The least that the market takes, a second for a draw included, and some more.
    jobSeconds: rest.rampSeconds + rest.bidWindow + 2 * rest.proveSeconds + 1 + moreSeconds,
  }));

/** What a requester may choose, each way about as often as it is worth a look; most jobs are hostile in a few ways only. */
export const hostileJob: fc.Arbitrary<HostileJob> = fc
  .record({
    seed: fc.nat(1000),
    model: fc.oneof(
      { weight: 5, arbitrary: fc.constant('honest' as const) },
      { weight: 1, arbitrary: fc.constant('trap' as const) },
    ),
    required: fc.constantFrom([], [0], [1]),
    audits: fc.constant(0),
    offer,
    challengeShare: fc.constantFrom(0, 0, 0.3, 1),
    outputCommitmentOnly: fc.boolean(),
    admission: fc.oneof(
      { weight: 8, arbitrary: fc.constant('all' as const) },
      { weight: 1, arbitrary: fc.constantFrom('node' as const, 'others' as const, 'known' as const) },
    ),
    input: fc.oneof(
      { weight: 8, arbitrary: fc.constant('there' as const) },
      { weight: 1, arbitrary: fc.constantFrom('late' as const, 'missing' as const, 'false' as const) },
    ),
    ownTrace: fc.oneof(
      { weight: 6, arbitrary: fc.constant('none' as const) },
      { weight: 1, arbitrary: fc.constantFrom('true' as const, 'false' as const, 'withheld' as const) },
    ),
    cancel: fc.oneof(
      { weight: 4, arbitrary: fc.constant(undefined) },
      {
        weight: 1,
        arbitrary: fc.record({
          from: fc.constantFrom('post' as const, 'trace' as const),
          seconds: fc.oneof(fc.constant(0), seconds(20, 200)),
        }),
      },
    ),
    challenges: fc.uniqueArray(fc.record({ slice, share: fc.constantFrom(0, 0.5, 1, 1) }), {
      maxLength: 2,
      selector: (one) => one.slice,
    }),
    rivalClaims: fc.oneof(
      { weight: 9, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
    rivalBids: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      {
        weight: 2,
        arbitrary: fc.array(
          fc.record({ slice, when: fc.constantFrom('first' as const, 'below' as const, 'last' as const) }),
          { minLength: 1, maxLength: 2 },
        ),
      },
    ),
  })
  // Audits are drawn from what isn't required.
  .chain((job) =>
    (job.required.length === 0 ? fc.constant(0) : fc.constantFrom(0, 0, 1)).map((audits) => ({
      ...job,
      audits,
    })),
  );
