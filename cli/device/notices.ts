import type { Tally } from '../../edge/gateway/tally.ts';
import type { MeterNotice } from '../../edge/readers/mqtt-meter.ts';
import type { Terminal } from '../terminal/terminal.ts';

const timeText = (timeMs: bigint): string => {
  const time = new Date(Number(timeMs));
  return Number.isNaN(time.getTime()) ? `${timeMs} ms` : time.toISOString();
};

/** Tells and counts what a meter's reader notices; what is left out is kept before its message is acknowledged. */
export const noticesOf = (options: {
  readonly terminal: Terminal;
  readonly tally: Tally;
  /** The time of day, as lines begin with it. */
  readonly at: () => string;
}): ((notice: MeterNotice) => Promise<void>) => {
  const { terminal, tally, at } = options;
  const tell = (text: string): void => terminal.error(`${at()}  ${text}`);
  return async (told) => {
    switch (told.event) {
      case 'connected':
      case 'disconnected':
        terminal.line(`${at()}  source ${told.event}`);
        return;
      case 'message refused':
        await tally.keep('unreadable', told.reason, told.payload);
        tell(`left out: ${told.reason}`);
        return;
      case 'repeated':
        tally.note('repeated', 'a reading that came again');
        return;
      case 'not taken':
        tally.note('notTaken', told.reason);
        tell(`not taken, to be sent again: ${told.reason}`);
        return;
      default:
    }
    const { channel, timeMs, value } = told.reading;
    const what = `channel ${channel} at ${timeText(timeMs)}`;
    if (told.event === 'conflicting') {
      await tally.keep('conflicting', `${what} has another value already`, String(value));
      tell(`left out: ${what} has another value already than ${value}`);
    } else if (told.event === 'late') tally.note('late', what);
    else {
      tally.note('ahead', what);
      tell(`${what} is ahead of this clock by more than a minute: it is signed when that time has come`);
    }
  };
};
