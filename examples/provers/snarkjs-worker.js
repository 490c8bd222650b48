import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { groth16 } from 'snarkjs';

for await (const line of createInterface({ input: process.stdin })) {
  const { id, zkey, witness, proof } = JSON.parse(line);
  const answer = await groth16.prove(zkey, witness).then(
    (made) => (writeFileSync(proof, JSON.stringify(made.proof)), { id, proved: true }),
    (error) => ({ id, error: String(error) }),
  );
  console.log(JSON.stringify(answer));
}
process.exit();
