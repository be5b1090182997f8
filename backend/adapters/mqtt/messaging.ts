/** Takes one message. The message counts as taken, and is acknowledged, when it resolves. */
export type MessageHandler = (author: string, payload: Uint8Array) => Promise<void>;

/**
 * Device messaging: messages come in on `<prefix>/<author>` and answers go out on topics of ours.
 * Delivery is at least once (QoS 1): a message whose handler rejects is not acknowledged.
 */
export type Messaging = {
  readonly subscribe: (prefix: string, handle: MessageHandler) => Promise<void>;
  readonly publish: (topic: string, payload: string) => Promise<void>;
};

/** A connection to a broker, or the broker itself. */
export type MessagingPart = Messaging & {
  /** Where devices connect. */
  readonly url: string;
  readonly figures: () => { readonly connected: number };
  readonly stop: () => Promise<void>;
};

/** The author of a topic below a prefix, when the topic has exactly that one level more. */
export const authorOf = (prefix: string, topic: string): string | undefined => {
  if (!topic.startsWith(`${prefix}/`)) return undefined;
  const author = topic.slice(prefix.length + 1);
  return author.length > 0 && !author.includes('/') ? author : undefined;
};
