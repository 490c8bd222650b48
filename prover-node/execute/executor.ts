import type { ContractTransaction } from 'ethers';
import type { NodeAccount } from '../account.ts';
import type { Sender } from '../../protocol/chain/sending/sender.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';
import type { Log } from '../../protocol/log.ts';
import { FileError } from '../../protocol/files/errors.ts';
import { extremeValues, randomValues } from '../../slicer/audit/trial-inputs.ts';
import type { Attempts } from '../attempts.ts';
import type { JobView, Snapshot } from '../chain/state.ts';
import { NodeError } from '../errors.ts';
import type { Model, ModelCatalog } from '../model/catalog.ts';
import type { Readiness } from '../model/readiness.ts';
import { leastIncome } from '../pricing/cost.ts';
import type { GasUsed } from '../pricing/gas-used.ts';
import type { Pricer } from '../pricing/pricer.ts';
import { because, notReady, type Reason } from '../reasons.ts';
import type { ProofShelf } from '../prove/proofs.ts';
import { trialStatement } from '../prove/statement.ts';
import type { Work } from '../bid/capacity.ts';
import { boundWork, mayBecomeDue, type BoundOptions } from '../stake/bound.ts';
import { executionAsWorks, traceGas, whyNoBond, type ExecutionStake } from '../stake/decide.ts';
import type { Stakes } from '../stake/stakes.ts';
import type { Outlook } from '../status/outlook.ts';
import {
  inOrder,
  isItsTurn,
  lookSecondsOf,
  notItsTurn,
  type Place,
  type Race,
  type Turns,
} from '../turns/turns.ts';
import type { TakeUp } from '../take-up.ts';
import type { Execution, Executions } from './executions.ts';
import { ModelRuns, type JobRun, type Lane, type ModelRunsOptions } from './model-runs.ts';
import { bondOf, traceSizeOf, whyNotExecuted } from './plan.ts';

const TRACE_NOT_KEPT = 'NODE_TRACE_NOT_KEPT';

/** All least and all largest. A build, its publication and an audit rehearse far more. */
const EXTREME_RUNS = 2;

export interface ExecutorOptions extends ModelRunsOptions {
  /** What runs a model that was claimed. */
  readonly atStake: Lane;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly contracts: Contracts;
  readonly sender: Sender;
  readonly account: NodeAccount;
  readonly catalog: ModelCatalog;
  readonly attempts: Attempts;
  readonly executions: Executions;
  /** Of the node's proving; undefined when it executes only and relies on others. */
  readonly readiness: Readiness | undefined;
  readonly pricer: Pricer;
  readonly gasUsed: Pick<GasUsed, 'record'>;
  readonly shelf: ProofShelf;
  /** Proofs under way. */
  readonly begun: BoundOptions['begun'];
  readonly backstopSeconds: number;
  readonly stakes: Stakes;
  /** Whose turn it is to claim where others claim too. */
  readonly turns: Turns;
  readonly takeUp: TakeUp;
  /** Models that are run once before a job names them. */
  readonly models: readonly string[];
  /** Told why executions are left. */
  readonly outlook: Outlook;
  readonly log: Log;
}

/** An execution that pays, and is prepared where it is this node's turn. */
interface Claim {
  readonly job: JobView;
  readonly model: Model;
  readonly stake: ExecutionStake;
  readonly race: Race;
  readonly place: Place;
}

