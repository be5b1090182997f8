import type { ConfigProblem } from './errors.ts';
import { type PortChoice, path, port, portChoice, url } from './parsers.ts';
import { type Environment, type ValuesOf, type Variables, isSet } from './variable.ts';

export type MessagingConfig =
  | { readonly kind: 'embedded'; readonly port: PortChoice }
  | { readonly kind: 'external'; readonly url: string; readonly caFile: string | undefined };

export const MQTT_VARIABLES = {
  MQTT_URL: {
    schema: url('mqtt:', 'mqtts:', 'ws:', 'wss:').optional(),
    example: 'mqtt://broker.example:1883',
    meaning: 'any MQTT 5 broker in place of the embedded one',
    secret: true,
  },
  MQTT_CA_FILE: {
    schema: path().optional(),
    example: '/etc/gridseal/broker-ca.pem',
    names: 'file',
    meaning: "the broker's certificate authority (PEM), where it is not one of the system's",
  },
  MQTT_PORT: { schema: port().optional(), example: '1883', meaning: 'port of the embedded broker' },
} satisfies Variables;

export const arrangeMessaging = (v: ValuesOf<typeof MQTT_VARIABLES>): MessagingConfig =>
  v.MQTT_URL === undefined
    ? { kind: 'embedded', port: portChoice(v.MQTT_PORT, 1883) }
    : { kind: 'external', url: v.MQTT_URL, caFile: v.MQTT_CA_FILE };

/** Settings of one of the two brokers, given with the other. */
export const messagingConflicts = (env: Environment): readonly ConfigProblem[] => {
  const problems: ConfigProblem[] = [];
  const reject = (variable: keyof typeof MQTT_VARIABLES, problem: string) =>
    problems.push({ variable, problem, example: MQTT_VARIABLES[variable].example });
  if (isSet(env, 'MQTT_PORT') && isSet(env, 'MQTT_URL'))
    reject('MQTT_PORT', 'is the port of the embedded broker and cannot be set together with MQTT_URL');
  if (isSet(env, 'MQTT_CA_FILE') && !(env.MQTT_URL ?? '').startsWith('mqtts:'))
    reject('MQTT_CA_FILE', 'is for a broker with TLS and needs an MQTT_URL that starts with mqtts://');
  return problems;
};
