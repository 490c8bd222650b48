import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createRunner, type SliceRunner } from '../../prover-node/execute/runner.ts';
import { RefusedModels } from '../../prover-node/model/refused-models.ts';
import { ATTRIBUTE_TYPE, modelCodec } from '../../slicer/onnx/schema.ts';
import { ModelProcess, sharedModelProcess } from '../../slicer/execute/process/model-process.ts';
import { artifactOf } from '../../protocol/store/digest.ts';
import { crashingModel } from '../support/crashing-model.ts';
import { listeningLog } from './support/world.ts';

let folder: string;
let runner: SliceRunner | undefined;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-crash-'));
});
afterEach(async () => {
  await runner?.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(): Promise<{ runner: SliceRunner; refused: RefusedModels; messages: () => unknown[] }> {
  const { log, lines } = listeningLog();
  const refused = await RefusedModels.load(path.join(folder, 'refused-models.json'), log);
  runner = createRunner({ refused });
  return { runner, refused, messages: () => lines.map(({ message }) => message) };
}

/** A model of operators of others that passes every check and asks for 2^40 values, which no process may hold. */
function greedy(): Uint8Array {
  const { graph, ...model } = modelCodec.decode(crashingModel());
  const square = { dims: [1], dataType: 7, int64Data: [2 ** 40] };
  const node = [
    { name: 'grow', opType: 'ConstantOfShape', input: ['size'], output: ['grown'] },
    { name: 'sum', opType: 'ReduceSum', input: ['grown'], output: ['total'] },
    { name: 'c', opType: 'Add', input: ['x', 'total'], output: ['c'] },
  ];
  const reduced = { ...node[1], attribute: [{ name: 'keepdims', type: ATTRIBUTE_TYPE.int, i: 0 }] };
  const shape = graph?.input;
  return modelCodec.encode({
    ...model,
    graph: {
      ...graph,
      node: [node[0], reduced, node[2]],
      initializer: [{ name: 'size', ...square }],
      output: shape?.map((value) => ({ ...value, name: 'c' })),
    },
  });
}

/** A small model of others' operators that runs. */
function adding(): Uint8Array {
  const { graph, ...model } = modelCodec.decode(greedy());
  const [, , add] = graph?.node ?? [];
  const node = [{ ...add, input: ['x', 'x'] }];
  return modelCodec.encode({ ...model, graph: { ...graph, node, initializer: [] } });
}

it('is refused before it is run', async () => {
  const { runner, refused } = await open();
  for (const foreign of [true, false]) {
    await expect(
      runner.run({ onnx: crashingModel(), foreign, inputs: [] }, [new Float64Array(12)]),
    ).rejects.toMatchObject({
      code: 'EXECUTE_FOREIGN',
      message: expect.stringContaining('Split node "split"') as string,
    });
  }
  expect(refused.all()).toEqual([]);
});

it('leaves a runner that goes on when it asks for more than there is', async () => {
  const { runner } = await open();
  await expect(
    runner.run({ onnx: greedy(), foreign: true, inputs: [] }, [new Float64Array(12)]),
  ).rejects.toMatchObject({
    code: expect.stringMatching(/^(EXECUTE_|MODEL_)/) as string,
  });
});

it('that keeps its process busy leaves another process for what a stake hangs on', async () => {
  const { runner, refused } = await open();
  const inputs = [new Float64Array(12)];
  const onnx = adding();
  const sum = await runner.run({ onnx, foreign: true, inputs: [] }, inputs);
  const models = new ModelProcess();
  const other = createRunner({ refused, models });
  const busy = sharedModelProcess().processId ?? 0;
  process.kill(busy, 'SIGSTOP');
  try {
    let over = false;
    const waiting = runner.run({ onnx, foreign: true, inputs: [] }, inputs).then(() => (over = true));
    expect(await other.run({ onnx, foreign: true, inputs: [] }, inputs)).toEqual(sum);
    expect(over).toBe(false);
    process.kill(busy, 'SIGCONT');
    await waiting;
  } finally {
    process.kill(busy, 'SIGCONT');
    await other.close();
  }
  expect(models.processId).toBeUndefined();
});

it('is not run again once it crashed, after a restart neither, and is said once', async () => {
  const onnx = greedy();
  const { sha256 } = artifactOf(onnx);
  const first = await open();
  await first.refused.add({ sha256, code: 'MODEL_CRASHED', message: 'it ended with SIGSEGV' });
  await first.refused.add({ sha256, code: 'MODEL_CRASHED', message: 'it ended with SIGSEGV' });
  expect(first.messages()).toEqual(['model refused from now on']);
  const second = await open();
  expect(second.refused.all()).toMatchObject([{ sha256, code: 'MODEL_CRASHED' }]);
  await expect(
    second.runner.run({ onnx, foreign: true, inputs: [] }, [new Float64Array(12)]),
  ).rejects.toMatchObject({
    code: 'MODEL_CRASHED',
    message: 'it ended with SIGSEGV',
    retryable: false,
  });
});
