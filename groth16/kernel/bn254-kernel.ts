import type { Bn254, WasmModule } from '../curve/bn254-wasm.ts';
import type { GroupName } from '../curve/group.ts';
import { createModuleWriter } from './assembler.ts';
import type { Functions } from './assembler.ts';
import { FUSED, fuses } from './fused.ts';
import type { Kernel } from './kernel.ts';
import { definePointSums } from './point-sums.ts';
import type { PointSums } from './point-sums.ts';
import { defineTransforms } from './transforms.ts';
import type { Transforms } from './transforms.ts';
import { WIDE } from './wide.ts';

/** Our own arithmetic in the memory of a wasmcurves instance. */
export interface Bn254Kernel {
  readonly name: Kernel['name'];
  readonly sums: Readonly<Record<GroupName, PointSums>>;
  readonly transforms: Transforms;
}

/** The kernels that this machine and this engine can run, the quicker one first. */
export function availableKernels(): readonly Kernel[] {
  return fuses() ? [FUSED, WIDE] : [WIDE];
}

/** By kernel and by where its working memory begins, which is in the code. */
const compiled = new Map<string, WasmModule>();

/** Takes working memory of the instance, 0.7 MiB, that must never be released. */
export function createBn254Kernel(curve: Bn254, kernel: Kernel = availableKernels()[0]): Bn254Kernel {
  const key = `${kernel.name}:${curve.top()}`;
  const writer = createModuleWriter(compiled.get(key));
  const g1 = definePointSums(writer, curve, kernel, 'g1');
  const g2 = definePointSums(writer, curve, kernel, 'g2');
  const transforms = defineTransforms(writer, curve, kernel);
  const module = writer.compile();
  compiled.set(key, module);
  const functions = writer.instantiate(module, curve.memory);
  const own = (): Functions => functions;
  return { name: kernel.name, sums: { g1: g1(own), g2: g2(own) }, transforms: transforms(own) };
}
