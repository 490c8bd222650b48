import { Worker } from 'node:worker_threads';
import { moduleBeside } from '../../protocol/beside.ts';
import { NodeError } from '../errors.ts';
import type { Answers, Reply, Request, Task } from './messages.ts';
import type { Workshop } from './workshop.ts';

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** Starts the workshop's thread; it is started anew should it die. */
export function openWorkshop(): Workshop {
  let thread: Worker | undefined;
  let closed = false;
  let counter = 0;
  const waiting = new Map<number, Waiting>();

  const failAll = (error: NodeError): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };

  const start = (): Worker => {
    const started = new Worker(moduleBeside(import.meta.url, './worker'));
    started.on('message', (reply: Reply) => {
      const asked = waiting.get(reply.id);
      waiting.delete(reply.id);
      if ('answer' in reply) return asked?.resolve(reply.answer as never);
      const { code, message, hint, retryable } = reply.failure;
      asked?.reject(new NodeError(code, message, { ...(hint === undefined ? {} : { hint }), retryable }));
    });
    started.on('error', (cause) => lost(started, cause));
    started.on('exit', () => lost(started));
    return started;
  };

  const lost = (gone: Worker, cause?: unknown): void => {
    if (thread !== gone) return;
    thread = undefined;
    failAll(
      new NodeError('NODE_WORKSHOP_LOST', 'the thread that compiles and computes witnesses ended', {
        retryable: true,
        cause,
      }),
    );
  };

  const ask = <Kind extends Task['kind']>(task: Extract<Task, { kind: Kind }>): Promise<Answers[Kind]> =>
    new Promise((resolve, reject) => {
      if (closed) return reject(workshopClosed());
      thread ??= start();
      const id = counter++;
      waiting.set(id, { resolve, reject });
      thread.postMessage({ id, task } satisfies Request);
    });

  return {
    compile: (program, mode) => ask<'compile'>({ kind: 'compile', program, mode }),
    witness: (request) => ask<'witness'>({ kind: 'witness', ...request }),
    evaluate: (program, inputs) => ask<'evaluate'>({ kind: 'evaluate', program, inputs }),
    async close() {
      closed = true;
      failAll(workshopClosed());
      await thread?.terminate();
    },
  };
}

function workshopClosed(): NodeError {
  return new NodeError('NODE_WORKSHOP_CLOSED', 'the node is stopping', { retryable: true });
}
