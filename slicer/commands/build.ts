import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { colour } from '../../protocol/terminal/colour.ts';
import type { Manifest } from '../../protocol/manifest.ts';
import { readNpy } from '../../protocol/npy.ts';
import { labelsBeside, readSampleSets, type Reading, type SampleInput } from '../../protocol/samples.ts';
import { printJson, printTable, standardOutput, type Output } from '../../protocol/terminal/output.ts';
import type { HeldOut } from '../build/accuracy.ts';
import { openModel } from '../build/open-model.ts';
import { buildModel } from '../build/build-model.ts';
import { provableShare } from '../plan/cost/multiply-adds.ts';
import type { MeasuredTradeoff } from '../quantise/tradeoff.ts';
import { withBuildProgress } from './build-progress.ts';
import {
  bitsEverywhere,
  bitsOption,
  budgetAccuracyOption,
  budgetOption,
  calibrateOption,
  dimensionOption,
  minSlicesOption,
  modeOption,
  positive,
  proversOption,
  reading as fromFile,
  readModelFile,
  targetOption,
} from './model-options.ts';
import {
  Assumptions,
  layoutOption,
  meanOption,
  preprocessingOf,
  scaleOption,
  stdOption,
  taskOption,
} from './sample-options.ts';
import { printTradeoff } from './print-tradeoff.ts';
import { provableText } from './print-provable.ts';

/** `sliceproof model build` */
export function buildCommand(): Command {
  return new Command('build')
    .summary('turn an ONNX model into slices, circuits and keys')
    .description(
      'Quantises a float ONNX model, cuts it into slices, compiles each to a circuit and makes its keys. ' +
        'Samples are .npy or .npy.gz files, PNG images, or folders of them. Bytes are what they are for an input of integers, ' +
        'and pixels, divided by 255, for one of reals: --scale, --mean and --std say otherwise; ' +
        'for a model of several inputs a folder with one of these for each, called as the input.',
    )
    .argument('<model>', 'ONNX file of the float model')
    .addOption(calibrateOption())
    .requiredOption('--held-out <samples>', 'inputs that accuracy is measured on')
    .option(
      '--labels <file>',
      'right classes of the held-out inputs, uint8 .npy; default: labels.npy beside them',
    )
    .requiredOption('--out <folder>', 'where the built model goes; an earlier build there is replaced')
    .option('--name <name>', 'what the manifest calls the model; default: its file name')
    .addOption(budgetOption())
    .addOption(minSlicesOption())
    .addOption(targetOption())
    .addOption(proversOption())
    .addOption(modeOption())
    .addOption(budgetAccuracyOption())
    .addOption(bitsOption())
    .addOption(dimensionOption())
    .addOption(taskOption())
    .addOption(scaleOption())
    .addOption(meanOption())
    .addOption(stdOption())
    .addOption(layoutOption())
    .option('--workers <number>', 'threads of the setup; default: one a core', positive)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ sliceproof model build examples/digits/model.onnx --calibrate examples/digits/calibration \\\n' +
        '      --held-out examples/digits/heldout --out build/digits',
    )
    .action(async (model, options) => {
      const output = standardOutput(options.json === true);
      const onnx = await readModelFile(model);
      const { inputs } = await openModel(onnx, options.dimension);
      let tradeoff: MeasuredTradeoff | undefined;
      const assumptions = new Assumptions();
      const preprocessing = preprocessingOf(options);
      const reading = assumptions.reading(preprocessing);
      const manifest = await withBuildProgress(async (onProgress) =>
        buildModel({
          onnx,
          name: options.name ?? path.basename(model, '.onnx'),
          calibration: await fromFile(options.calibrate, () =>
            readSampleSets(options.calibrate, inputs, reading),
          ),
          heldOut: await fromFile(options.heldOut, () =>
            readHeldOut(options.heldOut, { labels: options.labels, inputs, reading }),
          ),
          outDir: options.out,
          setup: 'development',
          budget: options.budget,
          minSlices: options.minSlices,
          target: options.target,
          provers: options.provers,
          mode: options.mode,
          accuracyBudget: options.budgetAccuracy,
          bits: bitsEverywhere(options.bits),
          dimensions: options.dimension,
          task: options.task,
          preprocessing,
          workers: options.workers,
          onProgress,
          onTradeoff: (found) => (tradeoff = found),
          onPlanned: async (planned) => {
            assumptions.budget(options.budget, planned);
            const task = options.labels === undefined ? options.task : 'classify';
            await assumptions.task(task, planned, options.heldOut);
          },
        }),
      );
      if (output.json) {
        printJson(output, {
          ...summaryOf(manifest),
          assumed: assumptions.lines,
          ...(tradeoff ? { tradeoff } : {}),
        });
      } else {
        if (tradeoff) printTradeoff(output, tradeoff);
        printBuild(output, manifest, options);
        for (const line of assumptions.lines) output.write(`${line}\n`);
      }
    }) as unknown as Command;
}

