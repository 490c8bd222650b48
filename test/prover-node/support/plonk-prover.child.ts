// An external prover as an operator writes one: `node plonk-prover.child.ts ZKEY REQUEST PROOF`.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import { writeWitness } from '../../../groth16/formats/witness-file.ts';
import { decodeProgram } from '../../../slicer/integer/serialise.ts';
import type { ExternalRequest } from '../../../prover-node/model/external-provers.ts';
import { plonk } from './plonk.ts';

const [zkey, requestFile, proofFile] = process.argv.slice(2);
const request = JSON.parse(readFileSync(requestFile, 'utf8')) as ExternalRequest;
const { computeWitness } = compileSlice(decodeProgram(readFileSync(request.program)), { mode: 'bits' });
const { values } = computeWitness({
  inputs: request.inputs.map((tensor) => Float64Array.from(tensor.values)),
  inputSalts: request.inputs.map(({ salt }) => BigInt(salt)),
  outputSalts: request.outputs.map(({ salt }) => BigInt(salt)),
  tag: BigInt(request.signals[request.signals.length - 1]),
});
const folder = mkdtempSync(path.join(tmpdir(), 'plonk-prover-'));
try {
  const witness = path.join(folder, 'witness.wtns');
  writeFileSync(witness, writeWitness(values));
  const { proof, publicSignals } = await plonk.prove(zkey, witness);
  if (String(publicSignals) !== String(request.signals)) throw new Error('other signals than asked for');
  const [words] = JSON.parse(
    `[${(await plonk.exportSolidityCallData(proof, publicSignals)).replace('][', '],[')}]`,
  ) as [readonly string[]];
  writeFileSync(proofFile, Buffer.concat(words.map((word) => Buffer.from(word.slice(2), 'hex'))));
} finally {
  rmSync(folder, { recursive: true });
}
process.exit(0);
