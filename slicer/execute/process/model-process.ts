import { artifactOf } from '../../../protocol/store/digest.ts';
import type { OnnxTensor } from '../../onnx/graph.ts';
import { ExecuteError } from '../errors.ts';
import { ModelError } from './errors.ts';
import { defaultLimits, type ModelLimits } from './limits.ts';
import type { ModelPort, Request } from './messages.ts';
import { expectRuntime } from './runtime.ts';
import { ChildEnded, RunningChild, type Answer, type Ending } from './running-child.ts';
import { bytesOf, dataOfBytes } from './tensor-bytes.ts';

export interface LoadOptions {
  /** Threads inside one operator; left out: as many as there are cores. */
  readonly threads?: number;
  /** ONNX Runtime's execution providers by name. */
  readonly providers: readonly string[];
}

/** A model that can be run. */
export interface LoadedModel {
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  /**
   * @returns its outputs by name, in the model's order
   * @throws ExecuteError EXECUTE_RUN; ModelError as {@link ModelProcess.load}
   */
  run(inputs: ReadonlyMap<string, OnnxTensor>): Promise<ReadonlyMap<string, OnnxTensor>>;
  close(): Promise<void>;
}

/**
 * Runs ONNX models in a process of their own: what a model's publisher makes of ONNX Runtime happens there, away from keys,
 * stakes and files. The process is started with the first model and kept; when it ends it is started again. Questions are
 * answered one after the other, so that it is known whose fault an end is; and only a model that ends a process that has run
 * nothing else is blamed for it.
 */
export class ModelProcess {
  readonly #limits: ModelLimits;
  #child: RunningChild | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #models = 0;
  #questions = 0;

  constructor(limits: ModelLimits = defaultLimits()) {
    this.#limits = limits;
  }

  /** Of the process, while there is one. */
  get processId(): number | undefined {
    return this.#child?.hasEnded === false ? this.#child.processId : undefined;
  }

