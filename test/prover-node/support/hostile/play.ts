import path from 'node:path';
// Gives way to what runs, a thousand times a second; nothing is taken to have happened by then.
// eslint-disable-next-line no-restricted-syntax
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log as ChainLog } from 'ethers';
import { openAll } from '../../../../protocol/opened.ts';
import { openAccount } from '../../../../prover-node/account.ts';
import { readHead } from '../../../../protocol/chain/head.ts';
import { ChainView } from '../../../../prover-node/chain/view.ts';
import { RivalsHeard } from '../../../../prover-node/turns/rivals.ts';
import type { Snapshot } from '../../../../prover-node/chain/state.ts';
import { Speed } from '../../../../prover-node/pricing/speed.ts';
import { ProofShelf } from '../../../../prover-node/prove/proofs.ts';
import { LiveSettings } from '../../../../prover-node/live.ts';
import { openServices } from '../../../../prover-node/services.ts';
import { NodeMetrics } from '../../../../prover-node/status/metrics.ts';
import { Outlook } from '../../../../prover-node/status/outlook.ts';
import { listeningLog } from '../world.ts';
import { Clock } from './clock.ts';
import type { HostileJob } from './jobs.ts';
import { slowMachine } from './machine.ts';
import type { HostileMarket, Posted } from './market.ts';
import { actsOn, endsForgotten, type Course } from './other-side.ts';
import { BlockSender } from './senders.ts';
import { bitsOf } from '../../../../protocol/contracts/masks.ts';

/** The chain and the machine of a node for some jobs. Times in seconds. */
export interface Terms {
  readonly blockSeconds: number;
  readonly runSeconds: number;
  readonly proofSeconds: number;
  readonly workers: number;
  /** Jobs that are open at once. */
  readonly atOnce: number;
  /** 0 ≤ x < 1: how long each thing takes within what the node allows for. */
  readonly draw: () => number;
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** What became of the jobs. */
export interface Tally {
  readonly jobs: number;
  /** Executions that the node put a bond up for, slices that it put collateral up for, slices that it was paid for. */
  readonly bonds: number;
  readonly collaterals: number;
  readonly paid: number;
  readonly blocks: number;
  /** What it lost: each with the job, and with what the node said of it. */
  readonly losses: readonly {
    readonly what: string;
    readonly job: HostileJob;
    readonly said: readonly string[];
  }[];
  /** What the node said last of the execution of each job that it put no bond up for. */
  readonly reasons: ReadonlyMap<string, number>;
  /** Of its ledger, in all. */
  readonly gained: bigint;
  /** Units of gas. */
  readonly gasUsed: bigint;
}

/** What the node allows for: its own work as many times longer as measured. */
const SAFETY = 1.5;
/** Transactions that miss a block. */
const LATE_SHARE = 0.25;

/** Has a node's real services meet the jobs, on blocks as far apart as told, with proofs that take as long as told. */
export function play(
  market: HostileMarket,
  name: string,
  jobs: readonly HostileJob[],
  terms: Terms,
): Promise<Tally> {
  return openAll(async (opened) => {
    const { world, provider, contracts } = market;
    const { blockSeconds, draw, workers } = terms;
    let time = 0;
    const { log, lines } = listeningLog(() => ({ at: time }));
    const settings = world.settings(name, {
      ...{ store: [world.storeFolder.folder], depositTarget: '0', workers },
      // It looks with the blocks, as this market's clock goes on with them.
      pollSeconds: undefined,
      ...{ capacitySafety: SAFETY, settleMargin: 0, ...terms.settings },
    });
    const clock = new Clock(0);
    const machine = slowMachine(clock, { ...terms, longer: () => 1 + draw() * (SAFETY - 1) });
    const hands = new BlockSender(provider, world.chain.keys[2], () => draw() < LATE_SHARE);
    const account = await openAccount(contracts, hands.sender, settings);
    const shelf = await ProofShelf.open(path.join(settings.dataDir, 'proofs'), { owner: true, log });
    const outlook = new Outlook(log);
    const rivals = new RivalsHeard(contracts.market.interface);
    const services = await openServices(
      {
        ...{
          provider,
          settings,
          live: new LiveSettings(settings),
          contracts,
          sender: hands.sender,
          account,
          rivals,
          shelf,
          outlook,
          log,
        },
        speed: await Speed.load(path.join(settings.dataDir, 'speed.json'), { owner: true, log }),
        metrics: new NodeMetrics(
          () => undefined,
          () => undefined,
          () => Promise.resolve([]),
        ),
        amount: String,
        signal: new AbortController().signal,
      },
      machine,
      opened,
    );
    const view = new ChainView({
      ...{ provider, contracts, account: account.address, log },
      lookedAt: (id) => shelf.hasOpen(id),
    });

    const isBusy = (): boolean =>
      services.underWay() + machine.proving() > hands.held + clock.held + machine.waiting();
    /** Whatever goes on without a block, and without time, has gone on. */
    const settle = async (): Promise<void> => {
      do await sleep(1);
      while (isBusy());
    };

    const saidOf = (id: string): readonly string[] =>
      lines
        .filter(({ jobId }) => jobId === id)
        .map(({ at, message, because, slices, slice }) =>
          JSON.stringify({ at, message, because, slices, slice }),
        );
    const book = new Book(account.address, market, saidOf);
    const waiting = [...jobs];
    const wealth = async (): Promise<bigint> => {
      const [balance, reserved] = await contracts.market.accountOf(account.address);
      return balance + reserved;
    };
    const before = await wealth();
    const head = await provider.getBlock('latest');
    time = head?.timestamp ?? 0;
    let block = head?.number ?? 0;
    let snapshot: Snapshot | undefined;
    let blocks = 0;
    await hands.mined(block);
    const origin = time;
    const nextBlock = async (): Promise<void> => {
      const next = time + Math.max(1, Math.round(blockSeconds * (0.75 + draw() / 2)));
      await clock.advance((next - origin) * 1000, settle);
      const views = new Map(snapshot?.jobs.map((view) => [view.id, view]));
      const means = { ...market, node: account.address, next, blockSeconds, block };
      for (const course of book.courses.values()) {
        const view = views.get(course.id);
        const calls = view ? actsOn(course, view, means) : endsForgotten(course, means);
        for (const [who, call] of calls) await who.send(call);
      }
      while (waiting.length > 0 && book.open < terms.atOnce) {
        book.expect(await market.post(waiting.shift() as HostileJob));
      }
      for (const course of book.courses.values()) await course.bringInput(next);
      await hands.give();
      block = await market.mine(next);
      time = next;
      blocks++;
      await hands.mined(block);
      const address = contracts.deployment.addresses.market;
      const logs = await provider.getLogs({ address, fromBlock: block, toBlock: block });
      book.hear(logs, time);
      view.hear(logs);
      rivals.hear(logs);
      snapshot = await view.read(await readHead(provider, block));
      for (const service of services.all) service.consider(snapshot);
      await settle();
      for (const { jobId, execution } of outlook.jobs()) if (execution) book.reason(jobId, execution.code);
    };
    // The chain's pace is known before the first job comes.
    for (let i = 0; i < 4; i++) await nextBlock();
    do await nextBlock();
    while (waiting.length > 0 || book.open > 0 || hands.held > 0 || machine.proving() > 0);
    await services.idle();
    return { ...book.tally(), blocks, gained: (await wealth()) - before, gasUsed: hands.gasUsed };
  });
}

interface Followed extends Course {
  bringInput(now: number): Promise<void>;
}

/** Seconds after which a late input comes. */
const LATE_SECONDS = 20;

const OVER = new Set(['EXECUTION_TOO_LATE', 'EXECUTION_OVER']);

/** What the chain's events say of the jobs that were sent. */
class Book {
  readonly courses = new Map<string, Followed>();
  readonly #node: string;
  readonly #market: HostileMarket;
  readonly #saidOf: (jobId: string) => readonly string[];
  readonly #sent = new Map<bigint, Posted>();
  readonly #reasons = new Map<string, string>();
  readonly #bonds = new Set<string>();
  readonly #losses: { what: string; id: string; job: HostileJob }[] = [];
  #jobs = 0;
  #collaterals = 0;
  #paid = 0;

