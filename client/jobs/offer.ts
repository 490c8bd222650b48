import { z } from 'zod';
import { textOfAmount } from '../../protocol/contracts/ledger-units.ts';
import { ClientError } from '../errors.ts';

/** What the market's words hold: uint32, uint64 and uint96. */
const seconds = z
  .number()
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const amountTo = (most: bigint) => {
  const wanted = `expected an amount of 0 … ${textOfAmount(most)} of the asset`;
  return z.bigint().min(0n, wanted).max(most, wanted);
};
const unitPrice = amountTo(2n ** 64n - 1n);
const amount = amountTo(2n ** 96n - 1n);

/**
 * What a requester offers, as `post` takes it. Prices are in 10^-18 of the market's asset; a slice costs its
 * weight, its circuit's constraints, times the unit price.
 */
export const offerSchema = z.object({
  /** Where the unit price starts, and where its ramp ends: what the requester must be ready to pay. */
  minUnitPrice: unitPrice.refine((price) => price > 0n, 'expected a price above zero'),
  maxUnitPrice: unitPrice,
  /** Seconds over which the unit price and the execution's price rise. */
  rampSeconds: seconds.default(20),
  /** Seconds after a first bid in which others may undercut it; 0: it wins at once. */
  bidWindow: seconds.default(4),
  /** Seconds that the holder of a slice has for its proof. */
  proveSeconds: seconds.default(120),
  /** By how much a bid must undercut another, in basis points. */
  minUndercutBps: z.number().int().min(0).max(10_000).default(200),
  /** Collateral of a bid in basis points of the slice's highest price; the market wants at least 200%. */
  collateralBps: z.number().int().min(0).max(65_535).default(20_000),
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

/** @throws ClientError OFFER_MALFORMED */
export function parseOffer(offer: z.input<typeof offerSchema>): Offer {
  const parsed = offerSchema.safeParse(offer);
  if (parsed.success) return parsed.data;
  throw new ClientError('OFFER_MALFORMED', `an offer that can't be made: ${z.prettifyError(parsed.error)}`);
}