async function readHeldOut(
  place: string,
  of: {
    readonly labels: string | undefined;
    readonly inputs: readonly SampleInput[];
    readonly reading: Reading;
  },
): Promise<HeldOut> {
  const inputs = await readSampleSets(place, of.inputs, of.reading);
  const file = of.labels ?? (await labelsBeside(place));
  if (file === undefined) return { inputs };
  const labels = readNpy(await readFile(file));
  return { inputs, labels: labels.data };
}

/** What `--json` prints; fractions are 0 … 1. */
function summaryOf({ slices, accuracy }: Manifest) {
  const { samples, top1Float, top1Quantised, meanError, maxError } = accuracy;
  return {
    slices: slices.map(({ id, operators, provable, constraints, multiplyAdds, setupSeconds, artifacts }) => ({
      id,
      operators,
      provable,
      constraints,
      multiplyAdds,
      provingKeyBytes: artifacts.provingKey?.bytes ?? 0,
      setupSeconds,
    })),
    provableShare: provableShare(slices),
    totalConstraints: totalOf(slices),
    accuracy: { samples, top1Float, top1Quantised, meanError, maxError },
  };
}

function printBuild(
  output: Output,
  { slices, accuracy, setup }: Manifest,
  { out, budgetAccuracy }: { readonly out: string; readonly budgetAccuracy: number },
): void {
  printTable(
    output,
    ['slice', 'layers', 'operators', 'multiply-adds', 'constraints', 'key KiB', 'setup s'],
    slices.map(({ id, name, operators, provable, constraints, multiplyAdds, artifacts, setupSeconds }) => [
      id,
      name,
      operators.join(' '),
      multiplyAdds ?? 0,
      provable ? constraints : 'not provable',
      Math.ceil((artifacts.provingKey?.bytes ?? 0) / 1024),
      setupSeconds,
    ]),
  );
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  output.write(`constraints    ${totalOf(slices).toLocaleString('en-US')} in ${slices.length} slices\n`);
  output.write(`provable       ${provableText(slices)}\n`);
  printTable(
    output,
    ['held-out samples', 'top-1 float', 'top-1 quantised', 'same answer', 'mean error', 'max error'],
    [
      [
        accuracy.samples,
        percent(accuracy.top1Float),
        percent(accuracy.top1Quantised),
        percent(accuracy.top1Agreement),
        accuracy.meanError.toPrecision(3),
        accuracy.maxError.toPrecision(3),
      ],
    ],
  );
  if (100 * (accuracy.top1Float - accuracy.top1Quantised) > budgetAccuracy) {
    output.write(
      `${colour.yellow(`more than ${budgetAccuracy} points lost: calibrate on more samples, or set --bits`)}\n`,
    );
  }
  if (setup === 'development') {
    output.write(`${colour.red('development setup: whoever ran this build can forge proofs')}\n`);
  }
  output.write(`written to ${out}\n`);
}

function totalOf(slices: Manifest['slices']): number {
  return slices.reduce((sum, { constraints }) => sum + constraints, 0);
}
