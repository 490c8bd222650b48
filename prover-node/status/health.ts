import type { Head } from '../../protocol/chain/head.ts';
import { LEAST_DISK } from '../stake/decide.ts';
import { isRefusal, type Amount, type ReasonCode } from '../reasons.ts';
import type { JobOutlook } from './outlook.ts';

/** Stable, for scripts: docs/operations.md says what each means. */
export const AILMENT_CODES = [
  'STARTING',
  'STOPPING',
  'CHAIN_AWAY',
  'CHAIN_STANDS',
  'CLOCK_OFF',
  'STORE_AWAY',
  'GAS_BALANCE',
  'KEY_AT_WORK',
  'MODEL_GIVEN_UP',
  'DISK_FULL',
  'ALL_REFUSED',
] as const;

/** Why a node can't do its work. */
export interface Ailment {
  readonly code: (typeof AILMENT_CODES)[number];
  /** A sentence with the numbers. */
  readonly text: string;
}

/** What hinders no work of the node itself: stable, as {@link AILMENT_CODES}. */
export const NOTE_CODES = ['KEEPER_BUDGET', 'PROVIDER_FALLBACK'] as const;

export interface Note {
  readonly code: (typeof NOTE_CODES)[number];
  readonly text: string;
}

/** What a node's health follows from. */
export interface Vitals {
  /** `working`, or what it does before it can, or after. */
  readonly doing: string;
  /** Whether the state that it acts on is the chain's. */
  readonly current: boolean;
  readonly head: Head | undefined;
  /** Between blocks; 0: not known. */
  readonly blockSeconds: number;
  /** The machine's clock, seconds since 1970. */
  readonly clock: number;
  /** Stores that gave no answer when they were last asked, of how many. */
  readonly stores: { readonly away: readonly string[]; readonly of: number };
  /** Wei that the key which sends has, and what one job takes at the gas price of now. */
  readonly native: bigint | undefined;
  readonly nativeNeeded: bigint;
  /** Whether another process acts with the account, or sends with the key. */
  readonly twin: boolean;
  readonly othersSend: boolean;
  /** Models of the settings that are given up, each with why. */
  readonly givenUp: readonly string[];
  /** Bytes free where the node keeps its data; undefined: not known. */
  readonly diskFree: number | undefined;
  readonly jobs: readonly JobOutlook[];
  readonly amount: Amount;
}

/** Seconds by which a block may be ahead of the machine's clock, or behind it besides what blocks take. */
const CLOCK_SECONDS = 60;
/** Blocks that may be missed before the chain counts as standing, and the least time for it. */
const MISSED_BLOCKS = 20;
const STANDING_SECONDS = 300;
/** Jobs that are all left for one reason of the node's own. */
const MANY_JOBS = 3;

/** Reasons that lie with the node or its operator; what lies with the market may hold for every job. */
const OWN: readonly ReasonCode[] = [
  'MODEL_NOT_READY',
  'CIRCUIT_NOT_READY',
  'NOT_RUN_YET',
  'TENSORS_NOT_CHECKED',
  'INPUT_NOT_READY',
  'TRACE_NOT_KEPT',
  'OWN_MAXIMUM',
  'CAPACITY',
  'COLLATERAL',
  'EXECUTION_BOND',
  'MAX_BOND',
  'MAX_STAKE_SHARE',
  'GAS_PRICE',
  'GAS_BALANCE',
  'DISK_FULL',
];

/** Why the node can't do its work now; nothing: it can. */
export function ailmentsOf(vitals: Vitals): Ailment[] {
  const { doing, current, stores, native, nativeNeeded, givenUp, diskFree } = vitals;
  if (doing === 'stopping') return [{ code: 'STOPPING', text: 'it takes on nothing new' }];
  if (doing !== 'working') return [{ code: 'STARTING', text: doing }];
  return [
    ...(current
      ? clockAilments(vitals)
      : [{ code: 'CHAIN_AWAY', text: 'no RPC answers as it should' } as const]),
    ...(stores.of > 0 && stores.away.length === stores.of
      ? [{ code: 'STORE_AWAY', text: `no answer from ${stores.away.join(', ')}` } as const]
      : []),
    ...(native !== undefined && native < nativeNeeded
      ? [
          {
            code: 'GAS_BALANCE',
            text: `the key that sends has ${native} wei, a job may take ${nativeNeeded}`,
          } as const,
        ]
      : []),
    ...keyAilments(vitals),
    ...givenUp.map((text) => ({ code: 'MODEL_GIVEN_UP', text }) as const),
    ...(diskFree !== undefined && diskFree < LEAST_DISK
      ? [{ code: 'DISK_FULL', text: `${Math.floor(diskFree / 2 ** 20)} MiB are free for its data` } as const]
      : []),
    ...refusedAilments(vitals),
  ];
}

function keyAilments({ twin, othersSend }: Vitals): Ailment[] {
  if (twin) return [{ code: 'KEY_AT_WORK', text: 'another process acts with its account' }];
  return othersSend ? [{ code: 'KEY_AT_WORK', text: 'another process sends with its key' }] : [];
}

/** What the machine's clock and the chain's last block say of each other. */
export function clockAilments({
  head,
  clock,
  blockSeconds,
}: Pick<Vitals, 'head' | 'clock' | 'blockSeconds'>): Ailment[] {
  if (!head) return [];
  const ahead = head.timestamp - clock;
  const ago = -ahead;
  if (ahead > CLOCK_SECONDS) {
    return [
      { code: 'CLOCK_OFF', text: `the last block is ${ahead.toFixed(0)} s ahead of this machine’s clock` },
    ];
  }
  if (ago <= Math.max(STANDING_SECONDS, MISSED_BLOCKS * blockSeconds)) return [];
  return [
    {
      code: 'CHAIN_STANDS',
      text: `the last block, ${head.number}, is ${ago.toFixed(0)} s old by this machine’s clock`,
    },
  ];
}

/** All jobs left for one and the same reason of the node's own. */
function refusedAilments({ jobs, amount }: Vitals): Ailment[] {
  const refused = jobs.map(({ execution, slices }) => [
    ...(execution ? [execution] : []),
    ...slices.values(),
  ]);
  const [first] = refused.flat();
  const alike = refused.flat().every(({ code }) => code === first.code);
  if (refused.length < MANY_JOBS || !alike || !isRefusal(first.code) || !OWN.includes(first.code)) return [];
  const text = `${refused.length} jobs are all left for ${first.code}: ${first.say(amount)}`;
  return [{ code: 'ALL_REFUSED', text }];
}
