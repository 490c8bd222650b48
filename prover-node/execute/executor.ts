import type { NodeAccount } from '../account.ts';
import type { Sender } from '../../protocol/chain/sending/sender.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';
import type { Log } from '../../protocol/log.ts';
import { FileError } from '../../protocol/files/errors.ts';
import { hasKeys, specOf } from '../../protocol/manifest.ts';
import type { ArtifactStore } from '../../protocol/store/store.ts';
import { fieldToHex, type OpenTensor } from '../../protocol/tensor-bundle.ts';
import { openingOf, type OutputOpening } from '../../protocol/output.ts';
import { openTensors, sealTensors } from '../../protocol/trace.ts';
import { extremeValues, randomValues } from '../../slicer/audit/trial-inputs.ts';
import type { TensorValues } from '../../slicer/integer/program.ts';
import type { Attempts } from '../attempts.ts';
import type { JobView, Snapshot } from '../chain/state.ts';
import { NodeError } from '../errors.ts';
import type { Model, ModelCatalog } from '../model/catalog.ts';
import type { Readiness } from '../model/readiness.ts';
import { leastIncome } from '../pricing/cost.ts';
import type { Pricer } from '../pricing/pricer.ts';
import { because, notReady, type Reason } from '../reasons.ts';
import type { ProofShelf } from '../prove/proofs.ts';
import { trialStatement } from '../prove/statement.ts';
import { boundSeconds, mayBecomeDue } from '../stake/bound.ts';
import { traceGas, whyNoBond, type ExecutionStake } from '../stake/decide.ts';
import type { Stakes } from '../stake/stakes.ts';
import type { Outlook } from '../status/outlook.ts';
import type { TakeUp } from '../take-up.ts';
import type { Workshop } from '../work/workshop.ts';
import type { Execution, Executions } from './executions.ts';
import { bondOf, traceSizeOf, whyNotExecuted } from './plan.ts';
import type { SliceRunner } from './runner.ts';

const TRACE_NOT_KEPT = 'NODE_TRACE_NOT_KEPT';

/** All least and all largest. A build, its publication and an audit rehearse far more. */
const EXTREME_RUNS = 2;

export interface ExecutorOptions {
  readonly contracts: Contracts;
  readonly sender: Sender;
  readonly account: NodeAccount;
  readonly store: ArtifactStore;
  readonly catalog: ModelCatalog;
  readonly attempts: Attempts;
  readonly runner: SliceRunner;
  readonly workshop: Workshop;
  readonly executions: Executions;
  /** Of the node's proving; undefined when it executes only and relies on others. */
  readonly readiness: Readiness | undefined;
  readonly pricer: Pricer;
  readonly shelf: ProofShelf;
  readonly stakes: Stakes;
  readonly takeUp: TakeUp;
  /** Models that are run once before a job names them. */
  readonly models: readonly string[];
  /** Told why executions are left. */
  readonly outlook: Outlook;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly log: Log;
  /** Milliseconds, any origin. */
  readonly clock: () => number;
}

/** Claims executions that pay, runs the model, and commits to the trace. */
export class Executor {
  readonly #options: ExecutorOptions;
  /** Seconds that a run of each model took. */
  readonly #seconds = new Map<string, number>();
  #stopped = false;
  #claiming = false;
  /** State of an older block doesn't show the last claim yet. */
  #notBefore = 0;

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  /** From now on nothing new is claimed. */
  stop(): void {
    this.#stopped = true;
  }

