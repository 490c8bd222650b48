import { useEffect, useRef } from 'preact/hooks';

/** Values as a square grey picture, ink for the largest; their number where they are no square. */
export function Picture({ values, name }: { values: readonly number[]; name: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const side = Math.sqrt(values.length);
  const square = Number.isInteger(side) && side >= 4 && side <= 64;
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || !square) return;
    const least = Math.min(...values);
    const reach = Math.max(...values) - least || 1;
    const image = context.createImageData(side, side);
    values.forEach((value, i) => {
      const grey = 255 - Math.round((255 * (value - least)) / reach);
      image.data.set([grey, grey, grey, 255], 4 * i);
    });
    context.putImageData(image, 0, 0);
  }, [values]);
  if (!square) return <p class="note">{`${values.length} values.`}</p>;
  return <canvas ref={canvas} class="picture" width={side} height={side} role="img" aria-label={name} />;
}

/** Scores of classes as bars, the largest marked. */
export function Scores({ values, labels }: { values: readonly number[]; labels: readonly string[] }) {
  const least = Math.min(0, ...values);
  const reach = Math.max(...values) - least || 1;
  const best = values.indexOf(Math.max(...values));
  return (
    <ol class="scores">
      {values.map((value, i) => (
        <li key={i} class={i === best ? 'best' : ''}>
          <span class="label">{labels[i] ?? i}</span>
          <meter min={0} max={1} value={(value - least) / reach} aria-label={`score of ${labels[i] ?? i}`} />
          <span class="number">{value}</span>
        </li>
      ))}
    </ol>
  );
}
