import { writeWitness } from '../../../groth16/formats/witness-file.ts';
import { createProverPool } from '../../../groth16/prove/pool.ts';
import { developmentSetup } from '../../../groth16/setup/development-setup.ts';
import { deriveDevelopmentPhase1 } from '../../../groth16/setup/trapdoor.ts';
import { squarings } from '../formats/circuits.ts';

// Run by pool.test.ts as a process of its own, which it kills: lets two workers prove, says who they are, stays.
const { r1cs, witness } = squarings(3, 3n);
const phase1 = deriveDevelopmentPhase1(new Uint8Array(1));
const { provingKey } = await developmentSetup(r1cs, { phase1 });
const pool = createProverPool({ workers: 2 });
const job = { provingKey, witness: writeWitness(witness) };
await Promise.all([pool.prove(job), pool.prove(job)]);
process.stdout.write(`${pool.processIds.join(' ')}\n`);
