import { modelCodec } from '../slicer/onnx/schema.ts';
import { readFileSync } from 'node:fs';
for (const f of process.argv.slice(2)) {
const m = modelCodec.decode(readFileSync(f));
const g = m.graph!;
const count: Record<string, number> = {};
for (const n of g.node ?? []) count[n.opType ?? ''] = (count[n.opType ?? ''] ?? 0) + 1;
console.log(f.split('/').slice(-2).join('/'), m.opsetImport?.map((o) => `${o.domain}:${o.version}`).join(), JSON.stringify(count), 'vi', (g as any).valueInfo?.length, 'init', g.initializer?.length);
console.log(JSON.stringify(g.input?.map(i=>[i.name, i.type?.tensorType?.shape?.dim])), JSON.stringify(g.output?.map(i=>[i.name,i.type?.tensorType?.shape?.dim])));
if ((g.node?.length ?? 0) < 3 || f.includes('squeeze')) for (const n of g.node!.slice(0, 12)) console.log(n.opType, n.input, n.output, JSON.stringify(n.attribute?.map(a => [a.name, a.i, a.f, a.ints, a.t && 't'])).slice(0,300));
}
