import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { readSamples } from '../../protocol/samples.ts';
import { printJson, printTable, standardOutput, type Output } from '../../protocol/terminal/output.ts';
import { sampleShapeOf } from '../build/build-model.ts';
import { planModel } from '../build/plan-model.ts';
import { readOnnx } from '../onnx/index.ts';
import { describeSlices, type SliceDescription } from '../plan/describe.ts';
import type { SlicePlan } from '../plan/plan.ts';
import { planPicture } from '../report/plan-picture.ts';
import {
  bitsEverywhere,
  bitsOption,
  budgetAccuracyOption,
  budgetOption,
  calibrateOption,
  minSlicesOption,
  proversOption,
  reading,
  readModelFile,
  targetOption,
} from './model-options.ts';
import { printTradeoff } from './print-tradeoff.ts';

/** `sliceproof model plan` */
export function planCommand(): Command {
  return new Command('plan')
    .summary('show how a model would be cut, without building it')
    .description(
      'Quantises a float ONNX model and cuts it into slices as build does, and shows what each slice would cost. ' +
        'Makes no circuits and no keys.',
    )
    .argument('<model>', 'ONNX file of the float model')
    .addOption(calibrateOption())
    .addOption(budgetOption())
    .addOption(minSlicesOption())
    .addOption(targetOption())
    .addOption(proversOption())
    .addOption(budgetAccuracyOption())
    .addOption(bitsOption())
    .option('--picture <file>', 'write the slices and what they read as a picture (SVG)')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ sliceproof model plan examples/digits/model.onnx --calibrate examples/digits/calibration \\\n' +
        '      --target latency --picture plan.svg',
    )
    .action(async (model, options) => {
      const output = standardOutput(options.json === true);
      const onnx = await readModelFile(model);
      const shape = sampleShapeOf(onnx);
      const { budget, minSlices, target, provers } = options;
      const { plan, tradeoff } = await planModel(readOnnx(onnx), {
        calibration: await reading(options.calibrate, () => readSamples(options.calibrate, shape)),
        budget,
        minSlices,
        target,
        provers,
        accuracyBudget: options.budgetAccuracy,
        bits: bitsEverywhere(options.bits),
      });
      const slices = describeSlices(plan);
      const { picture } = options;
      if (picture !== undefined) {
        const drawn = planPicture(path.basename(model, '.onnx'), plan, slices);
        await reading(picture, () => writeFile(picture, drawn));
      }
      if (output.json) printJson(output, summaryOf(plan, slices));
      else {
        if (tradeoff) printTradeoff(output, tradeoff);
        printPlan(output, plan, slices);
      }
    }) as unknown as Command;
}

/** What `--json` prints. Seconds, MiB and gas are estimates. */
function summaryOf(plan: SlicePlan, slices: readonly SliceDescription[]) {
  const { seconds, latency, gas, mebibytes } = plan.cost;
  return {
    slices,
    tensors: plan.tensors,
    inputCount: plan.inputCount,
    outputs: plan.outputs,
    totalConstraints: totalOf(slices),
    totalProveSeconds: seconds,
    latencySeconds: latency,
    gas,
    memoryMiB: mebibytes,
  };
}

function printPlan(output: Output, { cost }: SlicePlan, slices: readonly SliceDescription[]): void {
  printTable(
    output,
    ['slice', 'layers', 'operators', 'mode', 'constraints', 'domain', 'fill', 'edge', 'prove s', 'MiB'],
    slices.map((slice) => [
      slice.id,
      slice.name,
      slice.operators.join(' '),
      slice.mode,
      slice.constraints,
      `2^${Math.log2(slice.domain)}`,
      percent(slice.fill),
      percent(slice.boundary),
      Number(slice.proveSeconds.toFixed(2)),
      Math.round(slice.memoryMiB),
    ]),
  );
  output.write(
    `${totalOf(slices).toLocaleString('en-US')} constraints in ${slices.length} slices; estimated: ` +
      `${cost.seconds.toFixed(1)} CPU seconds of proving, all proofs within ${cost.latency.toFixed(1)} s, ` +
      `${Math.round(cost.gas).toLocaleString('en-US')} gas a job, ${Math.round(cost.mebibytes)} MiB\n`,
  );
}

function totalOf(slices: readonly SliceDescription[]): number {
  return slices.reduce((sum, { constraints }) => sum + constraints, 0);
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
