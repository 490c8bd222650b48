// Quantises, cuts and compiles a model in both modes and prints every circuit's digest.
import { planModel } from '../../../slicer/build/plan-model.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import { r1csDigest } from '../../../groth16/formats/r1cs-file.ts';
import { encodeProgram } from '../../../slicer/integer/serialise.ts';
import { writeOnnx } from '../../../slicer/onnx/index.ts';
import { createHash } from 'node:crypto';
import { randomImages, randomLenet } from '../../support/lenet.ts';

const { plan } = await planModel(writeOnnx(randomLenet(5)), {
  calibration: randomImages(6, 8, 784).map((image) => [image]),
  bits: { weights: 4, activations: 4 },
});
for (const { name, program } of plan.slices) {
  const digests = (['bits', 'lookups'] as const).map((mode) =>
    Buffer.from(r1csDigest(compileSlice(program, { mode }).r1cs)).toString('hex'),
  );
  const file = createHash('sha256').update(encodeProgram(program)).digest('hex');
  process.stdout.write(`${[name, file, ...digests].join(' ')}\n`);
}
