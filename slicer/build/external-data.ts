import { open, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { SlicerError } from '../errors.ts';
import { ONNX_LIMITS } from '../onnx/limits.ts';
import { decodeModel } from '../onnx/prepare/index.ts';
import { graphsOf, withGraphs } from '../onnx/prepare/names.ts';
import { modelCodec, type AttributeProto, type GraphProto, type TensorProto } from '../onnx/schema.ts';

/**
 * A model in one file: with the values that it keeps in files beside it. The same bytes where it keeps none there.
 * @param folder where the model's file is; values are read from there and from folders in it, and from nowhere else
 * @throws SlicerError ONNX_EXTERNAL_DATA: a file that isn't there or lies elsewhere, or has fewer bytes than is said of it;
 * ONNX_TOO_LARGE
 */
export async function withExternalData(onnx: Uint8Array, folder: string): Promise<Uint8Array> {
  const model = decodeModel(onnx);
  const outside = model.graph ? externalTensors(model.graph) : [];
  if (!model.graph || outside.length === 0) return onnx;
  const root = await realpath(folder);
  const values = new Map<TensorProto, Uint8Array>();
  let total = onnx.length;
  for (const tensor of outside) {
    const bytes = await valuesOf(tensor, root, ONNX_LIMITS.fileBytes - total);
    total += bytes.length;
    values.set(tensor, bytes);
  }
  return modelCodec.encode({ ...model, graph: filled(model.graph, values) });
}

function isOutside(tensor: TensorProto): boolean {
  return tensor.dataLocation === 1 || (tensor.externalData?.length ?? 0) > 0;
}

function tensorsIn({ t, tensors = [] }: AttributeProto): readonly TensorProto[] {
  return t ? [t, ...tensors] : tensors;
}

function externalTensors({ initializer = [], node = [] }: GraphProto): readonly TensorProto[] {
  const attributes = node.flatMap(({ attribute = [] }) => attribute);
  return [
    ...[...initializer, ...attributes.flatMap(tensorsIn)].filter(isOutside),
    ...attributes.flatMap(graphsOf).flatMap(externalTensors),
  ];
}

function filled(graph: GraphProto, values: ReadonlyMap<TensorProto, Uint8Array>): GraphProto {
  const fill = (tensor: TensorProto): TensorProto => {
    const rawData = values.get(tensor);
    return rawData ? { ...tensor, rawData, externalData: [], dataLocation: 0 } : tensor;
  };
  return {
    ...graph,
    initializer: (graph.initializer ?? []).map(fill),
    node: (graph.node ?? []).map((node) => ({
      ...node,
      attribute: (node.attribute ?? []).map((one) =>
        withGraphs(
          {
            ...one,
            ...(one.t ? { t: fill(one.t) } : {}),
            ...(one.tensors ? { tensors: one.tensors.map(fill) } : {}),
          },
          (inner) => filled(inner, values),
        ),
      ),
    })),
  };
}

async function valuesOf(tensor: TensorProto, root: string, most: number): Promise<Uint8Array> {
  const name = tensor.name ?? '';
  const entry = (key: string): string | undefined => tensor.externalData?.find((one) => one.key === key)?.value;
  const location = entry('location') ?? '';
  const refuse = (problem: string): SlicerError =>
    new SlicerError('ONNX_EXTERNAL_DATA', `the values of "${name}" are in "${location}": ${problem}`, {
      hint: 'Keep the file beside the model, or save it as one file (onnx.save with save_as_external_data=False).',
    });
  const wanted = path.resolve(root, location);
  const isInside = (place: string): boolean => place.startsWith(root + path.sep);
  if (location === '' || path.isAbsolute(location) || location.includes('\0') || !isInside(wanted)) {
    throw refuse('expected a file in the folder of the model');
  }
  const place = await realpath(wanted).catch(() => undefined);
  if (place === undefined) throw refuse('there is no such file');
  if (!isInside(place) || !(await stat(place)).isFile()) throw refuse('expected a file in the folder of the model');
  const number = (key: string, otherwise: number): number => {
    const text = entry(key);
    return text === undefined ? otherwise : /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  };
  const file = await open(place);
  try {
    const { size } = await file.stat();
    const offset = number('offset', 0);
    const length = number('length', size - offset);
    if (!(length >= 0 && offset + length <= size)) {
      throw refuse(`expected ${length} bytes from ${offset} on, the file has ${size}`);
    }
    if (length > most) {
      throw new SlicerError('ONNX_TOO_LARGE', `the model and its values are over ${ONNX_LIMITS.fileBytes} bytes`);
    }
    const bytes = new Uint8Array(length);
    let read = 0;
    while (read < length) {
      const { bytesRead } = await file.read(bytes, read, Math.min(length - read, 2 ** 30), offset + read);
      if (bytesRead === 0) throw refuse('it ends early');
      read += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
