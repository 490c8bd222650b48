import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { damage } from './damage.ts';
import type { Fault } from './proxy.ts';
import type { Random } from '../random.ts';
import { NODES, type ChaosWorld } from './world.ts';

export const FAULTS = ['kill', 'files', 'rpc', 'store', 'twin', 'chain', 'pause', 'busy'] as const;
export type FaultKind = (typeof FAULTS)[number];

const KILLED = ['store', 'aggregator', 'indexer', 'requester', 'node', 'node'] as const;
const RPC_FAULTS: readonly Fault[] = [
  ...(['busy', 'html', 'empty', 'garbage', 'null', 'limited', 'internal'] as const),
  ...(['lagging', 'stale', 'range', 'reset', 'cut', 'stall', 'slow'] as const),
];
const STORE_FAULTS: readonly Fault[] = [
  ...(['busy', 'html', 'broken', 'full', 'bytes', 'reset', 'cut', 'stall', 'slow'] as const),
];
/** Blocks that a reorganisation replaces at most: what was in them is in no pool. */
const REORGANISED = 5;
/** Seconds that a fault of network, chain or machine lasts: 5 to 20. */
const LEAST_SECONDS = 5;
const MORE_SECONDS = 15;

/** Share of the kills of a node that may meet it while it starts; more of them, and it would never work. */
const WHILE_STARTING = 0.2;

/** What was done in a run. */
export interface Done {
  readonly counts: Map<string, number>;
  /** Second processes with a key at work that got to work too. */
  secondsAtWork: number;
}

/** One fault, from its beginning to its end. */
export async function doFault(
  kind: FaultKind,
  world: ChaosWorld,
  random: Random,
  done: Done,
  say: (text: string) => void,
): Promise<void> {
  const note = (what: string): void => {
    done.counts.set(what, (done.counts.get(what) ?? 0) + 1);
    say(what);
  };
  const node = random.of(NODES);
  const seconds = LEAST_SECONDS + random.below(MORE_SECONDS);
  const spared = !world.isReady(node) && random.next() > WHILE_STARTING;
  switch (kind) {
    case 'kill': {
      const kind = random.of(KILLED);
      if (kind === 'node' && spared) return;
      const name = kind === 'node' ? node : kind;
      await world.kill(name);
      return note(`kill -9 of ${name}`);
    }
    case 'files': {
      if (spared) return;
      let what: string | undefined;
      await world.kill(node, async () => {
        what = await damage(world.dataDirOf(node), random);
      });
      return note(
        what === undefined ? `kill -9 of ${node}` : `broken file (${what.split('/')[0].split(' ')[0]})`,
      );
    }
    case 'chain': {
      if (random.next() < 0.5) {
        const depth = 1 + random.below(REORGANISED);
        await world.chain.reorganise(depth);
        return note('chain: reorganised');
      }
      await world.chain.halt(seconds * 1000);
      return note('chain: stood');
    }
    case 'pause': {
      const name = random.of([...KILLED, ...NODES].filter((one) => one !== 'node'));
      const paused = await world.fleet.pause(name, seconds * 1000);
      return paused ? note(`pause of ${name}`) : undefined;
    }
    case 'busy': {
      await keepBusy(seconds * 1000);
      return note('machine busy');
    }
    case 'rpc':
    case 'store': {
      const fault = random.of(kind === 'rpc' ? RPC_FAULTS : STORE_FAULTS);
      world.ways[kind].fail(fault);
      await sleep(seconds * 1000);
      world.ways[kind].fail(undefined);
      return note(`${kind}: ${fault}`);
    }
    case 'twin': {
      if (!world.isReady(node)) return;
      const { ready } = await world.fleet.tryOnce(world.twinOf(node), ({ msg }) => msg === 'node ready');
      if (ready) done.secondsAtWork += 1;
      return note('second node with one key');
    }
  }
}

/** Two programs for each core that do nothing but work. */
async function keepBusy(milliseconds: number): Promise<void> {
  const args = ['-e', `const end = Date.now() + ${milliseconds}; while (Date.now() < end);`];
  const programs = Array.from({ length: 2 * availableParallelism() }, () =>
    spawn(process.execPath, args, { stdio: 'ignore' }),
  );
  await Promise.all(programs.map((program) => once(program, 'exit')));
}
