import { readFile } from 'node:fs/promises';
import { SliceproofError } from '../../protocol/errors.ts';
import type { BackendName, ProofBackend } from './backend.ts';
import { ProveError } from './errors.ts';
import { peakMemoryBytes, resetPeakMemory } from './peak-memory.ts';
import { createSnarkjsBackend } from './snarkjs-backend.ts';
import type { MeasuredProof, ProveRequest, WorkerMessage } from './worker-messages.ts';

// The process that pool.ts forks: one proof at a time, on one thread.

const BACKENDS: Readonly<Record<BackendName, () => ProofBackend>> = { snarkjs: createSnarkjsBackend };

const backends = new Map<BackendName, ProofBackend>();
let lastKey: { readonly id: string; readonly bytes: Uint8Array } | undefined;

function send(message: WorkerMessage): void {
  if (!process.connected) return;
  process.send?.(message, undefined, undefined, (error) => {
    // The parent went away while this was written.
    if (error !== null) process.exit(0);
  });
}

function backendOf(name: BackendName): ProofBackend {
  const backend = backends.get(name) ?? BACKENDS[name]();
  backends.set(name, backend);
  return backend;
}

async function keyBytes({ id, source }: ProveRequest['key']): Promise<Uint8Array> {
  if (lastKey?.id === id) return lastKey.bytes;
  if (source === undefined) {
    throw new ProveError('PROVER_KEY_LOST', 'the worker process no longer has the key it was told to use', {
      retryable: true,
    });
  }
  // The old key goes before the new one comes, so that two are never in memory.
  lastKey = undefined;
  const bytes = typeof source === 'string' ? await readKey(source) : source;
  lastKey = { id, bytes };
  return bytes;
}

async function readKey(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new ProveError('PROVE_KEY_UNREADABLE', `could not read the proving key ${path}: ${String(cause)}`, {
      cause,
    });
  }
}

async function prove(request: ProveRequest): Promise<MeasuredProof> {
  resetPeakMemory();
  const started = performance.now();
  const cpu = process.cpuUsage();
  const provingKey = await keyBytes(request.key);
  const proved = await backendOf(request.backend).prove({ provingKey, witness: request.witness });
  const used = process.cpuUsage(cpu);
  return {
    ...proved,
    proveSeconds: (performance.now() - started) / 1_000,
    cpuSeconds: (used.user + used.system) / 1e6,
    peakRssBytes: peakMemoryBytes(),
  };
}

process.on('message', (request: ProveRequest) => {
  prove(request).then(
    (proved) => send({ kind: 'proved', id: request.id, ...proved }),
    (error: unknown) => {
      const named =
        error instanceof SliceproofError
          ? error
          : new ProveError('PROVE_FAILED', `the backend ${request.backend} failed: ${String(error)}`);
      send({
        kind: 'failed',
        id: request.id,
        code: named.code,
        message: named.message,
        hint: named.hint,
        retryable: named.retryable,
      });
    },
  );
});
// The parent is gone: nobody waits for the proof.
process.on('disconnect', () => process.exit(0));
// A terminal sends ^C to every process of the group; when to stop is for the parent to say.
process.on('SIGINT', () => {});
send({ kind: 'ready' });