/** Runs models for executions that pay, and claims each together with its trace. */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #runs: ModelRuns;
  readonly #runsAtStake: ModelRuns;
  /** Seconds that a run of each model took. */
  readonly #seconds = new Map<string, number>();
  /** Seconds that preparing a job of each model took: fetching its input, a run, checks of its slices, and keeping the trace. */
  readonly #toPrepare = new Map<string, number>();
  #stopped = false;
  #claiming = false;
  /** State of an older block doesn't show the last claim yet. */
  #notBefore = 0;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#runs = new ModelRuns(options);
    this.#runsAtStake = new ModelRuns({ ...options, ...options.atStake });
  }

  /** From now on nothing new is claimed. */
  stop(): void {
    this.#stopped = true;
  }

  consider(snapshot: Snapshot): void {
    const { jobs, now, gasPrice } = snapshot;
    const { catalog, account, models, outlook, stakes, takeUp, executions, turns } = this.#options;
    for (const modelId of takeUp.pending ? [] : models) {
      const model = catalog.ready(modelId);
      if (model && !this.#seconds.has(modelId)) this.#rehearse(model);
    }
    const bound = this.#bound(snapshot);
    void executions.keepJobs(new Set(jobs.map(({ id }) => id)));
    turns.keepJobs(jobs);
    const claims: Claim[] = [];
    for (const job of jobs) {
      if (job.state !== 'posted' && job.state !== 'claimed') continue;
      const isBound = takeUp.binds(job, now);
      if (takeUp.pending && !isBound) continue;
      const refusal = stakes.whyNotServed(job);
      if (refusal) {
        outlook.execution(job.id, refusal);
        continue;
      }
      const model = catalog.ready(job.modelId);
      const seconds = this.#seconds.get(job.modelId);
      if (!model) {
        outlook.execution(job.id, catalog.whyNot(job.modelId));
        continue;
      }
      if (isBound) {
        outlook.execution(job.id, this.#whyUnfinished(job));
        this.#commit(job, model, snapshot);
        continue;
      }
      if (seconds === undefined) {
        this.#rehearse(model);
        outlook.execution(job.id, this.#whyUnrehearsed(job.modelId));
        continue;
      }
      const leastPrice = this.#leastPrice(seconds, gasPrice);
      const canProve = this.#canProve(job, model);
      const stake = this.#stakeOf(job, model, seconds, bound, snapshot);
      // What was claimed a moment ago counts already.
      const measured = stakes.measured(snapshot);
      const { balance } = measured;
      const noBond = whyNoBond(stake, measured, stakes.limits);
      const means = { account: account.address, balance, leastPrice, canProve, whyNoBond: noBond };
      const whyNot = whyNotExecuted(job, now, means);
      const standing = this.#whyUnfinished(job);
      outlook.execution(job.id, whyNot ?? standing);
      if (whyNot || this.#stopped) continue;
      const race = { jobId: job.id, what: 'execution', until: job.commitBy - job.execution.commitSeconds };
      const moment = { now, lookSeconds: lookSecondsOf(measured) };
      const place = turns.placeIn(race, moment);
      if (!isItsTurn(place) && standing.code === 'EXECUTING') outlook.execution(job.id, notItsTurn(place));
      const toPrepare = this.#toPrepare.get(job.modelId) ?? seconds;
      const isPrepared = turns.comesWithin(race, place, moment, toPrepare) && this.#isPrepared(job, model);
      if (isPrepared || !isItsTurn(place)) claims.push({ job, model, stake, race, place });
    }
    this.#claimOne(claims, snapshot);
  }

  /** What running a model takes here, and the least that is asked for it; undefined until it was run once. */
  ask(modelId: string, gasPrice: bigint): { readonly seconds: number; readonly price: bigint } | undefined {
    const seconds = this.#seconds.get(modelId);
    return seconds === undefined ? undefined : { seconds, price: this.#leastPrice(seconds, gasPrice) };
  }

  #leastPrice(seconds: number, gasPrice: bigint): bigint {
    const { pricer } = this.#options;
    return leastIncome(pricer.policy, pricer.execution(seconds, gasPrice), pricer.policy.marginBps);
  }

  #whyUnrehearsed(modelId: string): Reason {
    const { attempts } = this.#options;
    return notReady(
      'NOT_RUN_YET',
      'the model on inputs of its own',
      attempts.failureOf(`rehearse ${modelId}`),
    );
  }

  /** What keeps an execution that the node takes, or has taken. */
  #whyUnfinished({ id, state }: JobView): Reason {
    const { attempts } = this.#options;
    const failure = state === 'posted' ? attempts.failureOf(`prepare ${id}`) : undefined;
    if (failure?.code === TRACE_NOT_KEPT) return because('TRACE_NOT_KEPT', () => failure.message);
    if (failure) return notReady('INPUT_NOT_READY', 'the job’s input, or what comes of it', failure);
    return because('EXECUTING', () => 'it takes the execution, or runs it');
  }

  /**
   * Runs the model on extreme inputs and on random ones: what it takes is known, and that ONNX Runtime gives what the programs
   * say, before anything is claimed.
   */
  #rehearse(model: Model): void {
    const { attempts, randomBytes } = this.#options;
    const { modelId, inputCount, tensors } = model.registered;
    attempts.ensure(`rehearse ${modelId}`, { modelId }, async () => {
      const specs = tensors.slice(0, inputCount);
      const trials = [
        ...Array.from({ length: EXTREME_RUNS }, (_, turn) =>
          specs.map((spec) => extremeValues(spec, turn, randomBytes)),
        ),
        specs.map((spec) => randomValues(spec, randomBytes)),
      ];
      let seconds = 0;
      for (const inputs of trials) ({ seconds } = await this.#runs.run(model, inputs));
      // Known from here on: until then nothing is claimed.
      this.#seconds.set(modelId, seconds);
    });
  }

  /** Whether the circuits are ready of all that its bond hangs on: a publisher may have registered a key that nobody else can prove under. */
  #canProve(job: JobView, model: Model): boolean {
    const { readiness } = this.#options;
    // Asked of all, so that all are made ready.
    return !readiness || mayBecomeDue(job).filter((slice) => !readiness.circuit(model, slice)).length === 0;
  }

  #stakeOf(
    job: JobView,
    model: Model,
    runSeconds: number,
    bound: readonly Work[],
    snapshot: Snapshot,
  ): ExecutionStake {
    const { readiness, pricer } = this.#options;
    const slices = mayBecomeDue(job);
    const proofSeconds =
      readiness &&
      slices.map((slice) => {
        const circuit = readiness.circuit(model, slice);
        return circuit ? pricer.slice(circuit, snapshot.gasPrice, 'alone').seconds : Number.POSITIVE_INFINITY;
      });
    const { bidWindow, proveSeconds } = job.offer;
    const { jobSeconds, challengeSeconds } = job;
    const { commitSeconds } = job.execution;
    const size = traceSizeOf(job, model);
    const verifiers = slices.reduce(
      (sum, slice) => sum + (readiness?.circuit(model, slice)?.verifierGas ?? 0n),
      0n,
    );
    const proving = (pricer.gas.bid + pricer.gas.settle) * BigInt(slices.length) + verifiers;
    return {
      bond: bondOf(job),
      profit: job.executionPriceNow - pricer.execution(runSeconds, snapshot.gasPrice),
      commitSeconds,
      jobSeconds,
      bidWindow,
      proveSeconds,
      challengeable: challengeSeconds > 0,
      runSeconds,
      proofSeconds,
      bound,
      ...size,
      gas: pricer.gas.execute + traceGas(size) + (readiness ? proving : 0n),
    };
  }

  #bound(snapshot: Snapshot): readonly Work[] {
    const { readiness, account, stakes } = this.#options;
    // Without proving nothing is bound to be proved.
    if (!readiness) return [];
    const seen = boundWork(snapshot, { ...this.#options, account: account.address, readiness });
    return [...seen, ...stakes.works];
  }

  /** Claimed only with the trace where others find it: a bond hangs on bringing it, and on proofs of it. */
  #isPrepared(job: JobView, model: Model): boolean {
    const { attempts } = this.#options;
    const fields = { jobId: job.id };
    return attempts.ensure(`prepare ${job.id}`, fields, () => this.#prepare(job, model)) === 'done';
  }

  /** One at a time: the next one is decided on with what this one binds. */
  #claimOne(claims: readonly Claim[], snapshot: Snapshot): void {
    if (this.#claiming || snapshot.block < this.#notBefore) return;
    const own = inOrder(claims.filter(({ place }) => isItsTurn(place)));
    if (own.some((claim) => this.#claim(claim, snapshot))) return;
    this.#options.turns.stoodBack(
      claims.flatMap(({ place, race }) => (isItsTurn(place) ? [] : [race])),
      snapshot.now,
    );
  }

  /** @returns whether it is under way */
  #claim({ job, model, stake }: Claim, { block, now }: Snapshot): boolean {
    const { attempts, account, sender, stakes, gasUsed, clock, log } = this.#options;
    const fields = { jobId: job.id };
    const by = clock() + 1000 * (job.commitBy - job.execution.commitSeconds - now);
    const standing = attempts.ensureSent(`claim ${job.id}`, fields, block, async () => {
      this.#claiming = true;
      try {
        const promise = { amount: stake.bond, gas: stake.gas, works: executionAsWorks(stake) };
        const { blockNumber } = await stakes.promising(promise, async () => {
          const { call, traceDigest } = await this.#traceOf(job, model);
          const withinSeconds = (by - clock()) / 1000;
          const send = () => account.execute(job.id, call.data);
          const sent = await sender.send('claim', send, { withinSeconds });
          this.#notBefore = sent.blockNumber;
          void gasUsed.record('execution', sent.gasUsed);
          log.info({ ...fields, price: job.executionPriceNow.toString() }, 'execution claimed');
          log.info({ ...fields, traceDigest }, 'trace committed');
          return sent;
        });
        return blockNumber;
      } finally {
        this.#claiming = false;
      }
    });
    return standing === 'running';
  }

  /**
   * Runs the model on the job's own input, and each slice that is or may become due through its circuit: an input may be made
   * for one that can't be proved. What comes of it is kept, in the store and here: a full disk, a quota or a clock that is off
   * must not be found out after the claim.
   * @throws NodeError NODE_RUNTIME_DIFFERS, NODE_WITNESS_REFUSED, NODE_TRACE_FALSE, NODE_TRACE_NOT_KEPT
   */
  async #prepare(job: JobView, model: Model): Promise<void> {
    const { readiness, executions, randomBytes, clock } = this.#options;
    const began = clock();
    const ran = await this.#runJob(job, model, this.#runs);
    for (const slice of readiness ? mayBecomeDue(job) : []) {
      const { inputs: reads, outputs: writes } = model.registered.slices[slice];
      const tried = trialStatement(
        model,
        slice,
        [...reads, ...writes].map((id) => ran.values[id]),
        randomBytes,
      );
      // Ready, or there would be no claim.
      await readiness?.circuit(model, slice)?.check(tried);
    }
    try {
      if (!(await executions.find(job.id))) await executions.put(await this.#runs.seal(job, model, ran));
    } catch (cause) {
      const { message } = cause as Error;
      throw new NodeError(TRACE_NOT_KEPT, `the trace can't be kept where others find it: ${message}`, {
        retryable: true,
        hint: 'Nothing was claimed.',
        cause,
      });
    }
    this.#toPrepare.set(job.modelId, (clock() - began) / 1000);
  }

  /** Brings the trace of an execution that the account claimed by other means than this node: a bond hangs on it. */
  #commit(job: JobView, model: Model, { block, now }: Snapshot): void {
    const { attempts, sender, clock, log } = this.#options;
    const by = clock() + 1000 * (job.claimEnd - now);
    attempts.ensureSent(`trace ${job.id}`, { jobId: job.id }, block, async () => {
      const { call, traceDigest } = await this.#traceOf(job, model);
      const withinSeconds = (by - clock()) / 1000;
      const { blockNumber } = await sender.send('trace', () => Promise.resolve(call), { withinSeconds });
      log.info({ jobId: job.id, traceDigest }, 'trace committed');
      return blockNumber;
    });
  }

  /** The call that commits to a job's trace, and to its outputs where they are wanted. */
  async #traceOf(
    job: JobView,
    model: Model,
  ): Promise<{ readonly call: ContractTransaction; readonly traceDigest: string }> {
    const { contracts, executions } = this.#options;
    const { trace, traceDigest } = (await executions.find(job.id)) ?? (await this.#execute(job, model));
    const outputs = job.outputCommitmentOnly ? [] : await this.#runs.outputsOf(model, trace, traceDigest);
    const call = await contracts.market.commitTrace.populateTransaction(
      job.id,
      job.requestId,
      [...trace],
      traceDigest,
      outputs,
    );
    return { call, traceDigest };
  }

  /** For a claim whose trace isn't here any more. One that no disk has room for is brought all the same. */
  async #execute(job: JobView, model: Model): Promise<Execution> {
    const { executions, log } = this.#options;
    const execution = await this.#runs.seal(job, model, await this.#runJob(job, model, this.#runsAtStake));
    await executions.put(execution).catch((error: unknown) => {
      if (!(error instanceof FileError)) throw error;
      log.warn(
        { jobId: job.id, code: error.code, reason: error.message },
        'trace is brought without its file',
      );
      executions.remember(execution);
    });
    return execution;
  }

  async #runJob(job: JobView, model: Model, runs: ModelRuns): Promise<JobRun> {
    const ran = await runs.ofJob(job, model);
    const { seconds, values } = ran;
    this.#seconds.set(job.modelId, seconds);
    this.#options.log.info({ jobId: job.id, tensors: values.length, seconds }, 'model run');
    return ran;
  }
}
