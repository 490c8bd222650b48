import { compileSlice } from '../../../slicer/circuit/compile.ts';
import { r1csDigest } from '../../../slicer/formats/r1cs-file.ts';
import { lenetFeatures } from './programs.ts';

// Run on its own by the test that compares two processes.
let next = 1;
const program = lenetFeatures(12, 2, () => ((next = (next * 75) % 65537) % 127) - 63);
process.stdout.write(Buffer.from(r1csDigest(compileSlice(program).r1cs)).toString('hex'));
