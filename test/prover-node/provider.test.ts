// Slices on other execution providers than cpu: compared before they are trusted, and run on cpu where they differ or fail.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { artifactOf } from '../../protocol/store/digest.ts';
import { examineProvider, examineRuntime } from '../../prover-node/doctor/runtime.ts';
import { createComparedRunner } from '../../prover-node/execute/compared-runner.ts';
import { fallbackNotes, openTrust } from '../../prover-node/execute/open-trust.ts';
import { createRunner, type SliceModel, type SliceRunner } from '../../prover-node/execute/runner.ts';
import { ProviderTrust } from '../../prover-node/model/provider-trust.ts';
import { RefusedModels } from '../../prover-node/model/refused-models.ts';
import { MEASURED } from '../../prover-node/pricing/measure.ts';
import { ModelProcess } from '../../slicer/execute/process/model-process.ts';
import { PROVIDERS, TRUSTED_PROVIDER, type OtherProvider } from '../../slicer/execute/provider-names.ts';
import { offeredProviders } from '../../slicer/execute/providers.ts';
import { sliceOnnx } from '../../slicer/execute/slice-onnx.ts';
import { evaluateOutputs } from '../../slicer/integer/evaluate.ts';
import type { IntegerProgram, TensorValues } from '../../slicer/integer/program.ts';
import { until } from '../support/until.ts';
import { listeningLog } from './support/world.ts';

const [, VALUES] = MEASURED.tensors[0].shape;
const ONNX = sliceOnnx(MEASURED, 'layer');
const { sha256 } = artifactOf(ONNX);
const LAYER: SliceModel = {
  onnx: ONNX,
  foreign: false,
  inputs: [{ count: VALUES, signed: false, bits: 8 }],
};
/** Runs of a trial. */
const TRIALS = 8;

/** What a provider that computes one of its values wrongly would run instead. */
const WRONG = sliceOnnx(withBias(MEASURED, 5, 256), 'layer');

function withBias(
  { nodes: [linear, ...nodes], ...program }: IntegerProgram,
  at: number,
  value: number,
): IntegerProgram {
  if (linear.kind !== 'gemm') throw new TypeError('expected a linear layer first');
  return { ...program, nodes: [{ ...linear, bias: linear.bias.with(at, value) }, ...nodes] };
}

const someInputs = (): TensorValues[] => [Float64Array.from(randomBytes(VALUES))];

let folder: string;
const opened: SliceRunner[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-provider-'));
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((runner) => runner.close()));
  await rm(folder, { recursive: true, force: true });
});

interface Opened {
  readonly runner: SliceRunner;
  readonly trust: ProviderTrust;
  readonly refused: RefusedModels;
  /** How often each was asked. */
  readonly asked: { cpu: number; other: number };
  readonly models: ModelProcess;
  readonly lines: readonly Record<string, unknown>[];
  readonly failures: readonly string[];
}

/**
 * @param provider of `trust`
 * @param instead the ONNX file that the other session has in the place of the slice's; left out: it is one on the provider itself
 */
async function open(provider: OtherProvider, instead?: () => Uint8Array): Promise<Opened> {
  const { log, lines } = listeningLog();
  const failures: string[] = [];
  const trust = await ProviderTrust.load({
    provider,
    file: path.join(folder, 'provider-fallbacks.json'),
    log,
    onFailure: (code) => failures.push(code),
  });
  const refused = await RefusedModels.load(path.join(folder, 'refused-models.json'), log);
  const asked = { cpu: 0, other: 0 };
  const counted = (runner: SliceRunner, who: keyof typeof asked): SliceRunner => ({
    run: (model, inputs) => {
      asked[who]++;
      return runner.run(who === 'other' && instead ? { ...model, onnx: instead() } : model, inputs);
    },
    close: () => runner.close(),
  });
  const models = new ModelProcess();
  const runner = createComparedRunner({
    trust,
    cpu: counted(createRunner({ refused, models: new ModelProcess() }), 'cpu'),
    other: counted(createRunner({ refused, models, ...(instead ? {} : { provider }) }), 'other'),
    randomBytes,
  });
  opened.push(runner);
  return { runner, trust, refused, asked, models, lines, failures };
}