  constructor(node: string, market: HostileMarket, saidOf: (jobId: string) => readonly string[]) {
    this.#node = node;
    this.#saidOf = saidOf;
    this.#market = market;
  }

  get open(): number {
    return this.#sent.size + this.courses.size;
  }

  expect(posted: Posted): void {
    this.#sent.set(posted.nonce, posted);
  }

  reason(jobId: string, code: string): void {
    // In the end it is too late for everything.
    if (OVER.has(code) && this.#reasons.has(jobId)) return;
    this.#reasons.set(jobId, code);
  }

  hear(logs: readonly ChainLog[], now: number): void {
    for (const entry of logs) {
      const event = this.#market.contracts.market.interface.parseLog(entry);
      if (!event) continue;
      const id = String(event.args[0]);
      const of = (field: string): boolean => event.args.getValue(field) === this.#node;
      const lost = (what: string): void => {
        const course = this.courses.get(id);
        if (course) this.#losses.push({ what: `${what} at ${now}`, id, job: course.job });
      };
      switch (event.name) {
        case 'JobPosted': {
          const { nonce } = event.args.getValue('request') as { nonce: bigint };
          const posted = this.#sent.get(nonce);
          if (!posted) break;
          this.#sent.delete(nonce);
          this.#jobs++;
          this.courses.set(id, {
            ...{ id, job: posted.job, postedAt: now, done: new Set<string>() },
            bringInput: async (time) => (time > now + LATE_SECONDS ? posted.bringInput() : undefined),
          });
          break;
        }
        case 'JobFinalized':
        case 'JobClosed':
          this.courses.delete(id);
          break;
        case 'ExecutionClaimed':
          if (of('executor')) this.#bonds.add(id);
          break;
        case 'BidPlaced':
          if (of('prover')) this.#collaterals += bitsOf(event.args.slices as bigint).length;
          break;
        case 'SlicesSettled':
          if (of('prover')) this.#paid += bitsOf(event.args.slices as bigint).length;
          break;
        case 'ExecutionLapsed':
        case 'BondForfeited':
          if (of('executor')) lost(event.name);
          break;
        case 'SlicesLapsed':
          if (of('holder')) lost(`${event.name} ${String(event.args.slices)}`);
          break;
      }
    }
    // What was sent for this block is posted, or the market took it for no job.
    for (const { job } of this.#sent.values()) throw new Error(`no job: ${JSON.stringify(job, show)}`);
  }

  tally(): Omit<Tally, 'blocks' | 'gained' | 'gasUsed'> {
    const reasons = new Map<string, number>();
    for (const [id, code] of this.#reasons) {
      if (!this.#bonds.has(id)) reasons.set(code, (reasons.get(code) ?? 0) + 1);
    }
    return {
      jobs: this.#jobs,
      bonds: this.#bonds.size,
      collaterals: this.#collaterals,
      paid: this.#paid,
      losses: this.#losses.map(({ what, id, job }) => ({ what, job, said: this.#saidOf(id) })),
      reasons,
    };
  }
}

function show(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
