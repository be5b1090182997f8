import { z } from 'zod';
import type { Hex } from '@gridseal/protocol';

/** `0x` and an even number of lower-case digits. */
export const hexSchema = z
  .string()
  .regex(/^0x(?:[0-9a-f]{2})*$/u)
  .transform((text) => text as Hex);