describe('a slice on another provider', () => {
  it('of this machine gives the program’s integers, there or, by name, on cpu', async () => {
    const inputs = someInputs();
    const others = (await offeredProviders()).filter((name) => name !== TRUSTED_PROVIDER);
    for (const provider of others) {
      const works = (await examineRuntime({ executionProvider: provider })).some(
        ({ what, state }) => what === `ONNX Runtime, ${provider}` && state === 'ok',
      );
      const { runner, trust, asked, failures } = await open(provider);
      expect(await runner.run(LAYER, inputs)).toEqual(evaluateOutputs(MEASURED, inputs));
      expect(trust.standingOf(sha256), provider).toBe(works ? 'trusted' : 'distrusted');
      // Where it can't be loaded the trial ends with its first run.
      expect(asked).toEqual(works ? { cpu: TRIALS, other: TRIALS + 1 } : { cpu: 2, other: 1 });
      expect(failures).toEqual(works ? [] : ['PROVIDER_FAILED']);
      if (works) continue;
      const [{ message }] = trust.fallbacks();
      expect(trust.fallbacks()).toEqual([{ provider, sha256, code: 'PROVIDER_FAILED', message }]);
      expect(message).toContain('ONNX Runtime refuses the model');
      // A driver may come: it is tried again at the next start.
      const again = await open(provider);
      expect(again.trust.standingOf(sha256)).toBe('untried');
    }
    // ONNX Runtime for Linux, macOS and Windows has one at least.
    expect(others.length).toBeGreaterThan(0);
  });

  it('is run on extreme and random inputs first, once, and there alone when the integers are the same', async () => {
    const { runner, trust, asked, lines } = await open('webgpu', () => ONNX);
    const inputs = someInputs();
    const outputs = await Promise.all([runner.run(LAYER, inputs), runner.run(LAYER, inputs)]);
    for (const output of outputs) expect(output).toEqual(evaluateOutputs(MEASURED, inputs));
    expect(asked).toEqual({ cpu: TRIALS, other: TRIALS + 2 });
    expect(trust.standingOf(sha256)).toBe('trusted');
    expect(fallbackNotes(trust)).toEqual([]);
    expect(lines.map(({ message }) => message)).toEqual(['slice gives the same integers as on cpu']);
  });

  it('runs on cpu where an integer differs, is said once and kept over a restart', async () => {
    const { runner, trust, asked, lines, failures } = await open('webgpu', () => WRONG);
    const inputs = someInputs();
    for (let turn = 0; turn < 2; turn++) {
      expect(await runner.run(LAYER, inputs)).toEqual(evaluateOutputs(MEASURED, inputs));
    }
    const [{ code, message }] = trust.fallbacks();
    expect([code, message]).toEqual([
      'PROVIDER_DIFFERS',
      expect.stringMatching(/^value 5 of output 0 is \d+ on cpu and \d+ there$/),
    ]);
    expect(failures).toEqual(['PROVIDER_DIFFERS']);
    expect(lines).toEqual([
      {
        level: 'warn',
        message: 'slice runs on cpu from now on',
        sha256,
        provider: 'webgpu',
        code,
        reason: message,
      },
    ]);
    expect(fallbackNotes(trust)).toEqual([
      {
        code: 'PROVIDER_FALLBACK',
        text: `1 slice runs on cpu and not on webgpu: the model ${sha256}, PROVIDER_DIFFERS: ${message}`,
      },
    ]);
    // In the trial, and never again.
    expect(asked.other).toBeLessThanOrEqual(TRIALS);

    const again = await open('webgpu', () => ONNX);
    expect(await again.runner.run(LAYER, inputs)).toEqual(evaluateOutputs(MEASURED, inputs));
    expect(again.asked).toEqual({ cpu: 1, other: 0 });
    const doctor = await examineProvider({ executionProvider: 'webgpu', dataDir: folder });
    expect(doctor).toMatchObject({
      state: 'look',
      found: `these run on cpu: ${sha256} (${code}: ${message})`,
    });
    // Another provider is another question, and leaves the answer to this one.
    const cuda = await open('cuda', () => ONNX);
    expect(cuda.trust.standingOf(sha256)).toBe('untried');
    await cuda.trust.distrust({ sha256, code: 'PROVIDER_CRASHED', message: 'it ended' });
    expect((await open('webgpu')).trust.standingOf(sha256)).toBe('distrusted');
  });

  it('that differs once it is trusted is found out by whoever knows better', async () => {
    let onnx = ONNX;
    const { runner, trust, asked } = await open('webgpu', () => onnx);
    const inputs = [new Float64Array(VALUES)];
    const expected = evaluateOutputs(MEASURED, inputs);
    await runner.run(LAYER, inputs);
    onnx = WRONG;
    const wrong = await runner.run(LAYER, inputs);
    expect(wrong).not.toEqual(expected);
    // Where cpu gives the same, others are wrong and not the provider.
    onnx = ONNX;
    expect(await runner.run(LAYER, inputs, () => false)).toEqual(expected);
    expect(trust.standingOf(sha256)).toBe('trusted');
    onnx = WRONG;
    const { other } = asked;
    const isRight = ([output]: readonly TensorValues[]): Promise<boolean> =>
      Promise.resolve(output.every((value, i) => value === expected[0][i]));
    expect(await runner.run(LAYER, inputs, isRight)).toEqual(expected);
    expect(trust.fallbacks()).toMatchObject([{ code: 'PROVIDER_DIFFERS' }]);
    expect(await runner.run(LAYER, inputs)).toEqual(expected);
    expect(asked.other).toBe(other + 1);
  });

  it('that ends its process runs on cpu, and is no refused model', async () => {
    const { runner, trust, refused, asked, models } = await open('webgpu');
    const inputs = someInputs();
    await models.providers();
    const child = models.processId ?? 0;
    process.kill(child, 'SIGSTOP');
    const running = runner.run(LAYER, inputs);
    await until(() => asked.other > 0);
    process.kill(child, 'SIGSEGV');
    process.kill(child, 'SIGCONT');
    expect(await running).toEqual(evaluateOutputs(MEASURED, inputs));
    expect(trust.fallbacks()).toMatchObject([{ code: 'PROVIDER_CRASHED' }]);
    expect(refused.all()).toEqual([]);
    // That isn't tried again, after a restart neither.
    expect((await open('webgpu')).trust.standingOf(sha256)).toBe('distrusted');
  });

  it('is not blamed for what fails on cpu too', async () => {
    const { runner, trust } = await open('webgpu', () => ONNX);
    await runner.run(LAYER, someInputs());
    await expect(runner.run(LAYER, [new Float64Array(3)])).rejects.toMatchObject({ code: 'EXECUTE_INPUT' });
    expect(trust.standingOf(sha256)).toBe('trusted');
  });

  it('is not tried where no circuit proves it', async () => {
    const { runner, asked } = await open('webgpu', () => ONNX);
    const inputs = someInputs();
    const foreign = { ...LAYER, foreign: true };
    expect(await runner.run(foreign, inputs)).toEqual(evaluateOutputs(MEASURED, inputs));
    expect(asked).toEqual({ cpu: 1, other: 0 });
  });
});

