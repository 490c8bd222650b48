import { z } from 'zod';

const seconds = z.number().int().nonnegative();
const amount = z.bigint().nonnegative();

/**
 * What a requester offers, as `post` takes it. Prices are in the smallest unit of the market's asset; a slice
 * costs its weight (thousands of constraints) times the unit price.
 */
export const offerSchema = z.object({
  /** Where the unit price starts, and where its ramp ends: what the requester must be ready to pay. */
  minUnitPrice: amount.refine((price) => price > 0n, 'expected a price above zero'),
  maxUnitPrice: amount,
  /** Seconds over which the unit price and the execution's price rise. */
  rampSeconds: seconds.default(20),
  /** Seconds after a first bid in which others may undercut it; 0: it wins at once. */
  bidWindow: seconds.default(4),
  /** Seconds that the holder of a slice has for its proof. */
  proveSeconds: seconds.default(120),
  /** By how much a bid must undercut another, in basis points. */
  minUndercutBps: z.number().int().min(0).max(10_000).default(200),
  /** Collateral of a bid in basis points of the slice's highest price; the market wants at least 200%. */
  collateralBps: z.number().int().min(0).default(20_000),
  /** Paid to whoever settles, a slice. */
  settleTip: amount.default(0n),
  /** For running the whole model; the price ramps over `rampSeconds` too. */
  minExecutionPrice: amount.default(0n),
  maxExecutionPrice: amount.default(0n),
  /** Seconds that whoever claims the execution has for its trace. */
  commitSeconds: seconds.default(60),
  /** From the trace to the deadline. */
  jobSeconds: seconds.default(900),
  /** The highest market fee that is accepted, in basis points. */
  maxFeeBps: z.number().int().min(0).max(10_000).default(500),
  /** Seconds for which the request may be posted. */
  validSeconds: seconds.default(600),
});

export type Offer = z.infer<typeof offerSchema>;
