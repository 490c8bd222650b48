/** A place or a length in a picture, in its units. */
export type Attributes = Readonly<Record<string, string | number>>;

/** An SVG element; children are elements already written, or text made safe by {@link svgText}. */
export function svg(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes)
    .map(
      ([key, value]) =>
        ` ${key}="${escaped(String(typeof value === 'number' ? Number(value.toFixed(2)) : value))}"`,
    )
    .join('');
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join('')}</${name}>`;
}

/** Text at a place. */
export function svgText(x: number, y: number, text: string, attributes: Attributes = {}): string {
  return svg('text', { x, y, ...attributes }, escaped(text));
}

/** A whole picture on white, in one font. */
export function picture(width: number, height: number, title: string, ...parts: readonly string[]): string {
  const size = { width, height, viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}` };
  return `${svg(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', ...size, 'font-family': 'sans-serif', 'font-size': 12 },
    svg('title', {}, escaped(title)),
    svg('rect', { width, height, fill: 'white' }),
    ...parts,
  )}\n`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
