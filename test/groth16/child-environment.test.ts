import { expect, it } from 'vitest';
import { childEnvironment } from '../../groth16/child-environment.ts';

it('keeps settings and private keys from other processes, under whatever name they are', () => {
  const key = 'ab'.repeat(32);
  const given = {
    PATH: '/bin',
    LD_LIBRARY_PATH: '/lib',
    SLICEPROOF_STORE_TOKEN: 'secret',
    SLICEPROOF_PRIVATE_KEY: 'anything',
    DATABASE_URL: 'postgres://me:secret@there/db',
    MY_NODES_KEY: `0x${key}`,
    ANOTHER: ` ${key.toUpperCase()}\n`,
  };
  expect(childEnvironment(given)).toEqual({ PATH: '/bin', LD_LIBRARY_PATH: '/lib' });
});
