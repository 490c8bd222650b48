// Whatever is secret among settings stands in no error and no line of a log, wherever a text came from.
import { Wallet } from 'ethers';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { resolveSettings, type Service } from '../../protocol/config.ts';
import { SliceproofError } from '../../protocol/errors.ts';
import { readPrivateKey } from '../../protocol/private-key.ts';
import { withoutSecrets } from '../../protocol/secrets.ts';
import { HttpStore } from '../../protocol/store/http-store.ts';
import { S3Store } from '../../protocol/store/s3-store.ts';
import { describeError, errorAsJson } from '../../protocol/terminal/fail.ts';
import { indexerService } from '../../indexer/settings.ts';
import { nodeService } from '../../prover-node/settings.ts';
import { aggregatorService } from '../../verifier/aggregator/settings.ts';

const wallet = Wallet.createRandom();
const secret = (n: number): string => `s3cret-%2Fno-${n}-${wallet.address.slice(2, 12)}`;
const decoded = (n: number): string => decodeURIComponent(secret(n));

const given: readonly [string, { schema: z.ZodObject; service: Service }, string, unknown][] = [
  ['a key in an RPC’s path', nodeService, secret(1), { rpc: `https://rpc.example/v2/${secret(1)}` }],
  ['one in its query', nodeService, decoded(2), { rpc: `https://rpc.example/?key=${secret(2)}` }],
  ['a password of a store', nodeService, secret(3), { store: [`https://me:${secret(3)}@store.example`] }],
  ['a token for writing to a store', nodeService, secret(4), { storeToken: secret(4) }],
  [
    'a password of an aggregator',
    nodeService,
    decoded(5),
    { aggregator: [`https://:${secret(5)}@a.example`] },
  ],
  ['a private key', nodeService, wallet.privateKey.slice(2), { privateKey: wallet.privateKey }],
  [
    'a password of a database',
    indexerService,
    decoded(6),
    { databaseUrl: `postgres://postgres:${secret(6)}@db.example/sliceproof-index` },
  ],
  [
    'the same of an aggregator',
    aggregatorService,
    secret(7),
    { databaseUrl: `postgres://u:${secret(7)}@db.example/x` },
  ],
];

describe('no error and no line shows', () => {
  test.each(given)('%s', (_, { schema, service }, hidden, flags) => {
    resolveSettings(schema, { service, flags: flags as Record<string, unknown> });
    const careless = `connect to ${hidden} failed`;
    const error = new SliceproofError('X', careless, {
      hint: careless,
      details: { list: [{ url: careless }] },
    });
    const bug = new TypeError(careless);
    const shown = [
      withoutSecrets(careless),
      ...[error, bug].flatMap((one) => [describeError(one), JSON.stringify(errorAsJson(one))]),
      JSON.stringify(error),
    ];
    for (const text of shown) {
      expect(text).not.toContain(hidden);
      expect(text).toContain('‹secret›');
    }
  });

  test('a private key that a variable holds, nor a bucket’s', async () => {
    const { privateKey } = Wallet.createRandom();
    await readPrivateKey({ privateKeyEnv: 'KEY' }, { KEY: privateKey });
    new S3Store('s3://bucket', { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: secret(8) });
    expect(withoutSecrets(`${privateKey} ${secret(8)}`)).toBe('0x‹secret› ‹secret›');
  });

  test('a password of a store that is asked all the same', async () => {
    const url = `http://me:${secret(9)}@127.0.0.1:1`;
    resolveSettings(nodeService.schema, { service: 'node', flags: { store: [url] } });
    const error: unknown = await new HttpStore(url).put(Buffer.from('x')).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(SliceproofError);
    expect(describeError(error)).not.toContain(secret(9));
  });

  test('and what is no secret stays: names of databases, paths of stores', () => {
    resolveSettings(indexerService.schema, {
      service: 'indexer',
      flags: { databaseUrl: 'postgres://postgres:short@db.example/sliceproof-index' },
    });
    resolveSettings(nodeService.schema, {
      service: 'node',
      flags: { store: ['https://store.example/artifacts-of-ours'] },
    });
    const said = 'postgres sliceproof-index artifacts-of-ours';
    expect(withoutSecrets(said)).toBe(said);
  });
});
