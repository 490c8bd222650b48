import type { UnitGraph } from './unit-graph.ts';

/**
 * Orders of the units in which each comes after those it reads from. Consecutive units of such an order can
 * always be one slice: no path leaves them and comes back. Which units are neighbours differs: depth first
 * keeps branches whole, the program's own order is what the model's author wrote, and the narrow one finishes
 * what is open before it opens more.
 */
export function unitOrders(units: UnitGraph): readonly (readonly number[])[] {
  const first = (unit: number): number => units.units[unit].nodes[0];
  const orders = [
    [...units.units.keys()],
    listed(units, (ready) => leastBy(ready, first)),
    listed(units, (ready, done) =>
      leastBy(ready, (unit) => openedRows(units, unit, done) * 1e6 + first(unit)),
    ),
  ];
  return [...new Map(orders.map((order) => [order.join(' '), order])).values()];
}

/** Groups of units, each after those it reads from; undefined where groups need each other. */
export function orderGroups(
  units: UnitGraph,
  groups: readonly (readonly number[])[],
): readonly (readonly number[])[] | undefined {
  const groupOf = new Int32Array(units.units.length);
  groups.forEach((group, index) => group.forEach((unit) => (groupOf[unit] = index)));
  const waiting = new Int32Array(groups.length);
  const after = groups.map((group, index) => {
    const next = new Set(group.flatMap((unit) => units.after[unit].map((reader) => groupOf[reader])));
    next.delete(index);
    next.forEach((other) => waiting[other]++);
    return next;
  });
  const ready = [...groups.keys()].filter((index) => waiting[index] === 0);
  const ordered: (readonly number[])[] = [];
  for (const index of ready) {
    ordered.push(groups[index]);
    for (const other of after[index]) if (--waiting[other] === 0) ready.push(other);
  }
  return ordered.length === groups.length ? ordered : undefined;
}

/** A topological order: always the ready unit that `choose` takes. */
function listed(
  units: UnitGraph,
  choose: (ready: ReadonlySet<number>, done: ReadonlySet<number>) => number,
): readonly number[] {
  const waiting = units.before.map((ids) => ids.length);
  const ready = new Set([...waiting.keys()].filter((unit) => waiting[unit] === 0));
  const done = new Set<number>();
  while (ready.size > 0) {
    const unit = choose(ready, done);
    ready.delete(unit);
    done.add(unit);
    for (const next of units.after[unit]) if (--waiting[next] === 0) ready.add(next);
  }
  return [...done];
}

/** Rows at the frontier that a unit opens, less those that it closes. */
function openedRows(units: UnitGraph, unit: number, done: ReadonlySet<number>): number {
  const opened = units.writes[unit].reduce((sum, id) => sum + units.rowsOf(id).input, 0);
  const closed = units.reads[unit]
    .filter((id) => (units.readers.get(id) ?? []).every((reader) => reader === unit || done.has(reader)))
    .reduce((sum, id) => sum + units.rowsOf(id).input, 0);
  return opened - closed;
}

function leastBy(items: Iterable<number>, value: (item: number) => number): number {
  let [least, leastValue] = [-1, Infinity];
  for (const item of items) {
    const of = value(item);
    if (of < leastValue) [least, leastValue] = [item, of];
  }
  return least;
}
