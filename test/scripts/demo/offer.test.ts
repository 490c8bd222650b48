import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { offerSchema } from '../../../client/jobs/offer.ts';
import { decideBids, type Candidate } from '../../../prover-node/bid/decide.ts';
import { asksFor, offerFor, type NodeAsk } from '../../../scripts/demo/offer.ts';

const NOW = 1_700_000_000;

const ask: fc.Arbitrary<NodeAsk> = fc
  .record({
    safety: fc.double({ min: 1, max: 5, noNaN: true }),
    slices: fc.array(
      fc.record({
        weight: fc.integer({ min: 1, max: 60 }),
        // From a fast machine to one that takes hours for a proof.
        seconds: fc.double({ min: 0.01, max: 10_000, noNaN: true }),
        floor: fc.bigInt(1n, 10n ** 15n),
        margin: fc.bigInt(0n, 10n ** 15n),
      }),
      { minLength: 3, maxLength: 3 },
    ),
    execution: fc.record({
      seconds: fc.double({ min: 0.01, max: 1000, noNaN: true }),
      price: fc.bigInt(1n, 10n ** 18n),
    }),
  })
  .map(({ safety, slices, execution }) => ({
    safety,
    model: {
      modelId: '0x1',
      execution: { seconds: execution.seconds, price: execution.price.toString() },
      slices: slices.map(({ weight, seconds, floor, margin }, slice) => ({
        slice,
        weight,
        constraints: weight * 1000,
        seconds,
        floor: floor.toString(),
        ask: (floor + margin).toString(),
      })),
      missing: [],
    },
  }));

describe('the demo’s offer', () => {
  test('is one that every node bids on with every slice of all jobs, however fast or slow it measured itself', () => {
    fc.assert(
      fc.property(
        fc.array(ask, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 4 }),
        (nodes, jobs) => {
          const offer = offerSchema.parse(offerFor(nodes, { jobs, slack: 2, settleTip: 1n }));
          const terms = { ...offer, now: NOW, deadline: NOW + offer.jobSeconds };
          for (const { safety, model } of nodes) {
            const candidates: Candidate[] = Array.from({ length: jobs }).flatMap((_, job) =>
              model.slices.map(({ slice, weight, seconds, floor, ask: asked }) => ({
                slice: 10 * job + slice,
                weight: BigInt(weight),
                price: { floor: BigInt(floor), ask: BigInt(asked) },
                seconds,
                collateral: 0n,
                gas: 0n,
                ramp: offer.maxUnitPrice,
              })),
            );
            const means = {
              policy: 'patient',
              capacity: { workers: 1, safety, stepSeconds: 10 },
              bound: [],
              balance: 0n,
              gas: undefined,
            } as const;
            const bid = decideBids(terms, candidates, means).flatMap(({ slices }) => slices);
            expect(bid.sort((a, b) => a - b)).toEqual(candidates.map(({ slice }) => slice));
            expect(offer.maxExecutionPrice).toBeGreaterThanOrEqual(BigInt(model.execution?.price ?? 0));
          }
          // What the market asks of a job.
          expect(offer.minUnitPrice).toBeGreaterThan(0n);
          expect(offer.minUnitPrice).toBeLessThanOrEqual(offer.maxUnitPrice);
          expect(offer.jobSeconds).toBeGreaterThanOrEqual(
            offer.rampSeconds + offer.bidWindow + 2 * offer.proveSeconds,
          );
        },
      ),
    );
  });

  test('waits for nodes that have not checked the model yet', () => {
    fc.assert(
      fc.property(ask, ({ safety, model }) => {
        const report = {
          name: 'n',
          account: null,
          doing: 'working',
          health: [],
          notes: [],
          underWay: null,
          workers: 1,
          refusedModels: [],
          jobs: [],
        };
        const ready = { ...report, capacitySafety: safety, models: [model] };
        expect(asksFor([ready, ready], '0x1', 3)).toEqual([
          { safety, model },
          { safety, model },
        ]);
        expect(asksFor([ready, { ...ready, models: [] }], '0x1', 3)).toBeUndefined();
        expect(asksFor([ready], '0x1', 4)).toBeUndefined();
        expect(asksFor([{ ...ready, models: [{ ...model, execution: null }] }], '0x1', 3)).toBeUndefined();
      }),
    );
  });
});
