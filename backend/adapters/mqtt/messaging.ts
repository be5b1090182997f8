/** Who sent a request, and the value by which its sender tells the answer from others. */
export type RequestAddress = {
  /** Address of the author, lower-case with `0x`. */
  readonly author: string;
  /** `undefined` where the topic ends with the author. */
  readonly correlation: string | undefined;
};

/** Judges one request. It counts as taken, and is acknowledged, when it resolves: with the payload of the answer. */
export type RequestHandler = (payload: Uint8Array) => Promise<string>;

/** A service over MQTT: requests come on `<requests>/<author>[/<correlation>]`, answers go out on the same below `answers`. */
export type MessagingService = {
  readonly requests: string;
  readonly answers: string;
  readonly handle: RequestHandler;
};

/** Device messaging. Delivery is at least once (QoS 1): a request whose handler rejects is not acknowledged. */
export type Messaging = {
  readonly serve: (service: MessagingService) => Promise<void>;
};

/** A connection to a broker, or the broker itself. */
export type MessagingPart = Messaging & {
  /** Where devices connect. */
  readonly url: string;
  readonly figures: () => Readonly<Record<string, number>> & { readonly connected: number };
  readonly stop: () => Promise<void>;
};

const AUTHOR = /^0x[0-9a-f]{40}$/;
/** 96 bits in base64url at least: what can be guessed tells nothing apart. */
const CORRELATION = /^[A-Za-z0-9_-]{16,64}$/;

/** The address in a topic below a prefix: an author, or an author and a correlation value; `undefined` for any other topic. */
export const addressOf = (prefix: string, topic: string): RequestAddress | undefined => {
  if (!topic.startsWith(`${prefix}/`)) return undefined;
  const [author = '', correlation, ...more] = topic.slice(prefix.length + 1).split('/');
  if (!AUTHOR.test(author) || more.length > 0) return undefined;
  if (correlation !== undefined && !CORRELATION.test(correlation)) return undefined;
  return { author, correlation };
};

/** Topic of the answer to a request. */
export const answerTopic = (prefix: string, { author, correlation }: RequestAddress): string =>
  [prefix, author, ...(correlation === undefined ? [] : [correlation])].join('/');

/** The filter for all answers to an author that carry a correlation value. */
export const answersFilter = (prefix: string, author: string): string => `${prefix}/${author}/+`;

/** Whether a filter is of one author's answers: all of them, or one of them. */
export const isAnswerFilter = (prefix: string, filter: string): boolean => {
  const all = filter.endsWith('/+') ? addressOf(prefix, filter.slice(0, -2)) : undefined;
  return all === undefined ? addressOf(prefix, filter) !== undefined : all.correlation === undefined;
};
