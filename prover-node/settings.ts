import { z } from 'zod';
import {
  amountSetting as amount,
  weiSetting as wei,
  gasSettings,
  logLevelSetting,
  marketSettings,
  storeSettings,
} from '../protocol/common-settings.ts';
import { addressSetting, modelIdSetting } from '../protocol/identifier-settings.ts';
import { privateKeySettings } from '../protocol/private-key.ts';
import { PROVIDERS, TRUSTED_PROVIDER } from '../slicer/execute/provider-names.ts';
import { proverSettings } from './prover-settings.ts';

const bps = z.number().int().min(0).max(100_000);
const seconds = z.number().nonnegative();
const url = z.url({ protocol: /^https?$/ });

/** Every setting of a node; `node.example.toml` shows them in use. */
export const nodeSettings = z.object({
  name: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'expected letters, digits, `.`, `_` or `-`')
    .default('node')
    .describe('name of this node in its log'),
  ...marketSettings,
  ...storeSettings,
  ...privateKeySettings,
  account: addressSetting
    .optional()
    .describe('account that bids and is paid, which named this key its operator; left out: the key’s own'),
  dataDir: z
    .string()
    .default('.sliceproof/node')
    .describe('folder of the queue, proofs, traces and fetched artifacts; one node each'),
  roles: z
    .array(z.enum(['execute', 'prove']))
    .min(1)
    .default(['prove'])
    .describe('what the node does: execute, prove or both'),
  aggregator: z
    .array(url)
    .default([])
    .describe('aggregators that proofs are handed to, asked in turn; without one the node settles by itself'),
  models: z
    .array(modelIdSetting)
    .default([])
    .describe('models that are made ready at the start, before a job names them'),
  allowModels: z
    .array(modelIdSetting)
    .default([])
    .describe('models that it works for; none named: all that deny-models doesn’t name'),
  denyModels: z.array(modelIdSetting).default([]).describe('models that it never works for'),
  allowPublishers: z
    .array(addressSetting)
    .default([])
    .describe('accounts whose models it works for; none named: all that deny-publishers doesn’t name'),
  denyPublishers: z.array(addressSetting).default([]).describe('accounts whose models it never works for'),
  allowRequesters: z
    .array(addressSetting)
    .default([])
    .describe('accounts whose jobs it works for; none named: all that deny-requesters doesn’t name'),
  denyRequesters: z.array(addressSetting).default([]).describe('accounts whose jobs it never works for'),
  allowHooks: z
    .array(addressSetting)
    .default([])
    .describe('admission contracts that jobs may name, besides the market’s own lists'),

  ...proverSettings,
  databaseUrl: z
    .url({ protocol: /^postgres(ql)?$/, error: 'expected postgres://user:password@host:port/database' })
    .optional()
    .meta({ secret: true })
    .describe(
      'PostgreSQL through which workers on other machines prove for this node; left out: this machine proves alone',
    ),
  externalProver: z
    .array(z.string().max(4096))
    .default([])
    .describe(
      'provers of slices that other contracts verify, each 0xVERIFIER=command line with {request} and {proof}',
    ),
  executionProvider: z
    .enum(PROVIDERS)
    .default(TRUSTED_PROVIDER)
    .describe(
      'what ONNX Runtime runs slices on that give the same integers there as on cpu; the others run on cpu',
    ),

  costPerSecond: amount
    .default(0n)
    .meta({ unit: 'of the asset' })
    .describe('what a second of one proving worker costs'),
  assetPerNative: amount
    .default(0n)
    .meta({ unit: 'of the asset' })
    .describe('worth of one whole native coin (10^18 wei) of the chain, to reckon gas with'),
  marginBps: bps.default(2_000).meta({ unit: 'hundredths of a percent' }).describe('asked above the cost'),
  minMarginBps: bps
    .default(0)
    .meta({ unit: 'hundredths of a percent' })
    .describe('least margin that is accepted to undercut another bid'),
  minUnitPrice: amount.default(0n).meta({ unit: 'of the asset, a constraint' }).describe('never bid less'),
  maxUnitPrice: amount.optional().meta({ unit: 'of the asset, a constraint' }).describe('never bid more'),
  bidding: z
    .enum(['patient', 'eager'])
    .default('patient')
    .describe('first bid when the price has risen to what is asked (patient) or to the least (eager)'),
  bids: z
    .enum(['send', 'sign'])
    .default('send')
    .describe(
      'bid by its own transactions (send), or sign bids for the aggregators, which bring them; what they don’t is sent',
    ),
  capacitySafety: z
    .number()
    .min(1)
    .max(100)
    .default(1.5)
    .describe('a proof is reckoned to take so many times what was measured'),
  bidGas: z
    .number()
    .int()
    .nonnegative()
    .default(110_000)
    .meta({ unit: 'gas' })
    .describe(
      'gas that a bid takes, however many slices it names; until the node has seen what its own take',
    ),
  settleGas: z
    .number()
    .int()
    .nonnegative()
    .default(330_000)
    .meta({ unit: 'gas' })
    .describe('gas that settling one slice alone takes; until the node has seen what its own take'),
  executeGas: z
    .number()
    .int()
    .nonnegative()
    .default(500_000)
    .meta({ unit: 'gas' })
    .describe('gas that claim, trace and finalize take together; until the node has seen what its own take'),

  maxBond: amount
    .optional()
    .meta({ unit: 'of the asset' })
    .describe('never put up more for one execution; without it what the ledger has free'),
  maxStakeShare: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('never have more than this part of the ledger at stake at once, bonds and collateral together'),
  ...gasSettings,
  minProfit: amount
    .default(0n)
    .meta({ unit: 'of the asset' })
    .describe('never take an execution or a slice that leaves less above its cost'),

  settleMargin: seconds
    .default(60)
    .meta({ unit: 'seconds' })
    .describe('settle by itself when the aggregator has not so long before a hold ends; at most half of it'),
  backstopSeconds: seconds
    .default(300)
    .meta({ unit: 'seconds' })
    .describe(
      'prove what nobody else does, in jobs it executed, so long before the deadline; at most half of it',
    ),
  depositTarget: amount
    .default(0n)
    .meta({ unit: 'of the asset' })
    .describe('the ledger is topped up to so much from the wallet at the start'),
  keeper: z.boolean().default(true).describe('slash holds and claims of others that ran out, for the reward'),
  keeperBudget: wei
    .default(50_000_000_000_000_000n)
    .meta({ unit: 'wei a day' })
    .describe('gas that is spent on others’ defaults and dead jobs in 24 hours at most'),

  pollSeconds: z
    .number()
    .min(0.05)
    .max(600)
    .optional()
    .meta({ unit: 'seconds' })
    .describe('time between looks at the chain; left out: with its blocks'),
  statusHost: z.string().default('127.0.0.1').describe('address that status and metrics listen on'),
  statusPort: z
    .number()
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .describe('port of /metrics, /proofs and /health; 0 takes a free one; without it there is none'),
  alertUrl: url
    .optional()
    .meta({ secret: true })
    .describe('address that each ailment’s begin and end, and what was slashed, is posted to as JSON'),
  alertAfterSeconds: seconds
    .default(60)
    .meta({ unit: 'seconds' })
    .describe('an ailment is posted once it has lasted so long; what is over sooner never'),
  logLevel: logLevelSetting('info'),
});

export type NodeSettings = z.infer<typeof nodeSettings>;

/** The settings by the service's name: flags, environment, the table of the file. */
export const nodeService = { schema: nodeSettings, service: 'node' } as const;
