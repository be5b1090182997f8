/** The longest detail; more is for the log. */
const LONGEST = 240;

const HIDDEN: readonly (readonly [RegExp, string])[] = [
  [/[a-z][a-z0-9+.-]*:\/\/\S+/giu, '<url>'],
  [/<[^<>]*>/gu, ''],
  [/\b(SELECT|INSERT|UPDATE|DELETE|TRUNCATE|LOCK)\s[\s\S]*/gu, '<sql>'],
  [/(?<![\w.)])(?:\/[\w.@~-]+){2,}\/?/gu, '<path>'],
];

/**
 * What anyone may read of a failure: its first sentence, without addresses, statements, files, or what another server
 * answered. Messages of libraries hold all of these; the service's log has them whole.
 *
 * @example publicDetail('HTTP request failed.\n\nURL: https://rpc.example/KEY') // 'HTTP request failed.'
 */
export const publicDetail = (message: string): string => {
  const [first = ''] = message.trim().split(/\r?\n/u);
  const clean = HIDDEN.reduce((text, [pattern, name]) => text.replace(pattern, name), first);
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean;
};
