import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultLimits } from '../../../slicer/execute/process/limits.ts';
import { ModelProcess, type LoadedModel } from '../../../slicer/execute/process/model-process.ts';
import { sliceOnnx } from '../../../slicer/execute/slice-onnx.ts';
import type { OnnxTensor } from '../../../slicer/onnx/graph.ts';
import { modelCodec } from '../../../slicer/onnx/schema.ts';
import { crashingModel, CRASHING_INPUT } from '../../support/crashing-model.ts';
import { until } from '../../support/until.ts';

const opened: ModelProcess[] = [];
function open(...limits: ConstructorParameters<typeof ModelProcess>): ModelProcess {
  const models = new ModelProcess(...limits);
  opened.push(models);
  return models;
}
afterEach(async () => {
  for (const models of opened.splice(0)) await models.close();
});

const OPTIONS = { threads: 1, providers: ['cpu'] };

/** x · 3, of four values. */
const honest = sliceOnnx(
  {
    tensors: [
      { name: 'x', shape: [4], scale: 0, range: { signed: true, bits: 8 } },
      { name: 'y', shape: [4], scale: 0, range: { signed: true, bits: 10 } },
    ],
    inputs: [0],
    outputs: [1],
    nodes: [{ kind: 'scale', name: 'y', input: 0, output: 1, factors: Int32Array.of(3, 3, 3, 3) }],
  },
  'honest',
);

const four = (...data: number[]): OnnxTensor => ({
  type: 'float32',
  shape: [4],
  data: Float32Array.from(data),
});

async function tripled(model: LoadedModel): Promise<readonly number[]> {
  const [output] = (await model.run(new Map([[model.inputs[0].name, four(1, -2, 3, 4)]]))).values();
  return Array.from(output.data, Number);
}

describe('the process that runs models', () => {
  it('runs what it is given, and is kept', async () => {
    const models = open();
    const model = await models.load(honest, OPTIONS);
    const { processId } = models;
    expect(await tripled(model)).toEqual([3, -6, 9, 12]);
    const other = await models.load(honest, OPTIONS);
    expect(await Promise.all([tripled(model), tripled(other)])).toEqual([
      [3, -6, 9, 12],
      [3, -6, 9, 12],
    ]);
    await model.close();
    expect(await tripled(other)).toEqual([3, -6, 9, 12]);
    expect(models.processId).toBe(processId);
  });

  it('blames a model that ends it by its digest, and runs others all the same', async () => {
    const models = open();
    const good = await models.load(honest, OPTIONS);
    expect(await tripled(good)).toEqual([3, -6, 9, 12]);
    const bad = await models.load(crashingModel(), OPTIONS);
    // The one that waits behind it gets its answer from the next process.
    const [crashed, tried] = await Promise.allSettled([
      bad.run(new Map([['x', CRASHING_INPUT]])),
      tripled(good),
    ]);
    expect(crashed).toMatchObject({
      reason: {
        code: 'MODEL_CRASHED',
        retryable: false,
        details: { sha256: expect.stringMatching(/^0x[0-9a-f]{64}$/) as string },
      },
    });
    expect(String((crashed as PromiseRejectedResult).reason)).toContain('SIG');
    expect(tried).toMatchObject({ value: [3, -6, 9, 12] });
  });

  it('blames nobody when somebody else ends it', async () => {
    const models = open();
    const model = await models.load(honest, OPTIONS);
    const killed = models.processId as number;
    process.kill(killed, 'SIGKILL');
    await until(async () => (models.processId === undefined ? true : undefined));
    expect(await tripled(model)).toEqual([3, -6, 9, 12]);
    expect(models.processId).not.toBe(killed);
  });

  it('has no environment, and nothing open of whoever started it', async () => {
    process.env.SLICEPROOF_TEST_SECRET = 'not for models';
    const folder = mkdtempSync(path.join(tmpdir(), 'sliceproof-process-'));
    const secret = path.join(folder, 'secret');
    const descriptor = openSync(secret, 'w');
    try {
      const models = open();
      await models.load(honest, OPTIONS);
      const of = `/proc/${models.processId}`;
      expect(
        readFileSync(`${of}/environ`, 'latin1')
          .split('\0')
          .filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=|^$/.test(line)),
      ).toEqual(['ORT_DISABLE_TELEMETRY=1']);
      const links = readdirSync(`${of}/fd`).map((fd) => readlinkSync(`${of}/fd/${fd}`));
      expect(links).not.toContain(secret);
      expect(
        links.filter(
          (link) => link.startsWith('/') && !link.startsWith('/dev/') && !link.includes('(deleted)'),
        ),
      ).toEqual([]);
      expect(readFileSync(`${of}/limits`, 'utf8')).toMatch(/Max data size\s+\d+/);
    } finally {
      closeSync(descriptor);
      rmSync(folder, { recursive: true });
      delete process.env.SLICEPROOF_TEST_SECRET;
    }
  });

  it('has so much memory and no more', async () => {
    const models = open({ ...defaultLimits(), memoryBytes: 1.5 * 2 ** 30 });
    // One value, made into 2^29 of them: 2 GiB.
    const large = modelCodec.encode({
      irVersion: 8,
      graph: {
        name: 'large',
        node: [{ name: 'grow', opType: 'Expand', input: ['x', 'shape'], output: ['y'] }],
        initializer: [{ name: 'shape', dims: [1], dataType: 7, int64Data: [2 ** 29] }],
        input: [{ name: 'x', type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1 }] } } } }],
        output: [
          { name: 'y', type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 2 ** 29 }] } } } },
        ],
      },
      opsetImport: [{ domain: '', version: 13 }],
    });
    const model = await models.load(large, OPTIONS);
    const one = { type: 'float32', shape: [1], data: Float32Array.of(1) } as const;
    await expect(model.run(new Map([['x', one]]))).rejects.toMatchObject({
      code: expect.stringMatching(/^(EXECUTE_RUN|MODEL_CRASHED)$/) as string,
    });
    expect(await tripled(await models.load(honest, OPTIONS))).toEqual([3, -6, 9, 12]);
  });

  it('stops a model that uses more of the processor than it may', async () => {
    const models = open({ ...defaultLimits(), cpuSeconds: 1 });
    // A chain of products of 1,024 × 1,024, hours of work.
    const steps = Array.from({ length: 20_000 }, (_, i) => ({
      name: `step${i}`,
      opType: 'MatMul',
      input: [i === 0 ? 'x' : `t${i}`, i === 0 ? 'x' : `t${i}`],
      output: [`t${i + 1}`],
    }));
    const square = { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1024 }, { dimValue: 1024 }] } } };
    const slow = modelCodec.encode({
      irVersion: 8,
      graph: {
        name: 'slow',
        node: steps,
        input: [{ name: 'x', type: square }],
        output: [{ name: `t${steps.length}`, type: square }],
      },
      opsetImport: [{ domain: '', version: 13 }],
    });
    const work = models
      .load(slow, OPTIONS)
      .then((model) =>
        model.run(
          new Map([['x', { type: 'float32', shape: [1024, 1024], data: new Float32Array(2 ** 20) }]]),
        ),
      );
    await expect(work).rejects.toMatchObject({ code: 'MODEL_TOO_SLOW', retryable: false });
  });
});
