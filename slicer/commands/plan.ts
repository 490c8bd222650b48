import { stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { readSampleSets } from '../../protocol/samples.ts';
import { printJson, printTable, standardOutput, type Output } from '../../protocol/terminal/output.ts';
import { BuildError } from '../build/errors.ts';
import { readManifest } from '../build/folder.ts';
import { openModel } from '../build/open-model.ts';
import { planModel } from '../build/plan-model.ts';
import { describeSlices, type SliceDescription } from '../plan/describe.ts';
import { provableShare } from '../plan/cost/multiply-adds.ts';
import type { SlicePlan } from '../plan/plan.ts';
import { planPicture } from '../report/plan-picture.ts';
import {
  bitsEverywhere,
  bitsOption,
  budgetAccuracyOption,
  budgetOption,
  calibrateOption,
  dimensionOption,
  minSlicesOption,
  modeOption,
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
import {
  cheatedOption,
  detectOption,
  likelihoodOption,
  lossOption,
  policyOf,
  policyOption,
  requireOption,
  settleTipOption,
  spendOption,
  unitPriceOption,
  valuesOption,
  type PolicyFlags,
} from './policy-options.ts';
import { policyJson, printPolicy } from './print-policy.ts';

/** `sliceproof model plan` */
export function planCommand(): Command {
  return new Command('plan')
    .summary('show how a model would be cut, without building it')
    .description(
      'Quantises a float ONNX model and cuts it into slices as build does, and shows what each slice would cost. ' +
        'Makes no circuits and no keys.',
    )
    .argument('<model>', 'ONNX file of the float model; with --policy also the folder of a built one')
    .addOption(calibrateOption().makeOptionMandatory(false))
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
    .option('--picture <file>', 'write the slices and what they read as a picture (SVG)')
    .addOption(policyOption())
    .addOption(spendOption())
    .addOption(unitPriceOption())
    .addOption(settleTipOption())
    .addOption(detectOption())
    .addOption(cheatedOption())
    .addOption(requireOption())
    .addOption(likelihoodOption())
    .addOption(valuesOption())
    .addOption(lossOption())
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ sliceproof model plan examples/digits/model.onnx --calibrate examples/digits/calibration \\\n' +
        '      --target latency --picture plan.svg\n' +
        '  $ sliceproof model plan build/digits --policy random --detect 0.9 --json > policy.json',
    )
    .action(async (model, options) => {
      const output = standardOutput(options.json === true);
      if (await isFolder(model)) return printBuilt(output, model, options);
      const onnx = await readModelFile(model);
      const { inputs } = await openModel(onnx, options.dimension);
      const assumptions = new Assumptions();
      const reading = assumptions.reading(preprocessingOf(options));
      const { budget, minSlices, target, provers, calibrate } = options;
      if (calibrate === undefined) {
        throw new BuildError(
          'BUILD_CALIBRATE',
          'a float model is planned on samples: give some with --calibrate',
        );
      }
      const planned = await planModel(onnx, {
        dimensions: options.dimension,
        calibration: await fromFile(calibrate, () => readSampleSets(calibrate, inputs, reading)),
        budget,
        minSlices,
        target,
        provers,
        mode: options.mode,
        accuracyBudget: options.budgetAccuracy,
        bits: bitsEverywhere(options.bits),
        task: options.task,
      });
      const { plan, tradeoff } = planned;
      assumptions.budget(budget, planned);
      await assumptions.task(options.task, planned, calibrate);
      const slices = describeSlices(plan);
      const { picture } = options;
      if (picture !== undefined) {
        const drawn = planPicture(path.basename(model, '.onnx'), plan, slices);
        await fromFile(picture, () => writeFile(picture, drawn));
      }
      const policy = await policyOf(
        options,
        slices.map(({ id, name, constraints, provable }) => ({
          id,
          name,
          constraints,
          provable,
          weight: constraints,
        })),
      );
      if (output.json) {
        printJson(output, {
          ...summaryOf(plan, slices),
          task: planned.task,
          assumed: assumptions.lines,
          ...(policy === undefined ? {} : { policy: policyJson(policy) }),
        });
      } else {
        if (tradeoff) printTradeoff(output, tradeoff);
        printPlan(output, plan, slices);
        for (const line of assumptions.lines) output.write(`${line}\n`);
        if (policy) {
          printPolicy(
            output,
            policy,
            slices.map(({ name }) => name),
          );
        }
      }
    }) as unknown as Command;
}

async function isFolder(place: string): Promise<boolean> {
  return stat(place).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Which slices of a model that is built already to have proved. */
async function printBuilt(output: Output, folder: string, flags: PolicyFlags): Promise<void> {
  const { slices } = await readManifest(folder);
  const policy = await policyOf(flags, slices);
  if (policy === undefined) {
    throw new BuildError('BUILD_PLANNED', `${folder} is built already: its slices are in its manifest`, {
      hint: 'Choose which of them to have proved with --policy, or name the ONNX file to plan it anew.',
    });
  }
  if (output.json) return printJson(output, { policy: policyJson(policy) });
  printPolicy(
    output,
    policy,
    slices.map(({ name }) => name),
  );
}

/** What `--json` prints. Seconds, MiB and gas are estimates. */
function summaryOf(plan: SlicePlan, slices: readonly SliceDescription[]) {
  const { seconds, latency, gas, mebibytes } = plan.cost;
  return {
    slices,
    tensors: plan.tensors,
    inputCount: plan.inputCount,
    outputs: plan.outputs,
    provableShare: provableShare(slices),
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
      ...(slice.provable
        ? [
            slice.mode ?? '',
            slice.constraints,
            `2^${Math.log2(slice.domain)}`,
            percent(slice.fill),
            percent(slice.boundary),
            Number(slice.proveSeconds.toFixed(2)),
            Math.round(slice.memoryMiB),
          ]
        : ['—', 'not provable', '—', '—', '—', '—', '—']),
    ]),
  );
  output.write(
    `${totalOf(slices).toLocaleString('en-US')} constraints in ${slices.length} slices; estimated: ` +
      `${cost.seconds.toFixed(1)} CPU seconds of proving, all proofs within ${cost.latency.toFixed(1)} s, ` +
      `${Math.round(cost.gas).toLocaleString('en-US')} gas a job, ${Math.round(cost.mebibytes)} MiB\n`,
  );
  output.write(`provable: ${provableText(slices)}\n`);
}

function totalOf(slices: readonly SliceDescription[]): number {
  return slices.reduce((sum, { constraints }) => sum + constraints, 0);
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
