import { Worker } from 'node:worker_threads';
import { moduleBeside } from '../../../../protocol/beside.ts';
import type { ZkeyContents } from '../../../formats/zkey-file.ts';
import { ProveError } from '../../errors.ts';
import type { SectionParts, SumName, Sums } from '../sums.ts';
import type { FromThread, ToThread } from './messages.ts';
import { partsOf, type Share } from './shares.ts';

interface CopiedPart {
  readonly points: Uint8Array<ArrayBuffer>;
  readonly from: number;
}

/** Threads that add up shares of one proof's sums; one proof at a time. */
export interface ProofThreads {
  /** Gives each thread its share of a key, in the place of the one before. @throws ProveError PROVE_KEY_TOO_LARGE, PROVE_THREAD */
  load(key: ZkeyContents, shares: readonly Share[]): Promise<void>;
  /** Begins with a witness, 32 bytes a wire. */
  begin(values: Uint8Array): SharedProof;
}

export interface SharedProof {
  /** Gives the threads the scalars of H, which those wait for that have a share of it. */
  quotient(scalars: Uint8Array): void;
  /** The sums of each thread's share. @throws ProveError PROVE_THREAD, retryable */
  readonly sums: Promise<readonly Sums[]>;
}

/** Starts so many threads. They don't keep the process from ending while they have nothing to do. */
export function startThreads(count: number): ProofThreads {
  const threads = Array.from({ length: count }, () => new Thread());
  let shares: readonly Share[] = [];
  return {
    async load(key, given) {
      shares = given;
      const { publicSignals, domainSize } = key;
      await Promise.all(
        threads.map((thread, i) => {
          const parts = copied(partsOf(key, given[i]));
          const buffers = Object.values(parts).map(({ points }) => points.buffer);
          thread.restart();
          return thread.ask({ kind: 'load', parts, numbering: { publicSignals, domainSize } }, buffers)
            .answer;
        }),
      );
    },
    begin(values) {
      const witness = shared(values);
      const asked = threads.map((thread) => ({
        thread,
        ...thread.ask({ kind: 'witness', scalars: witness }),
      }));
      const sums = Promise.all(
        asked.map(async ({ answer }) => {
          const said = await answer;
          return said.kind === 'sums' ? said.sums : {};
        }),
      );
      // Whoever began it waits for it later.
      sums.catch(() => undefined);
      return {
        quotient(scalars) {
          const quotient = shared(scalars);
          for (const [i, { thread, id }] of asked.entries()) {
            if (shares[i].h !== undefined) thread.tell({ id, kind: 'quotient', scalars: quotient });
          }
        },
        sums,
      };
    },
  };
}

interface Waiting {
  readonly resolve: (message: FromThread) => void;
  readonly reject: (error: ProveError) => void;
}

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/** One thread, and what it was asked and hasn't answered. */
class Thread {
  #worker: Worker | undefined;
  #asked = 0;
  readonly #waiting = new Map<number, Waiting>();

  /** Another one in the place of one that died. */
  restart(): void {
    this.#worker ??= this.#start();
  }

  ask(
    message: WithoutId<ToThread>,
    transfer: ArrayBuffer[] = [],
  ): { readonly id: number; readonly answer: Promise<FromThread> } {
    const id = ++this.#asked;
    const answer = new Promise<FromThread>((resolve, reject) => {
      if (this.#worker === undefined) return reject(died('it was not started again'));
      this.#waiting.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, ...message }, transfer);
    });
    return { id, answer };
  }

  tell(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  #start(): Worker {
    const worker = new Worker(moduleBeside(import.meta.url, './thread'));
    worker.on('message', (message: FromThread) => {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (this.#waiting.size === 0) worker.unref();
      if (message.kind !== 'failed') waiting?.resolve(message);
      else waiting?.reject(new ProveError(message.code, message.message, { hint: message.hint }));
    });
    const lose = (cause: unknown): void => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const { reject } of this.#waiting.values()) reject(died(cause));
      this.#waiting.clear();
    };
    worker.on('error', lose);
    worker.on('exit', lose);
    return worker;
  }
}

function died(cause: unknown): ProveError {
  return new ProveError('PROVE_THREAD', 'a thread of the proof ended before its work was done', {
    retryable: true,
    hint: 'it may have run out of memory: prove again, or with fewer threads',
    cause,
  });
}

/** Of its own, so that it can be given away. */
function copied(parts: SectionParts): Readonly<Partial<Record<SumName, CopiedPart>>> {
  return Object.fromEntries(
    Object.entries(parts).map(([name, { points, from }]) => [name, { points: new Uint8Array(points), from }]),
  );
}

function shared(bytes: Uint8Array): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(bytes.length);
  new Uint8Array(memory).set(bytes);
  return memory;
}
