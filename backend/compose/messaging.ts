import { startBroker } from '../adapters/mqtt/broker.ts';
import { brokerAwayBecause, connectMessaging } from '../adapters/mqtt/client.ts';
import type { MessagingPart } from '../adapters/mqtt/messaging.ts';
import type { Logger } from '../adapters/logger/logger.ts';
import type { Config } from '../config.ts';
import type { HealthProbe } from '../features/health/types.ts';
import type { Lifetime } from '../lifetime.ts';
import { untilReady } from '../worker/until-ready.ts';

/** Device messaging that the configuration names: the embedded broker, or an external one. */
export const composeMessaging = async (parts: {
  readonly config: Config;
  readonly lifetime: Lifetime;
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
}): Promise<{ readonly messaging: MessagingPart; readonly probes: readonly HealthProbe[] }> => {
  const { config, lifetime, logger, signal } = parts;
  const { messaging: chosen } = config;
  const messaging =
    chosen.kind === 'external'
      ? await untilReady({
          part: 'the MQTT broker',
          attempt: () => connectMessaging({ url: chosen.url, caFile: chosen.caFile, logger }),
          awayBecause: brokerAwayBecause,
          logger,
          signal,
        })
      : await startBroker({
          port: chosen.port,
          maxMessageBytes: config.http.maxBodyBytes,
          logger,
        });
  lifetime.own('device messaging', messaging.stop);
  const isExternal = chosen.kind === 'external';
  const check = () => {
    const { connected } = messaging.figures();
    const status = isExternal && connected === 0 ? ('failing' as const) : ('ok' as const);
    return { status, figures: { connected } };
  };
  return { messaging, probes: [{ part: 'messaging', check }] };
};
