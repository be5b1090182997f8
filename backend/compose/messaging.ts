import { startBroker } from '../adapters/mqtt/broker.ts';
import { connectMessaging } from '../adapters/mqtt/client.ts';
import type { MessagingPart } from '../adapters/mqtt/messaging.ts';
import type { Logger } from '../adapters/logger/logger.ts';
import type { Config } from '../config.ts';
import type { HealthProbe } from '../features/health/types.ts';
import type { Lifetime } from '../lifetime.ts';

/** Device messaging that the configuration names: the embedded broker, or an external one. */
export const composeMessaging = async (parts: {
  readonly config: Config;
  readonly lifetime: Lifetime;
  readonly logger: Logger;
}): Promise<{ readonly messaging: MessagingPart; readonly probes: readonly HealthProbe[] }> => {
  const { config, lifetime, logger } = parts;
  const messaging =
    config.messaging.kind === 'external'
      ? await connectMessaging({ url: config.messaging.url, caFile: config.messaging.caFile, logger })
      : await startBroker({
          port: config.messaging.port,
          maxMessageBytes: config.http.maxBodyBytes,
          logger,
        });
  lifetime.own('device messaging', messaging.stop);
  const isExternal = config.messaging.kind === 'external';
  const check = () => {
    const { connected } = messaging.figures();
    const status = isExternal && connected === 0 ? ('failing' as const) : ('ok' as const);
    return { status, figures: { connected } };
  };
  return { messaging, probes: [{ part: 'messaging', check }] };
};
