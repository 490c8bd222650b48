import { z } from 'zod';
import { BadInputError } from '../errors.ts';
import { decodeJson } from '../json.ts';
import { LARGEST_INPUT, type Numbers, type Wanted } from './numbers.ts';

/** Most dimensions of an array, as of a tensor. */
const MOST_DIMENSIONS = 8;

/**
 * One input out of a JSON file: an array of numbers, nested or flat, for a model of one input; for others an object with an
 * array under each input's name. ezkl's `{"input_data": [[…], …]}` holds the inputs in their order.
 * @throws BadInputError INPUT_FORMAT
 */
export function readJsonInput(bytes: Uint8Array, wanted: Wanted): Numbers {
  const body = decodeJson(bytes, {
    schema: z.unknown(),
    maxBytes: LARGEST_INPUT,
    refuse: (reason, cause) => new BadInputError('INPUT_FORMAT', `expected JSON: ${reason}`, { cause }),
  });
  const values: number[] = [];
  const shape = collect(partOf(body, wanted), values, 0);
  return { shape, values };
}

function partOf(body: unknown, { name, place, of }: Wanted): unknown {
  if (Array.isArray(body)) return of === 1 ? body : inPlace(body, place, of);
  if (typeof body !== 'object' || body === null) {
    throw new BadInputError(
      'INPUT_FORMAT',
      'expected an array of numbers, or an object with one for each input',
    );
  }
  const object = body as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(object, name)) return object[name];
  const { input_data: inOrder } = object;
  if (Array.isArray(inOrder)) return inPlace(inOrder, place, of);
  throw new BadInputError(
    'INPUT_FORMAT',
    `expected an array called ${JSON.stringify(name)}, found ${Object.keys(object).slice(0, 10).join(', ') || 'nothing'}`,
  );
}

/** One of as many arrays as there are inputs: of others it can't be told whose they are. */
function inPlace(arrays: readonly unknown[], place: number, of: number): unknown {
  if (arrays.length === of || arrays.every((part) => typeof part === 'number')) return arrays[place];
  throw new BadInputError(
    'INPUT_FORMAT',
    `expected ${of === 1 ? 'one array, that of the input' : `${of} arrays, one of each input`}, found ${arrays.length}`,
    { hint: 'Several inferences are several files.' },
  );
}

/** Adds the numbers to `into`, and says what shape they have. */
function collect(part: unknown, into: number[], depth: number): readonly number[] {
  if (typeof part === 'number') {
    into.push(part);
    return [];
  }
  if (!Array.isArray(part) || depth === MOST_DIMENSIONS) {
    const found = part === undefined ? 'nothing' : JSON.stringify(part).slice(0, 40);
    throw new BadInputError(
      'INPUT_FORMAT',
      `expected numbers in at most ${MOST_DIMENSIONS} dimensions, found ${found}`,
    );
  }
  let inner: readonly number[] | undefined;
  for (const [i, item] of part.entries()) {
    const shape = collect(item, into, depth + 1);
    if (inner !== undefined && String(inner) !== String(shape)) {
      throw new BadInputError(
        'INPUT_FORMAT',
        `expected parts of one shape, part ${i} in dimension ${depth} is ${shape.join('×') || 'a number'}, the first ${inner.join('×') || 'a number'}`,
      );
    }
    inner = shape;
  }
  return [part.length, ...(inner ?? [])];
}
