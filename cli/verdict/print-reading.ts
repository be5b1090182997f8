import { QUALITY, amountText, secondsText, type DisclosedReading } from '@gridseal/protocol';
import { printable } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';

const MAX_READINGS = 10;

const qualityText = (quality: number): string =>
  Object.entries(QUALITY)
    .filter(([, bit]) => (quality & bit) !== 0)
    .map(([name]) => name)
    .join(', ');

const row = ({ timeMs, channel, value, quality, meaning }: DisclosedReading): readonly string[] => [
  secondsText(timeMs / 1000n),
  meaning === undefined ? `channel ${channel}` : meaning.quantity,
  meaning === undefined ? `${value}` : amountText(value, meaning.scale),
  meaning === undefined
    ? '(its unit is not known)'
    : `${printable(meaning.unit)} (${printable(meaning.sign)})`,
  qualityText(quality),
];

/** Prints disclosed readings in their units, with their sign convention and what is said of their quality. */
export const printReadings = (
  terminal: Pick<Terminal, 'line'>,
  readings: readonly DisclosedReading[],
): void => {
  if (readings.length === 0) return;
  const rows = readings.slice(0, MAX_READINGS).map(row);
  const widths = [0, 1, 2].map((column) =>
    rows.reduce((most, cells) => Math.max(most, cells[column]?.length ?? 0), 0),
  );
  terminal.line('  Readings disclosed');
  for (const [time = '', quantity = '', amount = '', unit = '', quality = ''] of rows) {
    const cells = [quantity.padEnd(widths[1] ?? 0), amount.padStart(widths[2] ?? 0), unit, quality];
    terminal.line(`    ${time}  ${cells.join('  ').trimEnd()}`);
  }
  const more = readings.length - MAX_READINGS;
  if (more > 0) terminal.line(`    and ${more} more`);
};
