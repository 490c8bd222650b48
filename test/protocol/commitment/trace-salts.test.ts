import { keccak256, solidityPackedKeccak256 } from 'ethers';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { traceSalt } from '../../../protocol/commitment/trace-salts.ts';
import { SCALAR_FIELD } from '../../../protocol/field.ts';

const JOB = keccak256('0x01');
const field = fc.bigInt(0n, SCALAR_FIELD - 1n);

describe('the salts of a trace', () => {
  test('are the hash of the inputs’ salts, the job and the tensor, as anybody can reckon it', () => {
    const packed = solidityPackedKeccak256(
      ['uint256', 'uint256', 'bytes32', 'uint256'],
      [7n, SCALAR_FIELD - 1n, JOB, 3],
    );
    expect(traceSalt([7n, SCALAR_FIELD - 1n], JOB, 3)).toBe(BigInt(packed) % SCALAR_FIELD);
  });

  test('are field elements, and others for every input, job and tensor', () => {
    fc.assert(
      fc.property(field, field, fc.integer({ min: 0, max: 1023 }), (one, other, tensor) => {
        const salt = traceSalt([one], JOB, tensor);
        expect(salt < SCALAR_FIELD).toBe(true);
        const others = [
          traceSalt([one, other], JOB, tensor),
          traceSalt([one], keccak256('0x02'), tensor),
          traceSalt([one], JOB, (tensor + 1) % 1024),
          ...(one === other ? [] : [traceSalt([other], JOB, tensor)]),
        ];
        expect(others).not.toContain(salt);
      }),
    );
  });
});
