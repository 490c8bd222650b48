import { describe, expect, it } from 'vitest';
import * as own from '../../../groth16/formats/bn254.ts';
import * as protocol from '../../../protocol/field.ts';

describe('the fields of BN254', () => {
  it('are the same numbers to the proof system and to the protocol, which know nothing of each other', () => {
    expect(own.SCALAR_FIELD).toBe(protocol.SCALAR_FIELD);
    expect(own.BASE_FIELD).toBe(protocol.BASE_FIELD);
  });
});