  consider(snapshot: Snapshot): void {
    const { jobs, now, gasPrice } = snapshot;
    const { catalog, account, models, outlook, stakes, takeUp, executions } = this.#options;
    for (const modelId of takeUp.pending ? [] : models) {
      const model = catalog.ready(modelId);
      if (model && !this.#seconds.has(modelId)) this.#rehearse(model);
    }
    const bound = this.#boundSeconds(snapshot);
    void executions.keepJobs(new Set(jobs.map(({ id }) => id)));
    for (const job of jobs) {
      if (job.state !== 'posted' && job.state !== 'claimed') continue;
      const isBound = takeUp.binds(job, now);
      if (takeUp.pending && !isBound) continue;
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
      const refusal = whyNoBond(stake, measured, stakes.limits);
      const means = { account: account.address, balance, leastPrice, canProve, whyNoBond: refusal };
      const whyNot = whyNotExecuted(job, now, means);
      outlook.execution(job.id, whyNot ?? this.#whyUnfinished(job));
      if (!whyNot && !this.#stopped) this.#claim(job, model, stake, snapshot);
    }
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
      for (const inputs of trials) ({ seconds } = await this.#run(model, inputs));
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
    bound: number,
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
      boundSeconds: bound,
      ...size,
      gas: pricer.gas.execute + traceGas(size) + (readiness ? proving : 0n),
    };
  }

  #boundSeconds(snapshot: Snapshot): number {
    const { readiness, account } = this.#options;
    // Without proving nothing is bound to be proved.
    return readiness ? boundSeconds(snapshot, { ...this.#options, account: account.address, readiness }) : 0;
  }

  #claim(job: JobView, model: Model, stake: ExecutionStake, { block, now }: Snapshot): void {
    const { attempts, account, sender, stakes, log } = this.#options;
    const fields = { jobId: job.id };
    // Claimed only with the trace where others find it: a bond hangs on bringing it, and on proofs of it.
    if (attempts.ensure(`prepare ${job.id}`, fields, () => this.#prepare(job, model)) !== 'done') return;
    // One at a time: the next one is decided on with what this one binds.
    if (this.#claiming || block < this.#notBefore) return;
    const withinSeconds = job.commitBy - job.execution.commitSeconds - now;
    attempts.ensureSent(`claim ${job.id}`, fields, block, async () => {
      this.#claiming = true;
      try {
        const { blockNumber } = await stakes.promising({ amount: stake.bond, gas: stake.gas }, () =>
          sender.send('claim', () => account.claimExecution(job.id), { withinSeconds }),
        );
        this.#notBefore = blockNumber;
        log.info({ ...fields, price: job.executionPriceNow.toString() }, 'execution claimed');
        return blockNumber;
      } finally {
        this.#claiming = false;
      }
    });
  }

  /**
   * Runs the model on the job's own input, and each slice that is or may become due through its circuit: an input may be made
   * for one that can't be proved. What comes of it is kept, in the store and here: a full disk, a quota or a clock that is off
   * must not be found out after the claim.
   * @throws NodeError NODE_RUNTIME_DIFFERS, NODE_WITNESS_REFUSED, NODE_TRACE_FALSE, NODE_TRACE_NOT_KEPT
   */
  async #prepare(job: JobView, model: Model): Promise<void> {
    const { readiness, executions, randomBytes } = this.#options;
    const { inputs, values } = await this.#runJob(job, model);
    for (const slice of readiness ? mayBecomeDue(job) : []) {
      const { inputs: reads, outputs: writes } = model.registered.slices[slice];
      const tried = trialStatement(
        model,
        slice,
        [...reads, ...writes].map((id) => values[id]),
        randomBytes,
      );
      // Ready, or there would be no claim.
      await readiness?.circuit(model, slice)?.check(tried);
    }
    try {
      if (!(await executions.find(job.id)))
        await executions.put(await this.#seal(job, model, inputs, values));
    } catch (cause) {
      const { message } = cause as Error;
      throw new NodeError(TRACE_NOT_KEPT, `the trace can't be kept where others find it: ${message}`, {
        retryable: true,
        hint: 'Nothing was claimed.',
        cause,
      });
    }
  }

  #commit(job: JobView, model: Model, { block, now }: Snapshot): void {
    const { attempts, contracts, sender, executions, clock, log } = this.#options;
    const by = clock() + 1000 * (job.claimEnd - now);
    attempts.ensureSent(`trace ${job.id}`, { jobId: job.id }, block, async () => {
      const { trace, traceDigest } = (await executions.find(job.id)) ?? (await this.#execute(job, model));
      const outputs = job.outputCommitmentOnly ? [] : await this.#outputs(model, trace, traceDigest);
      const { blockNumber } = await sender.send(
        'trace',
        () => contracts.market.commitTrace.populateTransaction(job.id, [...trace], traceDigest, outputs),
        { withinSeconds: (by - clock()) / 1000 },
      );
      log.info({ jobId: job.id, traceDigest }, 'trace committed');
      return blockNumber;
    });
  }

  /** For a claim whose trace isn't here any more. One that no disk has room for is brought all the same. */
  async #execute(job: JobView, model: Model): Promise<Execution> {
    const { executions, log } = this.#options;
    const { inputs, values } = await this.#runJob(job, model);
    const execution = await this.#seal(job, model, inputs, values);
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

  async #runJob(
    job: JobView,
    model: Model,
  ): Promise<{ readonly inputs: readonly OpenTensor[]; readonly values: readonly TensorValues[] }> {
    const inputs = await this.#input(job, model);
    const { values, seconds } = await this.#run(
      model,
      inputs.map((tensor) => tensor.values),
    );
    this.#seconds.set(job.modelId, seconds);
    this.#options.log.info({ jobId: job.id, tensors: values.length, seconds }, 'model run');
    return { inputs, values };
  }

  /** Puts the tensors of a run into the store. @throws StoreError */
  async #seal(
    job: JobView,
    model: Model,
    inputs: readonly OpenTensor[],
    values: readonly TensorValues[],
  ): Promise<Execution> {
    const { store, randomBytes } = this.#options;
    const { commitments, digest } = await sealTensors(
      store,
      values.map((tensor, id) => ({
        id,
        spec: specOf(model.manifest.tensors[id]),
        values: tensor,
        // The job commits to its inputs with salts of its own.
        ...(id < inputs.length ? { salt: inputs[id].salt } : {}),
      })),
      randomBytes,
    );
    const trace = commitments.map(fieldToHex);
    return { format: 'sliceproof-execution/1', jobId: job.id, trace, traceDigest: digest };
  }

  /** What opens the output's commitments: the salts are in the store, where the run left them. */
  async #outputs(
    { registered: { outputs, tensors } }: Model,
    trace: readonly string[],
    traceDigest: string,
  ): Promise<OutputOpening[]> {
    const wanted = outputs.map((id) => ({ id, spec: tensors[id], commitment: BigInt(trace[id]) }));
    const opened = await openTensors(this.#options.store, traceDigest, wanted);
    return opened.map((tensor, i) => openingOf(wanted[i].spec, tensor));
  }

  /** The job's input, which opens the commitments that the job was posted with. */
  #input(job: JobView, model: Model): Promise<readonly OpenTensor[]> {
    const wanted = job.inputs.map((commitment, id) => ({
      id,
      spec: model.registered.tensors[id],
      commitment: BigInt(commitment),
    }));
    return openTensors(this.#options.store, job.inputDigest, wanted);
  }

  /**
   * Every tensor of the model: each slice in ONNX Runtime, and compared with what its program gives.
   * @throws NodeError NODE_RUNTIME_DIFFERS
   */
  async #run(
    model: Model,
    inputs: readonly TensorValues[],
  ): Promise<{ readonly values: readonly TensorValues[]; readonly seconds: number }> {
    const { store, runner, workshop, clock } = this.#options;
    const values: TensorValues[] = [...inputs];
    const { modelId } = model.registered;
    const start = clock();
    for (const slice of model.manifest.slices) {
      const { id, artifacts, inputs: reads, outputs: writes } = slice;
      const [onnx, program] = await Promise.all([
        store.get(artifacts.onnx.sha256, { maxBytes: artifacts.onnx.bytes }),
        store.get(artifacts.program.sha256, { maxBytes: artifacts.program.bytes }),
      ]);
      const given = reads.map((tensor) => values[tensor]);
      // What no circuit of ours proves has no meaning but what ONNX Runtime makes of it.
      const [ran, meant] = await Promise.all([
        runner.run({ onnx, foreign: !hasKeys(slice) }, given),
        hasKeys(slice) ? workshop.evaluate(program, given) : undefined,
      ]);
      for (const [place, tensor] of writes.entries()) {
        const differs = meant?.[place].findIndex((value, i) => value !== ran[place][i]) ?? -1;
        if (differs >= 0 || (meant && ran[place].length !== meant[place].length)) {
          throw new NodeError(
            'NODE_RUNTIME_DIFFERS',
            `slice ${id} of ${modelId}: ONNX Runtime gives another tensor ${tensor} than the program from value ${differs} on`,
            { hint: 'Use the CPU provider. Nothing was committed.' },
          );
        }
        values[tensor] = ran[place];
      }
    }
    return { values, seconds: (clock() - start) / 1000 };
  }
}
