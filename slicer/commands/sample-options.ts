import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { LAYOUTS, type Preprocessing } from '../../protocol/image.ts';
import { labelsBeside, type Reading } from '../../protocol/samples.ts';
import { numbers } from '../../protocol/terminal/arguments.ts';
import type { PlannedModel } from '../build/plan-model.ts';
import { BUDGETS } from '../plan/budgets.ts';
import { MODEL_LIMITS } from '../plan/limits.ts';
import { TASKS, type Task } from '../quantise/loss.ts';

/** The flags that say what samples and outputs mean. */
export const taskOption = () =>
  new Option(
    '--task <what>',
    'what the output is for: a choice among classes, or numbers; default: classes where it may be one score a class',
  ).choices(TASKS);

export const scaleOption = () =>
  new Option(
    '--scale <number>',
    'what bytes of images and uint8 arrays are multiplied by; default: 1/255, or 1 for an input of integers',
  ).argParser(scale);

export const meanOption = () =>
  new Option('--mean <numbers>', 'taken from bytes times --scale, one number or one a channel').argParser(
    numbers,
  );

export const stdOption = () =>
  new Option('--std <numbers>', 'what they are divided by then').argParser(numbers);

export const layoutOption = () =>
  new Option('--layout <order>', 'where an image’s channels are in the input').choices(LAYOUTS);

function scale(text: string): number {
  const [, above, below = '1'] = /^([\d.eE+-]+)(?:\/([\d.eE+-]+))?$/.exec(text) ?? [];
  const value = Number(above) / Number(below);
  if (Number.isFinite(value) && value !== 0) return value;
  throw new InvalidArgumentError('Expected a number other than 0, e.g. 1 or 1/255.');
}

/** What was said of bytes; undefined where nothing was. */
export function preprocessingOf({ scale, mean, std, layout }: Preprocessing): Preprocessing | undefined {
  const said = Object.entries({ scale, mean, std, layout }).filter(([, value]) => value !== undefined);
  return said.length === 0 ? undefined : Object.fromEntries(said);
}

/** What nobody said and was assumed, for people to read. */
export class Assumptions {
  readonly #lines = new Set<string>();

  get lines(): readonly string[] {
    return [...this.#lines];
  }

  /** How samples are read, noting what bytes are taken for. */
  reading(preprocessing: Preprocessing | undefined): Reading {
    return {
      ...preprocessing,
      onPixels: () =>
        this.#lines.add(
          'bytes of samples are taken for pixels and divided by 255: --scale 1 if they are not',
        ),
    };
  }

  /** What slices were allowed, where it wasn't said and the usual was too little. */
  budget(told: number | undefined, { budget }: PlannedModel): void {
    if (told !== undefined || budget === BUDGETS[0]) return;
    this.#lines.add(
      `slices may take ${budget} constraints: of ${BUDGETS[0]} each a layer doesn't fit, or the model has more than ${MODEL_LIMITS.slices}`,
    );
  }

  /** What the output was taken for, unless it was said or labels lie with the samples. */
  async task(told: Task | undefined, { task, graph }: PlannedModel, samples: string): Promise<void> {
    if (told !== undefined || (task === 'classify' && (await labelsBeside(samples)) !== undefined)) return;
    const [{ name, shape }] = graph.outputs;
    const classes = shape.reduce((product, size) => product * size, 1);
    this.#lines.add(
      task === 'classify'
        ? `output ${name} is taken for scores of ${classes} classes: --task regress if it is numbers`
        : 'outputs are taken for numbers: what may be lost is a mean error',
    );
  }
}
