import { concat, keccak256, toBeHex } from 'ethers';
import { SCALAR_FIELD } from '../field.ts';

/**
 * The salt of a tensor that a run of the model gives: keccak256(salts of the inputs, in tensor order ‖ job id ‖ tensor id), 32 bytes
 * each, modulo the scalar field's order. So whoever has the input can rebuild the whole trace and open it, and nobody depends on
 * what its executor hands out; whoever hasn't learns nothing by the salt of any tensor of the others', nor by those of other jobs
 * with the same input. Not to be guessed by who doesn't know the input's salts, which are drawn at random.
 * @param inputSalts of the job's inputs, all of them
 * @param jobId 0x and 64 digits
 */
export function traceSalt(inputSalts: readonly bigint[], jobId: string, tensor: number): bigint {
  const words = [...inputSalts.map(word), jobId, word(BigInt(tensor))];
  return BigInt(keccak256(concat(words))) % SCALAR_FIELD;
}

function word(value: bigint): string {
  return toBeHex(value, 32);
}
