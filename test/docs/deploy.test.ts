// What `deploy/` has asks for nothing that the services don't have.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { indexerService } from '../../indexer/settings.ts';
import { describeSettings, resolveSettings } from '../../protocol/config.ts';
import { clientService } from '../../protocol/requester-settings.ts';
import { storeService } from '../../protocol/store/settings.ts';
import { nodeService } from '../../prover-node/settings.ts';
import { AILMENT_CODES } from '../../prover-node/status/health.ts';
import { NodeMetrics } from '../../prover-node/status/metrics.ts';
import { createMetrics } from '../../verifier/aggregator/metrics.ts';
import { aggregatorService } from '../../verifier/aggregator/settings.ts';

const folder = path.resolve(import.meta.dirname, '..', '..', 'deploy');
const textOf = (...names: string[]): string => readFileSync(path.join(folder, ...names), 'utf8');

const node = new NodeMetrics(
  () => ({ proving: 1n, executing: 0n, keeping: 0n, slashed: 0n, proofs: 1, executions: 0 }),
  () => undefined,
  () => Promise.resolve([{ code: 'DISK_FULL', text: '' }]),
);

/** Each metric's labels. */
async function metricsOf(registry: Registry): Promise<ReadonlyMap<string, unknown>> {
  const all = await registry.getMetricsAsJSON();
  return new Map(
    all.flatMap(({ name, type }) =>
      (type as unknown as string) === 'histogram'
        ? [
            [`${name}_bucket`, type],
            [`${name}_sum`, type],
            [`${name}_count`, type],
          ]
        : [[name, type]],
    ),
  );
}

const known = new Map([...(await metricsOf(node.registry)), ...(await metricsOf(createMetrics().registry))]);

interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

describe('the rules and the dashboard', () => {
  it.each(['prometheus/rules.yml', 'grafana/nodes.json'])('%s names metrics that there are', (file) => {
    const named = [...textOf(file).matchAll(/\bsliceproof_[a-z_]+/g)].map(([name]) => name);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it('name codes of ailments that there are', () => {
    const codes = [...textOf('prometheus', 'rules.yml').matchAll(/_ailments\{code!?=~?"([^"]+)"/g)];
    expect(codes.length).toBeGreaterThan(0);
    for (const code of codes.flatMap(([, list]) => list.split('|'))) expect(AILMENT_CODES).toContain(code);
  });

  it('have panels side by side, none above another', () => {
    const { panels } = JSON.parse(textOf('grafana', 'nodes.json')) as Dashboard;
    const places = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(places).size).toBe(places.length);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24);
  });

  it('are what Prometheus takes', (test) => {
    const asked = spawnSync('promtool', ['check', 'config', 'prometheus.yml'], {
      cwd: path.join(folder, 'prometheus'),
      encoding: 'utf8',
    });
    if (asked.error) return test.skip('no promtool on this machine');
    expect({ status: asked.status, said: asked.stderr }).toEqual({ status: 0, said: '' });
  });
});

describe('the systemd unit', () => {
  it('gives the node flags that it has', () => {
    const flags = [...textOf('systemd', 'sliceproof-node@.service').matchAll(/\s(--[a-z-]+)/g)].map(
      ([, flag]) => flag,
    );
    const settings = describeSettings(nodeService.schema, nodeService.service).map(({ flag }) => flag);
    expect(flags.filter((flag) => !['--global', '--now', '--config', ...settings].includes(flag))).toEqual(
      [],
    );
  });

  it('is what systemd takes', (test) => {
    const unit = path.join(folder, 'systemd', 'sliceproof-node@.service');
    const asked = spawnSync('systemd-analyze', ['verify', unit.replace('@', '@north')], { encoding: 'utf8' });
    if (asked.error) return test.skip('no systemd-analyze on this machine');
    expect(asked.stderr).not.toMatch(/Unknown|Failed to parse|Invalid/);
  });
});

interface ComposeService {
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}
interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly networks: Readonly<Record<string, unknown>>;
}