describe('a provider that ONNX Runtime does not have here', () => {
  it('is refused by name at the start and by the doctor, and cpu needs no trust', async () => {
    const offered = await offeredProviders();
    const missing = PROVIDERS.find((name) => !offered.includes(name));
    if (missing === undefined) throw new Error('expected no system to have all of them');
    const { log } = listeningLog();
    const trustIn = (executionProvider: typeof missing): Promise<ProviderTrust | undefined> =>
      openTrust({ settings: { executionProvider, dataDir: folder }, log, onFailure: () => undefined });
    const refusal = {
      code: 'ONNX_PROVIDER_MISSING',
      message: `expected an ONNX Runtime with the execution provider ${missing}, the one for ${process.platform} ${process.arch} has ${offered.join(', ')}`,
    };
    await expect(trustIn(missing)).rejects.toMatchObject(refusal);
    await expect(examineProvider({ executionProvider: missing, dataDir: folder })).rejects.toMatchObject(
      refusal,
    );
    expect(await trustIn('cpu')).toBeUndefined();
    // The doctor tries those that it has, whichever is set.
    const found = await examineRuntime({ executionProvider: 'cpu' });
    expect(found).toMatchObject([
      { what: 'ONNX Runtime, cpu', state: 'ok' },
      { what: 'ONNX Runtime, others that it has', state: 'ok' },
    ]);
    for (const name of offered.filter((one) => one !== 'cpu')) {
      expect(found[1].found).toMatch(new RegExp(`${name}: (can't be used: \\w|gives )`));
    }
  });
});
