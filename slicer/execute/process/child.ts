import { writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import ort from 'onnxruntime-node';
import { readFrames, writeFrame, type Frame } from './framing.ts';
import type { ElementType, TensorData } from '../../onnx/graph.ts';
import type { ModelPort, Reply, Request } from './messages.ts';
import { bytesOf, dataOfBytes, isPortType } from './tensor-bytes.ts';

// The process in which models run. It has a pipe to whoever started it, and nothing else: no environment, no files, no keys.

/** The pipe: standard input and output could be written to by a model. */
const PIPE = 3;

const SESSION = {
  session: {
    /**
     * Processors that multiply bytes without VNNI add pairs of products of uint8 and int8 up in 16 bits, and ONNX Runtime lets them
     * saturate unless it is told to multiply unsigned ones: `MatMulInteger` and its kin would give one result here and another there.
     */
    x64quantprecision: '1',
    // Its threads would wait for more work by asking for it without end, between one sample and the next too.
    intra_op: { allow_spinning: '0' },
  },
};

const sessions = new Map<number, ort.InferenceSession>();
const pipe = new Socket({ fd: PIPE });

// Ctrl-C and a service manager's stop reach every process: whoever started this one decides when it ends.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);

// Should memory run out all the same, it is this process that has to go.
try {
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // Another system, which has its own ways.
}

function answer(reply: Reply, bodies: readonly Uint8Array[] = []): void {
  writeFrame(pipe, reply, bodies);
}

async function load(request: Extract<Request, { kind: 'load' }>, onnx: Uint8Array): Promise<void> {
  const { id, model, threads, providers } = request;
  const session = await ort.InferenceSession.create(onnx, {
    ...(threads === undefined ? {} : { intraOpNumThreads: threads, interOpNumThreads: 1 }),
    executionProviders: [...providers],
    logSeverityLevel: 4,
    extra: SESSION,
  });
  sessions.set(model, session);
  answer({
    kind: 'loaded',
    id,
    inputs: session.inputMetadata.map(portOf),
    outputs: session.outputMetadata.map(portOf),
  });
}

function portOf(metadata: ort.InferenceSession.ValueMetadata): ModelPort {
  if (!metadata.isTensor) return { name: metadata.name, type: null, shape: [] };
  const { name, type, shape } = metadata;
  return { name, type: isPortType(type) ? type : null, shape: [...shape] };
}

async function run(
  { id, model, inputs }: Extract<Request, { kind: 'run' }>,
  bodies: readonly Uint8Array[],
): Promise<void> {
  const session = sessions.get(model) as ort.InferenceSession;
  const feeds = inputs.map(
    (head, i) =>
      [
        head.name,
        new ort.Tensor(head.type, dataOfBytes(head, bodies[i]) as Float32Array, [...head.shape]),
      ] as const,
  );
  const results = await session.run(Object.fromEntries(feeds));
  const outputs = session.outputNames.map((name) => ({ name, tensor: results[name] }));
  answer(
    {
      kind: 'ran',
      id,
      outputs: outputs.map(({ name, tensor }) => ({ name, type: typeOf(tensor), shape: [...tensor.dims] })),
    },
    outputs.map(({ tensor }) => bytesOf(tensor.data as TensorData)),
  );
}

function typeOf({ type }: ort.Tensor): ElementType {
  if (!isPortType(type)) throw new TypeError(`an output of type ${type}`);
  return type;
}

async function take({ head, bodies }: Frame): Promise<void> {
  // Whoever asks is the process that started this one.
  const request = head as Request;
  const { id, kind } = request;
  try {
    if (kind === 'load') return await load(request, bodies[0]);
    if (kind === 'run') return await run(request, bodies);
    if (kind === 'providers') {
      return answer({ kind, id, names: ort.listSupportedBackends().map(({ name }) => name) });
    }
    await sessions.get(request.model)?.release();
    sessions.delete(request.model);
    answer({ kind: 'released', id });
  } catch (error) {
    const message = (error instanceof Error ? error.message : String(error)).slice(0, 10_000);
    answer({ kind: 'failed', id, failure: { step: kind === 'load' ? 'load' : 'run', message } });
  }
}

let last: Promise<void> = Promise.resolve();
answer({ kind: 'ready' });
// One after the other, so that a crash says whose it was; when the pipe ends, so does this.
await readFrames(pipe, Number.MAX_SAFE_INTEGER, (frame) => {
  last = last.then(() => take(frame));
}).catch(() => undefined);
process.exit(0);
