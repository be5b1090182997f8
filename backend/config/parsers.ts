import { resolve } from 'node:path';
import { z } from 'zod';

export const hour = 3_600_000;

/** Digits only, within bounds that are both included. */
export const integer = (lowest: number, highest: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number written in digits')
    .transform(Number)
    .refine((n) => n >= lowest && n <= highest, `must be from ${lowest} to ${highest}`);

/** @param schemes with their colon, such as `https:` */
export const url = (...schemes: string[]) =>
  z.string().refine(
    (text) => {
      const parsed = URL.parse(text);
      return parsed !== null && schemes.includes(parsed.protocol);
    },
    `must be a URL that starts with ${schemes.map((s) => `${s}//`).join(' or ')}`,
  );

/** Made absolute from the folder the process runs in. */
export const path = () => z.string().transform((text) => resolve(text));

export const port = () => integer(0, 65_535);

/** A port the service picks itself may move up when busy; a port someone asked for may not. */
export type PortChoice =
  { readonly kind: 'preferred'; readonly port: number } | { readonly kind: 'exact'; readonly port: number };

export const portChoice = (asked: number | undefined, preferred: number): PortChoice =>
  asked === undefined ? { kind: 'preferred', port: preferred } : { kind: 'exact', port: asked };

/** Addresses separated by commas, in lower case. */
export const addresses = () =>
  z
    .string()
    .transform((text) => text.split(',').map((address) => address.trim().toLowerCase()))
    .refine((list): list is `0x${string}`[] => list.every((address) => /^0x[0-9a-f]{40}$/.test(address)), {
      error: 'must be addresses (0x and 40 hex digits) separated by commas',
    });

/** Owners by address, or any. */
export const owners = () =>
  z.union(
    [
      z.literal('any'),
      z
        .string()
        .transform((text) => text.split(',').map((address) => address.trim().toLowerCase()))
        .refine((list) => list.every((address) => /^0x[0-9a-f]{40}$/.test(address))),
    ],
    'must be any, or addresses (0x and 40 hex digits) separated by commas',
  );