describe('the market of docker compose', () => {
  const file = path.join(folder, 'compose', 'compose.yaml');
  const { services, volumes, networks } = parseYaml(readFileSync(file, 'utf8'), { merge: true }) as Compose;
  const all = Object.entries(services);
  const filled = (text: string): string => text.replace(/\$\{\w+:-([^}]*)\}/g, '$1');
  /** What each service's command reads its settings by. */
  const read = {
    store: storeService,
    indexer: indexerService,
    aggregator: aggregatorService,
    node: nodeService,
    requester: clientService,
  };

  /** A service's settings as its command would have them. */
  function settingsOf(name: keyof typeof read): Readonly<Record<string, unknown>> {
    const { schema, service } = read[name];
    const { command = [], environment = {} } = services[name];
    const flags: Record<string, string> = {};
    for (let i = 2; i < command.length; i += 2) {
      const flag = describeSettings(schema, service).find((one) => one.flag === command[i]);
      expect(flag, command[i]).toBeDefined();
      flags[flag!.key] = command[i + 1];
    }
    const env = Object.fromEntries(Object.entries(environment).map(([key, text]) => [key, filled(text)]));
    const known = new Set(describeSettings(schema, service).flatMap((one) => one.env));
    const strange = Object.keys(env).filter((key) => key.startsWith('SLICEPROOF_') && !known.has(key));
    expect(strange).toEqual([]);
    return resolveSettings<typeof schema>(schema, { service, flags, env }).values;
  }

  it('gives each service settings that it has', () => {
    for (const name of ['store', 'indexer', 'aggregator', 'node'] as const) {
      expect(services[name].command?.slice(0, 2)).toEqual([name, 'start']);
      const { rpc, deployment } = settingsOf(name);
      expect({ rpc, deployment }).toEqual({
        rpc: 'http://chain:8545',
        deployment: '/shared/deployment.json',
      });
      const { privateKeyEnv } = settingsOf(name);
      if (typeof privateKeyEnv === 'string') {
        expect(filled(services[name].environment?.[privateKeyEnv] ?? '')).toMatch(/^0x[0-9a-f]{64}$/);
      }
    }
    expect(settingsOf('requester')['privateKey']).toMatch(/^0x/);
  });

  it('has every address lead to where something listens', () => {
    const [store, aggregator, indexer, node] = (['store', 'aggregator', 'indexer', 'node'] as const).map(
      settingsOf,
    );
    const places = {
      [`http://store:${String(store['port'])}`]: store['host'],
      [`http://aggregator:${String(aggregator['port'])}`]: aggregator['host'],
    };
    const named = [
      node['store'],
      node['aggregator'],
      indexer['store'],
      store['publicUrl'],
      settingsOf('requester')['store'],
    ];
    for (const url of named.flat()) expect(places[String(url)], String(url)).toBe('0.0.0.0');
    const ports = { indexer: indexer['port'], node: node['statusPort'] };
    for (const [name, port] of Object.entries(ports)) {
      expect(services[name].ports).toEqual([`127.0.0.1:${String(port)}:${String(port)}`]);
    }
    for (const [name, { healthcheck }] of all) {
      const asked = healthcheck?.test.find((part) => part.startsWith('http://'));
      const listens = { store: store['port'], aggregator: aggregator['port'], ...ports, chain: 8545 };
      if (asked) expect(new URL(asked).port).toBe(String(listens[name as keyof typeof listens]));
    }
  });

  it('names only services, volumes, networks and files that there are, and waits for health where there is a look at it', () => {
    for (const [, { depends_on = {}, volumes: mounts = [], networks: joined, build }] of all) {
      for (const [other, { condition }] of Object.entries(depends_on)) {
        if (condition === 'service_healthy') expect(services[other].healthcheck, other).toBeDefined();
        else
          expect({ other, condition }).toEqual({
            other: 'contracts',
            condition: 'service_completed_successfully',
          });
      }
      for (const mount of mounts) {
        const [from] = mount.split(':');
        if (from.startsWith('.')) expect(existsSync(path.join(folder, 'compose', from)), from).toBe(true);
        else expect(Object.keys(volumes)).toContain(from);
      }
      for (const network of joined) expect(Object.keys(networks)).toContain(network);
      if (build) {
        const context = path.resolve(folder, 'compose', build.context);
        expect(existsSync(path.join(context, build.dockerfile))).toBe(true);
      }
    }
    // Each has folders of its own: two processes in one are refused.
    const own = all.flatMap(([, { volumes: mounts = [] }]) =>
      mounts.filter((mount) => mount.endsWith(':/data')),
    );
    expect(new Set(own).size).toBe(own.length);
  });

  it('copies and runs what the clone has', () => {
    const root = path.resolve(folder, '..');
    const dockerfile = textOf('compose', 'Dockerfile');
    const copied = [...dockerfile.matchAll(/^COPY --chown=\S+ (.+) \S+$/gm)].flatMap(([, files]) =>
      files.split(' '),
    );
    const { command = [] } = services['contracts'];
    const run = [
      ...`${dockerfile} ${command.join(' ')}`.matchAll(/\b(?:bin|scripts|deploy)\/[\w./-]+\.[jt]s\b/g),
    ];
    expect(run.length).toBeGreaterThan(3);
    for (const one of [...copied, ...run.map(([one]) => one)])
      expect(existsSync(path.join(root, one)), one).toBe(true);
    // No secret of whoever builds it gets into the image.
    const ignored = textOf('compose', 'Dockerfile.dockerignore').split('\n');
    expect(ignored).toEqual(
      expect.arrayContaining(['.git', '.sliceproof', '**/*.toml', '**/.env', '**/*.keystore.json']),
    );
    const wanted = ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    for (const one of wanted) expect(existsSync(path.join(root, one)), one).toBe(true);
  });

  it('is what docker compose takes', (test) => {
    if (spawnSync('docker', ['compose', 'version']).status !== 0) {
      return test.skip('no docker compose on this machine');
    }
    const asked = spawnSync('docker', ['compose', '--file', file, 'config', '--quiet'], { encoding: 'utf8' });
    expect({ status: asked.status, said: asked.stderr }).toEqual({ status: 0, said: '' });
  });
});
