import { SliceproofError } from '../../protocol/errors.ts';
import type { BackendName, OpenedKey, ProofBackend } from './backend.ts';
import { ProveError } from './errors.ts';
import { letGo } from './let-go.ts';
import { peakMemoryBytes, resetPeakMemory } from './peak-memory.ts';
import { readKey } from './read-key.ts';
import type { MeasuredProof, ProveRequest, WorkerMessage } from './worker-messages.ts';

// The process that pool.ts forks: one proof at a time, on so many threads as it is told.

const threads = Number(process.argv[2]);

/** Only the backend that is used is loaded: snarkjs alone takes 30 MiB. */
const BACKENDS: Readonly<Record<BackendName, () => Promise<ProofBackend>>> = {
  snarkjs: async () => (await import('./snarkjs-backend.ts')).createSnarkjsBackend(),
  'native-js': async () => (await import('./native-js/backend.ts')).createNativeJsBackend({ threads }),
};

const backends = new Map<BackendName, Promise<ProofBackend>>();
let lastKey: { readonly id: string; readonly opened: OpenedKey } | undefined;

function send(message: WorkerMessage): void {
  if (!process.connected) return;
  process.send?.(message, undefined, undefined, (error) => {
    // The parent went away while this was written.
    if (error !== null) process.exit(0);
  });
}

function backendOf(name: BackendName): Promise<ProofBackend> {
  const backend = backends.get(name) ?? BACKENDS[name]();
  backends.set(name, backend);
  return backend;
}

async function keyOf({ backend, key: { id, source } }: ProveRequest): Promise<OpenedKey> {
  if (lastKey?.id === id) return lastKey.opened;
  if (source === undefined) {
    throw new ProveError('PROVER_KEY_LOST', 'the worker process no longer has the key it was told to use', {
      retryable: true,
    });
  }
  // The old key goes before the new one comes, so that two are never in memory.
  lastKey = undefined;
  const loaded = await backendOf(backend);
  const bytes = typeof source === 'string' ? await readKey(source) : source;
  const opened = await loaded.open(bytes);
  if (typeof source === 'string' && !loaded.keepsBytes) letGo(bytes);
  lastKey = { id, opened };
  return opened;
}

async function prove(request: ProveRequest): Promise<MeasuredProof> {
  resetPeakMemory();
  const started = performance.now();
  const cpu = process.cpuUsage();
  const key = await keyOf(request);
  const proved = await key.prove(request.witness);
  const used = process.cpuUsage(cpu);
  letGo(request.witness);
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
      // The pool takes it for lost too, and sends it again.
      lastKey = undefined;
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
