/** Lightest to darkest, for the mean of the two pixels that one character covers. */
const SHADES = [' ', '░', '▒', '▓', '█'] as const;

/**
 * Grey values in [0, 1] (ink 1) as lines of text: one character for two pixels one above the other, since a
 * terminal's characters are about twice as high as wide. The sharp edges of strokes are kept by half blocks.
 */
export function drawDigit(pixels: ArrayLike<number>, width: number): string {
  const height = pixels.length / width;
  const ink = (x: number, y: number): number => (y < height ? pixels[y * width + x] : 0);
  const character = (x: number, y: number): string => {
    const [above, below] = [ink(x, y), ink(x, y + 1)];
    if (above - below > 0.5) return '▀';
    if (below - above > 0.5) return '▄';
    return SHADES[Math.round(((above + below) / 2) * (SHADES.length - 1))];
  };
  return Array.from({ length: Math.ceil(height / 2) }, (_, row) =>
    Array.from({ length: width }, (_, x) => character(x, 2 * row))
      .join('')
      .trimEnd(),
  ).join('\n');
}