  /**
   * @throws ExecuteError EXECUTE_LOAD: ONNX Runtime refuses the file; ModelError MODEL_CRASHED (the process ended by a fault of
   * the model), MODEL_TOO_SLOW, and, retryable, MODEL_STOOD_STILL, MODEL_PROCESS_LOST
   */
  async load(onnx: Uint8Array, options: LoadOptions): Promise<LoadedModel> {
    const model = ++this.#models;
    const { reply } = await this.#inTurn(() => this.#answer(model, onnx, options));
    if (reply.kind !== 'loaded') throw unexpected(reply.kind);
    return {
      inputs: reply.inputs,
      outputs: reply.outputs,
      run: async (inputs) => {
        const heads = [...inputs].map(([name, { type, shape }]) => ({ name, type, shape: [...shape] }));
        const bodies = [...inputs.values()].map(({ data }) => bytesOf(data));
        const request = { kind: 'run', model, inputs: heads } as const;
        return outputsOf(await this.#inTurn(() => this.#answer(model, onnx, options, { request, bodies })));
      },
      close: () => this.#inTurn(() => this.#release(model)),
    };
  }

  /**
   * The execution providers that ONNX Runtime is built with, by its own names.
   * @throws ModelError ONNX_RUNTIME_MISSING, and, retryable, MODEL_PROCESS_LOST
   */
  async providers(): Promise<readonly string[]> {
    const { reply } = await this.#inTurn(async () => {
      const child = await this.#started(false);
      return child.ask({ kind: 'providers', id: this.#questions++ }, []).catch((error: unknown) => {
        throw error instanceof ChildEnded ? lost('ended', error) : error;
      });
    });
    if (reply.kind !== 'providers') throw unexpected(reply.kind);
    return reply.names;
  }

  /** Ends the process. What still waits fails. */
  async close(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    await child?.stop();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** The answer to a question about a model, which is loaded first where it isn't; without a question: to its loading. */
  async #answer(
    model: number,
    onnx: Uint8Array,
    options: LoadOptions,
    question?: {
      readonly request: Omit<Extract<Request, { kind: 'run' }>, 'id'>;
      readonly bodies: readonly Uint8Array[];
    },
  ): Promise<Answer> {
    for (let alone = false; ; alone = true) {
      const child = await this.#started(alone);
      const shared = [...child.loaded].some((other) => other !== model);
      try {
        if (!question || !child.loaded.has(model)) {
          const { threads, providers } = options;
          const loading = { kind: 'load', id: this.#questions++, model, threads, providers } as const;
          // From here on it may have left its mark on the process.
          child.loaded.add(model);
          const loaded = expectDone(await child.ask(loading, [onnx]));
          if (!question) return loaded;
        }
        const { request, bodies } = question;
        return expectDone(await child.ask({ ...request, id: this.#questions++ }, bodies));
      } catch (error) {
        if (!(error instanceof ChildEnded)) throw error;
        const { ending } = error;
        if ((ending.how === 'crashed' || ending.how === 'killed') && shared) continue;
        throw blame(onnx, ending);
      }
    }
  }

  async #started(alone: boolean): Promise<RunningChild> {
    if (alone) await this.close();
    if (this.#child && !this.#child.hasEnded) return this.#child;
    expectRuntime();
    const child = new RunningChild(this.#limits);
    this.#child = child;
    try {
      await child.ready();
    } catch (error) {
      throw error instanceof ChildEnded ? lost('did not start', error) : error;
    }
    return child;
  }

  async #release(model: number): Promise<void> {
    const child = this.#child;
    if (!child || child.hasEnded || !child.loaded.has(model)) return;
    // That it ended is for the next one who needs it to find.
    await child.ask({ kind: 'release', id: this.#questions++, model }, []).catch(() => undefined);
  }
}

/** @throws ExecuteError EXECUTE_LOAD, EXECUTE_RUN */
function expectDone(answer: Answer): Answer {
  const { reply } = answer;
  if (reply.kind !== 'failed') return answer;
  const { step, message } = reply.failure;
  throw step === 'load'
    ? new ExecuteError('EXECUTE_LOAD', `ONNX Runtime refuses the model: ${message}`)
    : new ExecuteError('EXECUTE_RUN', `ONNX Runtime failed: ${message}`);
}

function outputsOf({ reply, bodies }: Answer): ReadonlyMap<string, OnnxTensor> {
  if (reply.kind !== 'ran') throw unexpected(reply.kind);
  return new Map(
    reply.outputs.map((head, i) => {
      const data = bodies[i] && dataOfBytes(head, bodies[i]);
      if (!data) throw unexpected(`${head.name} of ${head.shape.join('×')}`);
      return [head.name, { type: head.type, shape: head.shape, data }];
    }),
  );
}

function lost(how: string, cause: ChildEnded): ModelError {
  return new ModelError('MODEL_PROCESS_LOST', `the process that runs models ${how}: ${cause.message}`, {
    retryable: true,
    cause,
  });
}

function unexpected(what: string): ModelError {
  return new ModelError('MODEL_CRASHED', `the process that runs models answered with ${what}`);
}

function blame(onnx: Uint8Array, { how, words }: Ending): ModelError {
  const { sha256, bytes } = artifactOf(onnx);
  const model = `the model ${sha256} of ${bytes} bytes`;
  const details = { sha256 };
  switch (how) {
    case 'crashed':
      return new ModelError('MODEL_CRASHED', `${model} ended the process that ran it: ${words}`, {
        hint: 'It ran alone in that process, so it is a fault of the model, or it needs more memory than it may have.',
        details,
      });
    case 'slow':
      return new ModelError('MODEL_TOO_SLOW', `${model} was stopped: ${words}`, { details });
    case 'still':
      return new ModelError('MODEL_STOOD_STILL', `${model} was stopped: ${words}`, {
        details,
        retryable: true,
      });
    case 'killed':
      return new ModelError('MODEL_PROCESS_LOST', `the process that ran ${model} is gone: ${words}`, {
        hint: 'Somebody killed it; the system does when memory is short.',
        details,
        retryable: true,
      });
  }
}

let shared: ModelProcess | undefined;

/** The one process of whoever runs models: it waits for the next, and ends with this one. */
export function sharedModelProcess(): ModelProcess {
  return (shared ??= new ModelProcess());
}
