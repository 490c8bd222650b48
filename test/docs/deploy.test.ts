// What `deploy/` has asks for nothing that the services don't have.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { describeSettings } from '../../protocol/config.ts';
import { nodeService } from '../../prover-node/settings.ts';
import { AILMENT_CODES } from '../../prover-node/status/health.ts';
import { NodeMetrics } from '../../prover-node/status/metrics.ts';
import { createMetrics } from '../../verifier/aggregator/metrics.ts';

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
