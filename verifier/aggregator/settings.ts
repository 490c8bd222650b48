import { z } from 'zod';
import {
  amountSetting as amount,
  databaseSettings,
  gasSettings,
  listenSettings,
  logLevelSetting,
  marketSettings,
  weiSetting as wei,
} from '../../protocol/common-settings.ts';
import { privateKeySettings } from '../../protocol/private-key.ts';

/** Every setting of an aggregator; `aggregator.example.toml` shows them in use. */
export const aggregatorSettings = z.object({
  ...marketSettings,
  ...privateKeySettings,
  ...listenSettings(8700),
  ...databaseSettings({ folder: '.sliceproof/aggregator' }),
  maxBatch: z
    .number()
    .int()
    .min(1)
    .max(256)
    .default(64)
    .meta({ unit: 'proofs' })
    .describe('proofs in one settlement at most; so many are settled at once'),
  maxAgeSeconds: z
    .number()
    .min(0)
    .max(86_400)
    .default(30)
    .meta({ unit: 'seconds' })
    .describe('how long a proof waits for others'),
  safetySeconds: z
    .number()
    .min(0)
    .max(86_400)
    .default(90)
    .meta({ unit: 'seconds' })
    .describe(
      'a proof is settled so long before its time ends, at most 3/4 of the time to prove, whatever else waits',
    ),
  assetPerNative: amount
    .default(0n)
    .meta({ unit: 'of the asset' })
    .describe('worth of one native coin (10^18 wei); 0 settles without asking what gas costs'),
  ...gasSettings,
  verifyThreads: z.number().int().min(1).max(64).default(1).describe('threads that check proofs'),
  maxPending: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(256)
    .describe('submissions checked or waiting for it at once; more are refused as busy'),
  maxPerAddress: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(16)
    .describe('submissions of one network address at once; more are refused as busy'),
  maxStaleShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('share of a prover’s latest proofs that may go stale by its own doing'),
  staleSample: z.number().int().min(1).max(1000).default(8).describe('latest proofs of a prover looked at'),
  staleMemorySeconds: z
    .number()
    .min(1)
    .default(3600)
    .meta({ unit: 'seconds' })
    .describe('how long a stale proof counts against its prover'),
  bidBudget: wei
    .default(0n)
    .meta({ unit: 'wei a day' })
    .describe('gas for bringing bids that provers signed, in any 24 hours at most; 0 takes none'),
  bidAgeSeconds: z
    .number()
    .min(0)
    .max(3600)
    .default(2)
    .meta({ unit: 'seconds' })
    .describe('how long a signed bid waits for others; less where its own time ends'),
  bidCredit: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(64)
    .meta({ unit: 'slices' })
    .describe(
      'slices that bids take for a prover above those of its proofs that are settled here, within stale-memory-seconds',
    ),
  maxBids: z.number().int().min(1).max(10_000).default(256).describe('signed bids that wait at once'),
  maxBidsPerProver: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(16)
    .describe('signed bids of one prover that wait, or were taken in the last minute'),

  pollSeconds: z
    .number()
    .min(0.05)
    .max(600)
    .default(1)
    .meta({ unit: 'seconds' })
    .describe(
      'time between looks at what is due; the chain is asked for its time with its blocks, or so often',
    ),
  stopSeconds: z
    .number()
    .min(0)
    .max(600)
    .default(20)
    .meta({ unit: 'seconds' })
    .describe('how long a settlement under way is waited for when stopping; it goes on after the next start'),
  logLevel: logLevelSetting('info'),
});

export type AggregatorSettings = z.infer<typeof aggregatorSettings>;

/** The settings by the service's name: flags, environment, the table of the file. */
export const aggregatorService = { schema: aggregatorSettings, service: 'aggregator' } as const;
